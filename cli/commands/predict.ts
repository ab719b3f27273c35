/** `npm run predict`: labels and probabilities of any images, by the networks of a run. */
import { extname } from 'node:path';
import { commandLine, pathWord, shellWord } from '../../base/command-line.ts';
import { counted, integer, points } from '../../base/format.ts';
import { beginNewFile, type NewFile } from '../../base/new-file.ts';
import { displayPath } from '../../base/paths.ts';
import { printable, quoted, visibleJson } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { type Competition, findCompetition, inversions } from '../../data/index.ts';
import { keepsWeights, nameOfRun } from '../../records/index.ts';
import { movesImages, type TestTimeAugmentation } from '../../pipeline/index.ts';
import { csvCell, type NewPrediction, openEnsemble, predictNewImages } from '../../submissions/index.ts';
import { defineCommand } from '../command.ts';
import { option, optional, toggle } from '../option.ts';
import { oneOf, someText } from '../option-parsers.ts';
import { shared } from '../options.ts';
import type { Progress } from '../progress.ts';
import { findRun, newestOf, shownName } from '../runs.ts';
import { VIEWS_OF_DIGITS } from '../submissions.ts';
import { RUNS_DIRECTORY } from '../places.ts';
import { table } from '../table.ts';

/** Images that the table on the screen shows. */
const SHOWN = 20;
/** Files that a hint repeats. */
const MOST_FILES = 3;

export const predict = defineCommand({
  name: 'predict',
  summary: 'label your own images with the networks of a run',
  options: {
    run: { ...shared('run').run, shownFallback: 'the newest that keeps its weights' },
    competition: optional({
      flags: '--competition <id>',
      description: 'use the newest run of this competition (a name or a description)',
      parse: (text) => findCompetition(text),
      shownFallback: 'any',
    }),
    output: optional({
      flags: '--output <file>',
      description: 'new .csv or .json file for the labels',
      parse: outputFile,
      shownFallback: `none; the screen shows the first ${SHOWN} images, and --json all of them`,
    }),
    invert: option({
      flags: '--invert <when>',
      description:
        'swap dark and light: yes, no, or auto (if three quarters of the border of a grey image differ from the ' +
        'background of the training images)',
      parse: oneOf('inversion', inversions),
      fallback: 'auto',
    }),
    tta: {
      ...shared('tta').tta,
      description:
        'test-time augmentation: predict n changed views of each image too, and take the mean, as submit --tta does',
      shownFallback: 'as many as the submission of the run has',
    },
    skipBroken: toggle('--skip-broken', 'leave out image files that cannot be read'),
    ...shared('force', 'dataDir'),
  },
  files: {
    syntax: '<files...>',
    description: 'images (JPEG, PNG, WebP, GIF, BMP, TIFF), folders of images, or tables with one image in each row',
  },
  examples: [
    ['digit.png', 'one image, with the newest run'],
    ['scans/ more/7.jpg --run swa --output labels.csv', 'a folder and a file, with the newest run of swa'],
    ['test.csv --json', 'the rows of a table, as JSON'],
    ['scans/ --tta 8', 'the mean over each image and 8 changed views of it'],
  ],
  stopped: 'Nothing was written; start again with',
  async run(
    { run, competition, output, invert, tta: ttaViews, skipBroken, force, dataDir },
    { progress, signal },
    files,
  ) {
    const ensemble = await openEnsemble(await runFolder(run, competition, progress), { ttaViews });
    const { record, tta } = ensemble;
    if (ttaViews !== undefined && !movesImages(record.configuration.parameters.augment)) progress.note(VIEWS_OF_DIGITS);
    const { classes } = ensemble.competition;
    const found = await predictNewImages(ensemble, { files, dataDir, invert, skipBroken, signal });
    const file = output === undefined ? null : await beginNewFile(output, { force });
    const kept: NewPrediction[] = [];
    const counts = classes.map(() => 0);
    let images = 0;
    try {
      const writer = file && writers[extname(output!).toLowerCase() as keyof typeof writers](file, classes);
      await writer?.begin(about());
      for await (const batch of found.batches) {
        for (const { label } of batch) counts[classes.indexOf(label)] += 1;
        kept.push(...(file ? batch.slice(0, Math.max(0, SHOWN - kept.length)) : batch));
        await writer?.add(batch, images === 0);
        images += batch.length;
      }
      if (images === 0) throw nothingLeft(found.skipped.length);
      await writer?.end({ changes: found.changes.list(), skipped: found.skipped });
      await file?.keep();
    } finally {
      await file?.drop();
    }

    function about() {
      const { id, configuration } = record;
      return {
        run: id,
        name: nameOfRun(record),
        competition: configuration.competition,
        model: configuration.model,
        classes,
        ...(tta && { tta }),
      };
    }
    function again(): string[] {
      return [
        ...(files.length > MOST_FILES ? ['…'] : files.map(pathWord)),
        ...(run === undefined ? [] : ['--run', shellWord(run)]),
        ...(ttaViews === undefined ? [] : ['--tta', String(ttaViews)]),
        ...(invert === 'auto' ? [] : ['--invert', invert]),
      ];
    }
    const changes = found.changes.list();
    const said = [
      ...changes.map(({ sentence }) => sentence),
      ...found.notes,
      ...(tta ? [viewsText(tta)] : []),
      ...(found.skipped.length > 0 ? [skippedText(found.skipped)] : []),
    ];
    return {
      json: {
        ...about(),
        count: images,
        counts: Object.fromEntries(classes.map((name, k) => [name, counts[k]])),
        changes: changes.map(({ kind, images: n, sentence }) => ({ kind, images: n, sentence })),
        notes: found.notes,
        skipped: found.skipped,
        ...(output === undefined ? { images: kept.map(asJson) } : { output }),
      },
      text: [
        tableOf(kept.slice(0, SHOWN)),
        images > SHOWN
          ? `The first ${SHOWN} of ${integer(images)} images. ${output === undefined ? `All of them: ${commandLine('predict', ...again(), '--output labels.csv')}` : ''}`.trim()
          : '',
        said.join('\n'),
        `${counted(images, 'image')}: ${countsText(classes, counts)}`,
        output === undefined ? '' : `Written: ${displayPath(output)}`,
      ]
        .filter((part) => part !== '')
        .join('\n\n'),
    };
  },
});

/** @throws UserError if there is none */
async function runFolder(
  name: string | undefined,
  competition: Competition | undefined,
  progress: Progress,
): Promise<string> {
  if (name !== undefined) return findRun(name);
  const newest = await newestOf(
    async (record, folder) =>
      (competition === undefined || record.configuration.competition === competition.id) &&
      (await keepsWeights(folder, record)),
  );
  if (newest === undefined) {
    const whose = competition === undefined ? '' : ` of ${competition.id}`;
    const options = competition === undefined ? [] : ['--competition', competition.id];
    throw new UserError(
      `${RUNS_DIRECTORY}: expected a run${whose} that keeps its weights, found none. ` +
        `Train one (${commandLine('submit', ...options)}), or name the folder of one with --run.`,
    );
  }
  progress.note(
    `Run: ${await shownName(newest)}, the newest${competition ? ` of ${competition.id}` : ''} that keeps its weights.`,
  );
  return newest;
}

function outputFile(text: string, flag: string): string {
  if (/\.(csv|json)$/i.test(someText(text, flag))) return text;
  throw new UserError(`Expected ${flag} to end with .csv or .json, got ${quoted(text)}.`);
}

const asJson = ({ file, id, label, probability, probabilities }: NewPrediction) => ({
  file,
  ...(id !== null && { id }),
  label,
  probability,
  probabilities: [...probabilities],
});

interface Writer {
  begin(about: object): Promise<void>;
  add(batch: readonly NewPrediction[], isFirst: boolean): Promise<void>;
  end(about: object): Promise<void>;
}

/** How a file of predictions is written, batch by batch. */
const writers = {
  '.csv': (file: NewFile, classes: readonly string[]): Writer => ({
    begin: () => file.write(csvLine(['file', 'id', 'label', 'probability', ...classes.map((name) => `p_${name}`)])),
    add: (batch) =>
      file.write(
        batch
          .map(({ file: name, id, label, probability, probabilities }) =>
            csvLine([name, id ?? '', label, String(probability), ...Array.from(probabilities, String)]),
          )
          .join(''),
      ),
    end: async () => {},
  }),
  '.json': (file: NewFile): Writer => ({
    begin: (about) => file.write(`${visibleJson(about).slice(0, -1)},"images":[\n`),
    add: (batch, isFirst) =>
      file.write(`${isFirst ? '' : ',\n'}${batch.map((one) => visibleJson(asJson(one))).join(',\n')}`),
    end: (about) => file.write(`\n],${visibleJson(about).slice(1)}\n`),
  }),
} satisfies Record<string, (file: NewFile, classes: readonly string[]) => Writer>;

const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\n`;

function tableOf(predictions: readonly NewPrediction[]): string {
  const hasIds = predictions.some(({ id }) => id !== null);
  const rows = predictions.map(({ file, id, label, probability }) => [
    displayPath(file),
    ...(hasIds ? [printable(id ?? '')] : []),
    printable(label),
    points(probability, 1),
  ]);
  const titles = ['image', ...(hasIds ? ['id'] : []), 'label', 'probability in %'];
  return table(titles, rows, hasIds ? 'lllr' : 'llr');
}

/** 3 × 7, 1 × 9: the classes that were found, the most frequent first. */
function countsText(classes: readonly string[], counts: readonly number[]): string {
  const found = [...classes.keys()].filter((k) => counts[k] > 0).toSorted((a, b) => counts[b] - counts[a]);
  const listed = found.slice(0, 10).map((k) => `${integer(counts[k])} × ${printable(classes[k], 40)}`);
  return `${listed.join(', ')}${found.length > listed.length ? ', …' : ''}.`;
}

const viewsText = ({ views }: TestTimeAugmentation): string =>
  `Each prediction is the mean over the image and ${counted(views, 'changed view')} of it (test-time augmentation).`;

const skippedText = (skipped: readonly string[]): string => {
  const listed = skipped.slice(0, 5).map(displayPath).join(', ');
  return `${counted(skipped.length, 'file')} could not be read and ${skipped.length === 1 ? 'was' : 'were'} left out: ${listed}${skipped.length > 5 ? ', …' : ''}.`;
};

const nothingLeft = (skipped: number): UserError =>
  new UserError(`Expected images that can be read, got none: ${counted(skipped, 'file')} could not be. Name others.`);

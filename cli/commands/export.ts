/** `npm run export`: writes the models of a run in a form that other programs read. */
import { basename, join } from 'node:path';
import { beginNewFile } from '../../base/new-file.ts';
import { displayPath } from '../../base/paths.ts';
import { printable } from '../../base/printable.ts';
import { findCompetition } from '../../data/index.ts';
import { UserError } from '../../base/user-error.ts';
import { type Format, formatNames, writeModel } from '../../models/index.ts';
import { nameOfRun, readRun } from '../../records/index.ts';
import { planOf } from '../../submissions/index.ts';
import { defineCommand, type Report } from '../command.ts';
import { counted } from '../../base/format.ts';
import type { Progress } from '../progress.ts';
import { findRunFolder } from '../runs.ts';
import { table } from '../table.ts';
import { LARGEST_COUNT, option, optional } from '../option.ts';
import { nameList, oneOf, someText, wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';
import { kilobytes } from '../transfers.ts';

const PAGE = 'page';
const formats = [...formatNames, PAGE] as const satisfies readonly (Format | typeof PAGE)[];

export const exportModels = defineCommand({
  name: 'export',
  summary: 'write the models of a run for tf.js, as safetensors or ONNX, or as a page to draw on',
  options: {
    run: {
      ...shared('run').run,
      flags: '--run <list>',
      description: `${shared('run').run.description}; for a page also several, separated by commas`,
    },
    format: option({
      flags: '--format <name>',
      description: `format of the exported models: ${formats.join(', ')} (one HTML file that runs them)`,
      parse: oneOf('format', formats),
      fallback: 'tfjs',
    }),
    fold: optional({
      flags: '--fold <n>',
      description: 'export only this fold of the run, counted from 1',
      parse: wholeNumber(1, LARGEST_COUNT),
      shownFallback: 'all',
    }),
    out: optional({
      flags: '--out <folder>',
      description: 'folder for the exported models; for a page also the .html file itself',
      parse: someText,
      shownFallback: 'runs/<id>/<format>',
    }),
    force: {
      ...shared('force').force,
      description:
        'replace files that exist; without it, files with the same contents as the exported models are no obstacle',
    },
  },
  spare: 'run',
  examples: [
    ['', 'the newest run, all folds, for tf.loadLayersModel'],
    ['--run swa --fold 1', 'one fold of the newest run of swa'],
    ['--format safetensors --out models/swa', 'for PyTorch, JAX, numpy and others, in another folder'],
    ['--format onnx', 'for onnxruntime, in any language'],
    ['--format page --run swa,plain --out digits.html', 'a page to draw on, for the newest runs of swa and plain'],
  ],
  stopped: 'Models that were written are kept; start again with',
  async run({ run, format, fold, out, force }, { signal, progress }) {
    if (format === PAGE) return writePage({ run, fold, out, force }, progress);
    const folder = await findRunFolder(run, progress);
    const recorded = await readRun(folder);
    const { record, solutions: folds } = recorded;
    const { competition, method, model } = record.configuration;
    const { classes } = findCompetition(competition);
    const plan = await planOf(recorded);
    if (fold !== undefined && fold > folds.length) {
      throw new UserError(
        `Expected --fold to be from 1 to ${folds.length}, the folds of ${nameOfRun(record)}, got "${fold}".`,
      );
    }

    const target = out ?? join(folder, format);
    const about = { run: record.id, competition, method, labels: JSON.stringify(classes) };
    const models: { fold: number; solution: number; path: string }[] = [];
    for (const [f, solutions] of folds.entries()) {
      if (fold !== undefined && fold !== f + 1) continue;
      for (const [s, solution] of solutions.entries()) {
        signal.throwIfAborted();
        const name = solutions.length > 1 ? `fold-${f + 1}-solution-${s + 1}` : `fold-${f + 1}`;
        const metadata = { ...about, fold: String(f + 1), solution: String(s + 1) };
        const path = await writeModel({ plan, solution, metadata }, format, { folder: target, name, force });
        models.push({ fold: f + 1, solution: s + 1, path });
      }
    }
    const rows = models.map((written) => [String(written.fold), String(written.solution), displayPath(written.path)]);
    return {
      json: { run: record.id, format, competition, model, method, folder: target, models },
      text: [
        table(['fold', 'solution', 'written'], rows, 'rrl'),
        `${counted(models.length, 'model')} of ${printable(nameOfRun(record))}. Each reads pixels from 0 to 1 (bytes divided by 255).`,
      ].join('\n\n'),
    };
  },
});

/** The options of `export` that a page takes. */
interface PageOptions {
  readonly run: string | undefined;
  readonly fold: number | undefined;
  readonly out: string | undefined;
  readonly force: boolean;
}

async function writePage({ run, fold, out, force }: PageOptions, progress: Progress): Promise<Report> {
  const folders: string[] = [];
  for (const name of run === undefined ? [undefined] : nameList(run, '--run')) {
    folders.push(await findRunFolder(name, progress));
  }
  const isFile = out !== undefined && /\.html?$/i.test(out);
  const file = isFile ? out : join(out ?? join(folders[0], PAGE), 'index.html');
  const begun = await beginNewFile(file, { force });
  try {
    // Loaded here, because other formats need none of it.
    const { exportedPage } = await import('../../dashboard/index.ts');
    const page = await exportedPage({ folders, fold: fold === undefined ? undefined : fold - 1 });
    await begun.write(page);
    await begun.keep();
    const bytes = Buffer.byteLength(page);
    return {
      json: { format: PAGE, runs: folders.map((folder) => basename(folder)), file, bytes },
      text:
        `Written: ${displayPath(file)} (${kilobytes(bytes)})\n` +
        'Open it in a browser, also without a network, or give it to others.',
    };
  } finally {
    await begun.drop();
  }
}

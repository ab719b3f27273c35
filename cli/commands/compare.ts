/** `npm run compare`: all submits of a competition, one of them, or two submission files side by side. */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { BLEND, meritOf } from '../../pipeline/index.ts';
import { displayPath } from '../../base/paths.ts';
import { type Competition, findSolution } from '../../data/index.ts';
import { counted, foldsShort } from '../../base/format.ts';
import { printable, quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { type Agreement, compareSubmissions, LATEST } from '../../submissions/index.ts';
import { changedSubmissions, type SubmitResult } from '../../records/index.ts';
import { defineCommand, type Report } from '../command.ts';
import { column, scoreColumn, tableOfColumns } from '../columns.ts';
import { chooseCompetition } from '../competition.ts';
import { comparisonText, filesOf, latestBeside } from '../submissions.ts';
import { isPath } from '../runs.ts';
import { competitionOfFiles, type FolderOfSubmits, meantSubmits } from '../submits.ts';
import { table } from '../table.ts';
import { shared } from '../options.ts';

export const compare = defineCommand({
  name: 'compare',
  summary: 'compare the submits of a competition, the methods of one submit, or two submission files',
  options: {
    competition: {
      ...shared('competition').competition,
      shownFallback: 'that of the newest submit, or of the two files',
    },
    ...shared('dataDir', 'outDir', 'solution'),
  },
  files: { syntax: '[names...]', description: 'the name of a submit, or two submission files (default: all submits)' },
  examples: [
    ['', 'all submits, the best first, and the result of the newest'],
    ['longer', 'the submit with that name'],
    ['--competition fashion-mnist', 'the submits of another competition'],
    ['submissions/digit-recognizer/latest/swa.csv other.csv', 'where two submissions differ'],
    ['swa.csv other.csv --solution solution.csv', 'and which of the two is right more often'],
  ],
  stopped: 'Nothing was changed; start again with',
  async run({ competition: wanted, dataDir, outDir, solution }, session, files) {
    const [first, second] = files;
    if (files.length < 2)
      return showSubmits(await meantSubmits({ competition: wanted, dataDir, outDir }, first, session), first);
    if (files.length !== 2) {
      throw new UserError(
        `Expected two submission files to compare, the name of a submit, or nothing, got ${files.length} files.`,
      );
    }
    for (const file of files) {
      if (isPath(file) || existsSync(file) || extname(file) !== '') continue;
      throw new UserError(
        `Expected two submission files to compare, got ${quoted(file)}, which is none. ` +
          'Name files such as submissions/digit-recognizer/latest/swa.csv; all submits stand beside each other without names.',
      );
    }
    const isOpen = wanted === undefined && dataDir === undefined;
    const ofFile = isOpen ? await competitionOfFiles([first, second], session) : wanted;
    const competition = await chooseCompetition({ competition: ofFile, dataDir }, session);
    const answers = solution ?? (await findSolution(competition, { dataDir })) ?? undefined;
    const agreement = await compareSubmissions(competition, [first, second], answers);
    return { json: agreement, text: [agreement.sentence, ...differingImages(agreement, competition)].join('\n\n') };
  },
});

/** @param wanted name of one of them @throws UserError if there is none of that name */
async function showSubmits(
  { folder, submits, unreadable }: FolderOfSubmits,
  wanted: string | undefined,
): Promise<Report> {
  const meant =
    wanted === undefined
      ? submits
      : wanted === LATEST
        ? submits.slice(0, 1)
        : submits.filter(({ name }) => name === wanted);
  if (meant.length === 0) {
    const names = submits.slice(0, SHOWN_SUBMITS).flatMap(({ name }) => name ?? []);
    throw new UserError(
      `${displayPath(folder)}: expected a submit of the name ${quoted(wanted ?? '')}, or two files, found none. ` +
        `The newest: ${names.map((name) => printable(name)).join(', ')}.`,
    );
  }
  const [newest] = meant;
  const changed: string[] = [];
  for (const submit of meant) changed.push(...(await changedSubmissions(submit)).map(displayPath));
  // Those of earlier versions lie in the output folder itself, and have no copy.
  const hasCopy = newest === submits[0] && newest.name !== undefined;
  const copy = hasCopy ? `\n\nA copy: ${displayPath(latestBeside(newest))}` : '';
  const text = `${comparisonText(newest)}\n\nFiles: ${filesOf(newest)}${copy}`;
  const problems = [
    ...(changed.length === 0
      ? []
      : [`${changed.join(', ')}: changed or gone since this comparison. Run submit again.`]),
    ...(unreadable.length === 0 ? [] : [`${counted(unreadable.length, 'submit')} left out. ${unreadable[0]}`]),
  ];
  return {
    json: wanted === undefined ? { competition: newest.competition, submits: meant, unreadable } : newest,
    text: meant.length === 1 ? text : [allSubmits(meant), `The newest, ${nameOf(newest)}:`, text].join('\n\n'),
    problem: problems.length === 0 ? undefined : problems.join(' '),
  };
}

const SHOWN_SUBMITS = 5;

const nameOf = ({ name }: SubmitResult): string => (name === undefined ? 'of an earlier version' : printable(name));

/** Its members may have different models, and nothing was trained. */
const isBlend = ({ methods }: SubmitResult): boolean => Object.hasOwn(methods, BLEND);

/** One row for each method of each submit, the best first. */
function allSubmits(submits: readonly SubmitResult[]): string {
  const found = submits.flatMap((submit) =>
    Object.entries(submit.methods).map(([method, result]) => ({ submit, method, result })),
  );
  const best = ({ result }: (typeof found)[number]): number => meritOf(result.test ?? result.outOfFold);
  const rows = found.toSorted((a, b) => best(b) - best(a));
  const hasTest = rows.some(({ result }) => result.test);
  const columns = [
    column(rows, 'submit', 'l', ({ submit }) => nameOf(submit)),
    column(rows, 'method', 'l', ({ method }) => printable(method)),
    column(rows, 'model', 'l', ({ submit }) => (isBlend(submit) ? undefined : printable(submit.model))),
    ...(hasTest ? [scoreColumn(rows, 'test', ({ result }) => result.test)] : []),
    scoreColumn(rows, 'out-of-fold', ({ result }) => result.outOfFold),
    scoreColumn(rows, 'train', ({ result }) => result.train),
    column(rows, 'folds × epochs', 'r', ({ submit }) =>
      isBlend(submit) ? undefined : `${foldsShort(submit)} × ${submit.epochs}`,
    ),
    column(rows, 'seed', 'r', ({ submit }) => String(submit.seed)),
  ];
  return tableOfColumns(columns, { optional: ['model', 'seed', 'train', 'folds × epochs'] });
}

/** Images that are listed for a person; `--json` has all. */
const SHOWN_IMAGES = 10;

function differingImages({ files, differing }: Agreement, { submission, classes }: Competition): string[] {
  if (differing.length === 0) return [];
  const shown = differing.slice(0, SHOWN_IMAGES);
  const rows = shown.map(({ id, first, second }) => [id, classes[first], classes[second]]);
  const more = differing.length - shown.length;
  return [
    table([submission.id, ...files], rows, 'rll'),
    ...(more > 0 ? [`And ${counted(more, 'other')} (--json lists all).`] : []),
  ];
}

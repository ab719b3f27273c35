/** `npm run data`: makes or checks the files of a competition, and says what is missing and where to get it. */
import { relative } from 'node:path';
import { displayPath, findSource } from '../../data/archive.ts';
import type { Competition } from '../../data/competition.ts';
import { competitions } from '../../data/competitions/index.ts';
import { dataDirectory, findRole, hasFiles } from '../../data/directory.ts';
import type { LabelledImages } from '../../data/images.ts';
import { loadTest, loadTrain } from '../../data/load.ts';
import { findSolution, loadSampleSubmission, loadSolution } from '../../data/solution.ts';
import { stratifiedFolds } from '../../data/split.ts';
import { UserError } from '../../data/user-error.ts';
import { checkSample } from '../../submissions/submission.ts';
import { defineCommand } from '../command.ts';
import { announceGeneration, chooseCompetition } from '../competition.ts';
import { counted, integer, percent } from '../format.ts';
import { table } from '../table.ts';

export const data = defineCommand({
  name: 'data',
  summary: "make or check a competition's files",
  options: ['competition', 'dataDir'],
  examples: [
    ['', 'what is there'],
    ['--competition digit-recognizer', "what of Kaggle's Digit Recognizer is there"],
    ['--competition digit-recognizer --data-dir ~/Downloads', 'files in another folder'],
  ],
  stopped: 'Whole files are kept; go on with',
  async run({ competition: wanted, dataDir }, { progress }) {
    const competition = await chooseCompetition({ competition: wanted, dataDir }, progress);
    await announceGeneration(competition, dataDir, progress);
    const files = await checkFiles(competition, dataDir);
    const folder = displayPath(dataDirectory(competition, dataDir));
    const hasTrain = files.some(({ role, rows }) => role === 'train' && rows !== null);
    const train = hasTrain ? await loadTrain(competition, { dataDir }) : null;
    const classes =
      train && competition.classes.map((name, label) => ({ label, name, count: countOf(train.labels, label) }));
    const missing = files.filter(({ role, rows }) => rows === null && (role === 'train' || role === 'test'));
    return {
      json: { competition: competition.id, folder, page: competition.page, files, classes },
      text: [
        `${competition.title} (${competition.id}) in ${folder}`,
        fileTable(files),
        ...(classes ? [classTable(classes)] : []),
        ...(await otherCompetitions(competition)),
      ].join('\n\n'),
      problem:
        train === null || missing.length > 0
          ? missingSentence(competition, folder, missing)
          : await misfit(competition, train, dataDir),
    };
  },
});

interface CheckedFile {
  readonly role: 'train' | 'test' | 'sampleSubmission' | 'solution';
  /** Name of the file in the competition, or of several that belong together; of those to be got if it is missing. */
  readonly file: string;
  /** Where it was found in the folder, perhaps packed: `train.csv.gz`, `all.zip/train.csv`; null if nowhere. */
  readonly found: string | null;
  /** Images, ids or answers; null if the file is missing. */
  readonly rows: number | null;
}

/** Reads all files that are there from the first to the last byte. */
async function checkFiles(competition: Competition, dataDir: string | undefined): Promise<CheckedFile[]> {
  const directory = dataDirectory(competition, dataDir);
  const options = { dataDir };
  // Reading one file of a built-in competition makes all of them.
  const readers = {
    train: async () => (await loadTrain(competition, options)).count,
    test: async () => (await loadTest(competition, options)).images.count,
    sampleSubmission: async () => (await loadSampleSubmission(competition, options))?.length ?? null,
    solution: async () => {
      const file = await findSolution(competition, options);
      return file === null ? null : (await loadSolution(file, competition)).length;
    },
  };
  const checked: CheckedFile[] = [];
  for (const role of ['train', 'test', 'sampleSubmission', 'solution'] as const) {
    if (competition.files[role] === null) continue;
    const isThere = competition.generate !== undefined || (await findFile(competition, role, dataDir)).names.length > 0;
    const rows = isThere ? await readers[role]() : null;
    const { file, names } = await findFile(competition, role, dataDir);
    const found = names.map((name) => relative(displayPath(directory), name)).join(', ');
    checked.push({ role, file, found: found || null, rows });
  }
  return checked;
}

/** What the file is called, and what there is of it. */
async function findFile(
  competition: Competition,
  role: CheckedFile['role'],
  dataDir: string | undefined,
): Promise<{ file: string; names: readonly string[] }> {
  if (role === 'train' || role === 'test') {
    const search = await findRole(competition, role, dataDir);
    return search.format
      ? { file: search.format.files.join(' and '), names: search.images.names }
      : { file: search.missing.files, names: [] };
  }
  const file = competition.files[role] ?? '';
  const source = await findSource(dataDirectory(competition, dataDir), file);
  return { file, names: source ? [source.name] : [] };
}

/** The folds that submit makes unless told otherwise. */
const USUAL_FOLDS = 5;

/** What would stop a later search or submit although every file is whole by itself. */
async function misfit(
  competition: Competition,
  { labels, source }: LabelledImages,
  dataDir: string | undefined,
): Promise<string | undefined> {
  try {
    stratifiedFolds(labels, USUAL_FOLDS, 0, { classes: competition.classes.length, source });
    const sample = await loadSampleSubmission(competition, { dataDir });
    if (sample) checkSample(competition, (await loadTest(competition, { dataDir })).ids, sample, dataDir);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

const countOf = (labels: Uint16Array, wanted: number): number =>
  labels.reduce((count, label) => count + Number(label === wanted), 0);

const nouns: Readonly<Record<CheckedFile['role'], string>> = {
  train: 'image',
  test: 'image',
  sampleSubmission: 'id',
  solution: 'answer',
};

const fileTable = (files: readonly CheckedFile[]): string =>
  table(
    ['file', 'holds', 'found as'],
    files.map(({ role, file, found, rows }) => [
      file,
      rows === null ? 'missing' : counted(rows, nouns[role]),
      found ?? '',
    ]),
    'lrl',
  );

const HISTOGRAM_WIDTH = 30;

function classTable(classes: readonly { label: number; name: string; count: number }[]): string {
  const total = classes.reduce((sum, { count }) => sum + count, 0);
  const largest = Math.max(...classes.map(({ count }) => count));
  const rows = classes.map(({ label, name, count }) => [
    name === String(label) ? name : `${label} ${name}`,
    integer(count),
    percent(count / total),
    '█'.repeat(Math.round((HISTOGRAM_WIDTH * count) / largest)),
  ]);
  return table(['class', 'images', 'share', ''], rows, 'lrrl');
}

async function otherCompetitions(shown: Competition): Promise<string[]> {
  const lines: string[] = [];
  for (const competition of competitions) {
    if (competition === shown) continue;
    const state = (await hasFiles(competition)) ? 'there' : competition.page ? `from ${competition.page}` : 'built in';
    lines.push(`  ${competition.id.padEnd(18)}${state}`);
  }
  return [`Others (--competition):\n${lines.join('\n')}`];
}

function missingSentence(competition: Competition, folder: string, missing: readonly CheckedFile[]): string {
  const from = competition.page ? ` Download from ${competition.page} and put there` : ' Put them there';
  const names = missing.map(({ file }) => file).join(', and no ');
  return `${folder}: no ${names}.${from} as they are, .gz, or the whole .zip; or name another folder with --data-dir.`;
}

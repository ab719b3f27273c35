/** `npm run data`: makes, downloads or checks the files of a competition, and says what is missing and where to get it. */
import { relative } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import {
  describeArchives,
  findSource,
  type Competition,
  competitions,
  findCompetition,
  knownIds,
  dataDirectory,
  findRole,
  hasFiles,
  downloadFiles,
  type LoadedOnce,
  loadOnce,
  oddities,
  otherFiles,
  findSolution,
  loadSampleSubmission,
  loadSolution,
  foldCount,
  planFolds,
  repeatedIds,
  whatFits,
} from '../../data/index.ts';
import { UserError } from '../../base/user-error.ts';
import { checkSample } from '../../submissions/index.ts';
import { defineCommand, type Session } from '../command.ts';
import { announceGeneration, imageNotes, chooseCompetition, proposeAgain } from '../competition.ts';
import { capitalized, counted } from '../../base/format.ts';
import { classTable, showData } from '../data-show.ts';
import { watchReading } from '../reading.ts';
import { table } from '../table.ts';
import { kilobytes, transferBars } from '../transfers.ts';
import { commandLine } from '../../base/command-line.ts';
import { optional } from '../option.ts';
import { someText, webAddress } from '../option-parsers.ts';
import { shared } from '../options.ts';

/** In the place of a competition: its images are looked at. */
const SHOW = 'show';
const downloadable = competitions.filter((competition) => competition.download);

export const data = defineCommand({
  name: 'data',
  summary: "make, download or check a competition's files, and look at its images",
  options: {
    ...shared('competition', 'dataDir', 'skipBroken'),
    mirror: optional({
      flags: '--mirror <address>',
      description: 'mirror from which public files are downloaded; the checksums are checked',
      parse: webAddress,
      shownFallback: 'the known public mirrors',
    }),
    ...shared('force'),
    run: optional({
      flags: '--run <name>',
      description: 'with show: run whose out-of-fold predictions say which labels are probably wrong',
      parse: someText,
      shownFallback: 'the newest of the competition',
    }),
    output: optional({
      flags: '--output <folder>',
      description: 'with show: receives a folder with a page and its figures',
      parse: someText,
      shownFallback: 'none is written',
    }),
  },
  files: {
    syntax: '[competition]',
    description: `show, to look at the images; or the competition whose files are downloaded if they are missing: ${downloadable.map(({ id }) => id).join(', ')}`,
  },
  spare: 'run',
  examples: [
    ['', 'check the files'],
    ['fashion-mnist', 'download Fashion-MNIST, or continue an interrupted download'],
    ['--competition digit-recognizer', "check the files of Kaggle's Digit Recognizer"],
    ['--competition digit-recognizer --data-dir ~/Downloads', 'check files in another folder'],
    ['--data-dir photos', 'look at your own files, and write what was found to photos/competition.json'],
    ['show --competition fashion-mnist', 'class counts, duplicates, leaks, and labels that are probably wrong'],
    ['show --data-dir photos --output looks', 'also write a page with samples, means and augmented images'],
  ],
  stopped: (_options, [named]) =>
    named === undefined || named === SHOW ? 'Start again with' : 'What was downloaded is kept; go on with',
  async run({ competition: checked, dataDir, skipBroken, mirror, force, run, output }, session, [named]) {
    const { progress, signal } = session;
    if (named === SHOW) {
      const shown = await chooseCompetition({ competition: checked, dataDir, skipBroken }, session, 'write');
      return showData(shown, { dataDir, run, output }, session);
    }
    if (run !== undefined || output !== undefined) {
      const flag = run === undefined ? '--output' : '--run';
      throw new UserError(`Expected ${flag} with show, got it without. Type: ${commandLine('data', SHOW)}`);
    }
    const wanted = named === undefined ? checked : findCompetition(named);
    if (force && !wanted && dataDir !== undefined) await proposeAgain(dataDir, progress);
    const competition = await chooseCompetition({ competition: wanted, dataDir, skipBroken }, session, 'write');
    const downloaded = named === undefined ? [] : await download(competition, dataDir, mirror, { progress, signal });
    await announceGeneration(competition, dataDir, progress);
    const images = loadOnce(competition, { dataDir, ...watchReading(session) });
    const files = await checkFiles(competition, images, dataDir);
    const folder = displayPath(dataDirectory(competition, dataDir));
    const hasTrain = files.some(({ role, rows }) => role === 'train' && rows !== null);
    const train = hasTrain ? await images.train() : null;
    const classes =
      train && competition.classes.map((name, label) => ({ label, name, count: countOf(train.labels, label) }));
    const hasTest = files.some(({ role, rows }) => role === 'test' && rows !== null);
    const test = train && hasTest ? await images.test() : null;
    const said = train ? imageNotes(train, foldCount(train), competition, test) : [];
    const repeated = train ? repeatedIds((await images.trainIds()) ?? []) : null;
    const odd = train ? await oddities(train, test?.images ?? null, competition.classes, signal) : [];
    const other = await otherFiles(competition, dataDir);
    const notes = [...[other, repeated].filter((note) => note !== null), ...said, ...odd];
    const missing = files.filter(({ role, rows }) => rows === null && (role === 'train' || role === 'test'));
    return {
      json: { competition: competition.id, folder, page: competition.page, downloaded, files, classes, notes },
      text: [
        `${competition.title} (${competition.id}) in ${folder}`,
        fileTable(files),
        ...(classes
          ? [classTable(classes, ({ label, name }) => (name === String(label) ? name : `${label} ${name}`))]
          : []),
        ...(notes.length > 0 ? [notes.join('\n')] : []),
        await otherCompetitions(competition),
      ].join('\n\n'),
      problem:
        train === null || missing.length > 0
          ? await missingSentence(competition, dataDir, missing)
          : await misfit(competition, images, dataDir),
    };
  },
});

/** @returns names of the files that were not there before */
async function download(
  competition: Competition,
  dataDir: string | undefined,
  mirror: string | undefined,
  { progress, signal }: Pick<Session, 'progress' | 'signal'>,
): Promise<string[]> {
  const { title, download: publicFiles } = competition;
  const found = await Promise.all((['train', 'test'] as const).map((role) => findRole(competition, role, dataDir)));
  if (!publicFiles || found.every(({ format }) => format !== null)) return [];
  const { mirrors, files } = publicFiles;
  const folder = dataDirectory(competition, dataDir);
  const tell = transferBars(progress);
  const downloaded = await downloadFiles({ mirrors: mirror === undefined ? mirrors : [mirror], files }, folder, {
    signal,
    onBytes: ({ name, bytes }, done) => tell(name, done, bytes),
  });
  progress.clear();
  const size = downloaded.reduce((sum, { bytes }) => sum + bytes, 0);
  if (size > 0) progress.note(`Downloaded ${title} into ${displayPath(folder)}: ${kilobytes(size)}, checked.`);
  return downloaded.map(({ name }) => name);
}

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
async function checkFiles(
  competition: Competition,
  images: LoadedOnce,
  dataDir: string | undefined,
): Promise<CheckedFile[]> {
  const directory = dataDirectory(competition, dataDir);
  const options = { dataDir };
  // Reading one file of a built-in competition makes all of them.
  const readers = {
    train: async () => (await images.train()).count,
    test: async () => (await images.test()).images.count,
    sampleSubmission: async () => (await loadSampleSubmission(competition, options))?.length ?? null,
    solution: async () => {
      const file = await findSolution(competition, options);
      return file === null ? null : (await loadSolution(file, competition)).length;
    },
  };
  const checked: CheckedFile[] = [];
  for (const role of ['train', 'test', 'sampleSubmission', 'solution'] as const) {
    if (competition.files[role] === null || (role === 'test' && competition.files.test.length === 0)) continue;
    const before = await findFile(competition, role, dataDir);
    const rows = competition.generate || before.names.length > 0 ? await readers[role]() : null;
    const { file, names } = competition.generate ? await findFile(competition, role, dataDir) : before;
    const found = names.map((name) => relative(displayPath(directory), name) || '.').join(', ');
    checked.push({ role, file, found: found || null, rows });
  }
  return checked;
}

/** Name of a file and its content: the number of images, ids or answers. */
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

/** What would stop a later search or submit although every file is whole by itself. */
async function misfit(
  competition: Competition,
  images: LoadedOnce,
  dataDir: string | undefined,
): Promise<string | undefined> {
  try {
    const train = await images.train();
    planFolds(train, foldCount(train), 0);
    const sample = await loadSampleSubmission(competition, { dataDir });
    if (sample && competition.files.test.length > 0)
      checkSample(competition, (await images.test()).ids, sample, dataDir);
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

async function otherCompetitions(shown: Competition): Promise<string> {
  const others = knownIds().filter((id) => id !== shown.id);
  const states = await Promise.all(others.map(async (id) => `${id}${(await hasFilesOf(id)) ? ' (there)' : ''}`));
  return `Others (--competition): ${states.join(', ')}.`;
}

/** What is wrong with a competition is said when it is shown. */
async function hasFilesOf(id: string): Promise<boolean> {
  try {
    return await hasFiles(findCompetition(id));
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

async function missingSentence(
  competition: Competition,
  dataDir: string | undefined,
  missing: readonly CheckedFile[],
): Promise<string> {
  const { id, page, download: publicFiles } = competition;
  const directory = dataDirectory(competition, dataDir);
  const zips = await describeArchives(directory);
  const inZips = zips.length > 0 ? ` (nor in ${zips.join('; ')})` : '';
  const names = [...new Set(missing.map(({ file }) => file))].join(', and no ');
  const [get, from] = [
    publicFiles && `Type "${commandLine('data', id)}"`,
    page && `download from ${page} and put there`,
  ];
  const ways = [get, from ?? 'put them there'].filter(Boolean).join(', or ');
  const sentence = `${capitalized(ways)} as they are, .gz, or the whole .zip`;
  const other = await whatFits(competition, { dataDir });
  const hint = other === null ? '' : ` ${other}`;
  return `${displayPath(directory)}: no ${names}${inZips}. ${sentence}; or name another folder with --data-dir.${hint}`;
}

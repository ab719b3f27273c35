import test from 'ava';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { processMark, temporaryName } from '../../base/temporary-file.ts';
import { UserError } from '../../base/user-error.ts';
import { plain } from '../../pipeline/methods/plain.ts';
import { listRuns, readRun } from '../../records/run.ts';
import { type Run, writeRun } from '../../records/write-run.ts';
import { temporaryFolder } from '../data/tiny.ts';
import { endedMark } from '../helpers/ended-mark.ts';
import { configuration } from './configuration.ts';

const score = { accuracy: 0.75, n: 4, standardError: 0.21 };
const epochs = [{ epoch: 0, learningRate: 0.06, trainLoss: 1.5, validationAccuracy: 0.5, validationLoss: 1.25 }];
const solution = (first: number): Run['folds'][number]['solutions'][number] => ({
  weights: Float32Array.of(first, -0.1, 3.4e38),
  statistics: Float32Array.of(first / 3, 1e-45),
});

const run: Run = {
  configuration,
  startedAt: new Date('2025-01-02T03:04:05.678Z'),
  seconds: 1.5,
  folds: [
    { train: score, validation: score, seconds: 0.5, epochs, solutions: [solution(1), solution(2)] },
    { train: score, validation: score, seconds: 0.5, epochs, solutions: [solution(3)] },
  ],
  scores: { train: score, outOfFold: score, test: { ...score, public: score } },
  submission: { file: 'submissions/digits/plain.csv', sha256: 'ab' },
};

test('a run is read back bit by bit', async (t) => {
  const folder = await writeRun(join(await temporaryFolder(t), 'new', 'runs'), run);
  t.regex(basename(folder), /^20250102T030405\.678Z-digits-plain-[0-9a-f]{8}$/);
  t.deepEqual((await readdir(folder)).toSorted(), ['record.json', 'solutions.f32']);
  const { record, solutions } = await readRun(folder);
  t.deepEqual(
    solutions,
    run.folds.map((fold) => fold.solutions),
  );
  t.deepEqual(record.configuration, run.configuration);
  t.deepEqual(record.scores, run.scores);
  t.deepEqual(record.folds[0], { train: score, validation: score, seconds: 0.5, epochs, solutions: 2 });
  t.like(record, { id: basename(folder), startedAt: '2025-01-02T03:04:05.678Z', seconds: 1.5 });
  t.is(record.environment.node, process.version);
  t.regex(record.environment.wideOptima, /^\d+\.\d+\.\d+$/);
  t.regex(record.environment.commit ?? '', /^([0-9a-f]{40}(-dirty)?)?$/);
});

test('runs that began in one second are listed in their order, also beside one of before ids had milliseconds', async (t) => {
  const runsDir = await temporaryFolder(t);
  const before = join(runsDir, '20250102T030404Z-digits-swa-1a2b3c4d');
  await mkdir(before);
  const at = (ms: number): Promise<string> =>
    writeRun(runsDir, { ...run, startedAt: new Date(run.startedAt.getTime() + ms) });
  const [second, third, first] = [await at(1), await at(20), await at(0)];
  t.deepEqual(await listRuns(runsDir), [before, first, second, third]);
});

test('a record from before optimizers had names is read, with what was always done filled in', async (t) => {
  const folder = await writeRun(await temporaryFolder(t), run);
  const file = join(folder, 'record.json');
  const record = JSON.parse(await readFile(file, 'utf8'));
  const { learningRate, momentum, batchSize, patience } = plain.defaults;
  record.configuration.parameters = { learningRate, momentum, batchSize, patience, nesterov: false };
  await writeFile(file, JSON.stringify(record));
  t.deepEqual((await readRun(folder)).record.configuration.parameters, plain.defaults);
});

test('weights are stored fold by fold as little-endian floats, statistics behind their weights', async (t) => {
  const bytes = await readFile(join(await writeRun(await temporaryFolder(t), run), 'solutions.f32'));
  t.is(bytes.length, 3 * 5 * 4);
  t.is(bytes.toString('hex', 0, 4), '0000803f'); // 1 in IEEE 754, lowest byte first
  t.deepEqual(
    [0, 5, 10].map((value) => bytes.readFloatLE(4 * value)),
    [1, 2, 3],
  );
  t.is(bytes.readFloatLE(4 * 13), 1);
});

test('many runs that start in the same second get folders of their own', async (t) => {
  const runsDir = await temporaryFolder(t);
  const folders = await Promise.all(Array.from({ length: 8 }, () => writeRun(runsDir, run)));
  t.is(new Set(folders).size, 8);
  t.deepEqual((await readdir(runsDir)).toSorted(), folders.map((folder) => basename(folder)).toSorted());
});

test('a run that cannot be written leaves nothing and names the folder', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'runs'), '');
  const error = await t.throwsAsync(() => writeRun(join(folder, 'runs'), run), { instanceOf: UserError });
  t.regex(error.message, /runs: the run cannot be recorded \(EEXIST.*name another folder\.$/);
  t.deepEqual(await readdir(folder), ['runs']);
});

const damages: [what: string, damage: (folder: string) => Promise<void>, message: RegExp][] = [
  [
    'cut weights',
    async (folder) => {
      const file = join(folder, 'solutions.f32');
      await writeFile(file, (await readFile(file)).subarray(0, 56));
    },
    /solutions\.f32: expected 60 bytes as record\.json says, got 56\./,
  ],
  [
    'a changed bit in the weights',
    async (folder) => {
      const file = join(folder, 'solutions.f32');
      const bytes = await readFile(file);
      bytes[17] ^= 1;
      await writeFile(file, bytes);
    },
    /solutions\.f32: expected the checksum/,
  ],
  [
    'a cut record',
    async (folder) => {
      const file = join(folder, 'record.json');
      await writeFile(file, (await readFile(file)).subarray(0, 500));
    },
    /record\.json: expected JSON/,
  ],
  [
    'a record of another format',
    (folder) => writeFile(join(folder, 'record.json'), '{"format":2}'),
    /Expected `format` in .*record\.json to be format 1, got 2\./,
  ],
  [
    'a method that nobody knows',
    (folder) => change(folder, (text) => text.replace('"method": "plain"', '"method": "best"')),
    /Expected `configuration\.method` in .*record\.json to be one of plain, swa, .*sam\+swa-average, .*, got "best"\./,
  ],
  [
    'a model that nobody knows',
    (folder) => change(folder, (text) => text.replace('"digit-cnn"', '"constructor"')),
    /Expected `configuration\.model` in .*record\.json to be one of digit-cnn, .*, got "constructor"\./,
  ],
];

async function change(folder: string, edit: (text: string) => string): Promise<void> {
  const file = join(folder, 'record.json');
  await writeFile(file, edit(await readFile(file, 'utf8')));
}

for (const [what, damage, message] of damages) {
  test(`a run with ${what} is not taken for whole`, async (t) => {
    const folder = await writeRun(await temporaryFolder(t), run);
    await damage(folder);
    await t.throwsAsync(() => readRun(folder), { instanceOf: UserError, message });
  });
}

test('a folder without a record is no run', async (t) => {
  const folder = join(await temporaryFolder(t), 'empty');
  await mkdir(folder);
  await t.throwsAsync(() => readRun(folder), {
    instanceOf: UserError,
    message: /record\.json: expected a file of a run/,
  });
});

test('what a killed process has left is taken away by the next run, what a living one writes is not', async (t) => {
  const runsDir = await temporaryFolder(t);
  const leave = async (mark: string): Promise<string> => {
    const folder = temporaryName(join(runsDir, '20260102T030405Z-mnist-swa-1a2b3c4d')).replace(processMark, mark);
    await mkdir(folder);
    await writeFile(join(folder, 'solutions.f32'), 'cut');
    return basename(folder);
  };
  const living = await leave(processMark);
  if (process.platform === 'linux') await leave(endedMark());
  await writeRun(runsDir, run);
  t.deepEqual(
    (await readdir(runsDir)).filter((name) => name.startsWith('.')),
    [living],
  );
  t.is((await listRuns(runsDir)).length, 1);
});

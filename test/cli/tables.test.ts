/** The tables of the command line with long names and numbers: at 80 columns, and whole in a pipe. */
import test from 'ava';
import { join } from 'node:path';
import { classReportText } from '../../cli/class-report.ts';
import { outcomeTable, planText } from '../../cli/budget/text.ts';
import { confirmedTables, frontTables, searchTable } from '../../cli/search-tables.ts';
import { importanceTable, trialTable } from '../../cli/study-words.ts';
import { plain } from '../../pipeline/methods/plain.ts';
import { listRuns, readRecord } from '../../records/run.ts';
import { renameRun } from '../../records/manage-runs.ts';
import { csvOf, recordRun, runsIn } from '../submissions/runs.ts';
import { snapshot } from '../search/snapshot.ts';
import { runIn } from './in-process.ts';
import { temporaryFolder, withoutReports } from './process.ts';

const COLUMNS = 80;
const LONG = 'a-run-with-a-name-of-sixty-characters-which-nobody-can-read-x';

/** What a work writes on a screen of 80 columns, and in a pipe. */
async function written(work: () => string | Promise<string>): Promise<{ narrow: string; whole: string }> {
  const columns = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
  const at = async (width: number | undefined): Promise<string> => {
    Object.defineProperty(process.stdout, 'columns', { value: width, configurable: true });
    return work();
  };
  try {
    return { narrow: await at(COLUMNS), whole: await at(undefined) };
  } finally {
    if (columns) Object.defineProperty(process.stdout, 'columns', columns);
    else delete (process.stdout as { columns?: number }).columns;
  }
}

/** Lines that are too long, but for sentences below a table, which begin with a letter. */
const wide = (text: string): string[] =>
  text.split('\n').filter((line) => line.length > COLUMNS && !/^\p{L}/u.test(line));

const params = {
  learningRate: 0.003412,
  momentum: 0.9499,
  weightDecay: 1.234e-5,
  batchSize: 16_384,
  labelSmoothing: 0.1234,
  schedule: 'cosine-with-warm-restarts',
  augmentation: 'affine-and-elastic-and-cutout',
};
const space = Object.fromEntries(
  Object.entries(params).map(([name, value]) => [
    name,
    typeof value === 'number'
      ? { kind: 'float' as const, low: value / 1000, high: value * 1000, log: true }
      : { kind: 'categorical' as const, choices: [value, 'none'] },
  ]),
);
const study = snapshot(
  space,
  Array.from({ length: 12 }, (_, i) => ({ params, outcome: 0.9 + i / 1000 })),
  'maximize',
);
const task = {
  competition: 'c',
  model: 'm',
  method: 'swa',
  engine: 'simd',
  epochs: 1,
  folds: 1,
  fixed: {},
  images: '',
};
const definition = { ...study.definition, task };
const outcome = {
  study: LONG,
  trials: { complete: 1234, pruned: 1234, failed: 123 },
  waiting: [],
  repeated: 0,
  epochs: { trained: 1, planned: 1 },
  best: { number: 1, value: 0.98123, params, parameters: plain.defaults },
  objectives: ['accuracy', 'seconds', 'weights'],
  front: [{ number: 1234, values: [0.98123, 123_456, 12_345_678], params }],
  confirmed: {
    trials: [{ number: 1234, value: 0.98123, confirmed: 0.98, standardError: 0.0012 }],
    luck: 0.0012,
    standardError: 0.0012,
  },
  seconds: 123_456,
  stopped: 'finished',
  storage: 's.db',
} as const;
const shares = Object.keys(params).map((name) => ({ parameters: [name], share: 0.14, low: 0.1, high: 0.2 }));
const pair = { parameters: ['augmentation', 'labelSmoothing'], share: 0.3, low: 0.2, high: 0.4 };
const importances = {
  method: 'fanova',
  shares: [...shares, pair],
  leftOut: [],
  trials: 12,
  of: 12,
  samples: 9,
} as const;
const classes = Array.from({ length: 3 }, (_, i) => ({
  label: i,
  name: `${LONG}-${i}`,
  support: 1_234_567,
  predicted: 1_234_567,
  precision: 0.98123,
  recall: 0.98123,
  f1: 0.98123,
}));

const report = { images: 3_703_701, classes, macro: classes[0], weighted: classes[0], confused: [] };
const member = { name: 'the-seventh-member', model: 'resnet-small', method: 'pseudo-labels' };
const plan = { trainFolds: 1, leftOut: [], members: [{ member, epochs: 1234, seconds: 123_456 }] } as never;

const tables: Readonly<Record<string, readonly [text: () => string, needed: readonly string[]]>> = {
  search: [() => searchTable({ swa: outcome }), ['98.12 %', 'swa']],
  front: [() => frontTables({ swa: outcome })[0], ['98.12 %', '1234']],
  confirmed: [() => confirmedTables({ swa: outcome })[0], ['98.12 %', '98.00 % ± 0.12 %']],
  trials: [() => trialTable(study.trials, definition), ['91.10 %', '11']],
  classes: [() => classReportText({ outOfFold: report, test: null, problem: null }), ['98.12', '1,234,567']],
  plan: [() => planText(plan, 10), ['1 of 10', '34 h 17 min', 'resnet-small']],
  importance: [() => importanceTable(importances, study), ['14 %', '10 % to 20 %', 'labelSmoothing']],
};

for (const [name, [text, needed]] of Object.entries(tables)) {
  test.serial(`the table of ${name} fits 80 columns with what matters in it, and is whole in a pipe`, async (t) => {
    const { narrow, whole } = await written(text);
    t.deepEqual(wide(narrow), []);
    for (const word of needed) t.true(narrow.includes(word), `${word}\n${narrow}`);
    t.false(whole.includes('No room'));
    for (const word of needed) t.true(whole.includes(word), word);
  });
}

test.serial('tables of runs fit 80 columns with their scores, and are whole in a pipe', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  const runsDir = runsIn(folder);
  for (const [i, method] of (['plain', 'swa'] as const).entries()) {
    const csv = csvOf([i]);
    await recordRun(runsDir, {
      competition: 'a-competition-with-a-long-name',
      method,
      parameters: { ...plain.defaults, learningRate: 0.0123456 + i, momentum: 0.9123, batchSize: 256 + i },
      file: join(folder, 'a-folder-with-a-long-name', `${LONG}-${i}.csv`),
      csv,
      startedAt: `2026-01-0${i + 1}T00:00:00Z`,
      seconds: 123_456,
    });
  }
  const folders = await listRuns(runsDir);
  for (const [i, run] of folders.entries()) await renameRun(run, `${LONG}-${i}`);
  const file = join(folder, 'a-folder-with-a-long-name', `${LONG}-0.csv`);
  t.is((await runIn(folder, ['leaderboard', '--submission', file, '--add', '0.91234'])).code, 0);
  const commands = [
    ['leaderboard', ['90.00 ± 0.95', '90.00 ± 3.00', '91.234']],
    ['runs list', ['90.00 ± 3.00']],
    [`runs show ${LONG}-0`, ['95.00 ± 0.69', '90.00 ± 0.95']],
  ] as const;
  for (const [words, needed] of commands) {
    const { narrow, whole } = await written(async () => (await runIn(folder, words.split(' '))).stdout);
    t.deepEqual(wide(narrow), [], narrow);
    for (const word of needed) t.true(narrow.includes(word), `${word}\n${narrow}`);
    t.true(whole.includes(`${LONG}-0`), whole);
    t.false(whole.includes('No room'));
  }
  const records = await Promise.all(folders.map((run) => readRecord(run)));
  const parts = records.map((record) => ({ name: record.name!, record, seconds: 123_456 }));
  const { narrow } = await written(() => outcomeTable(parts, `${LONG}-1`));
  t.deepEqual(wide(narrow), [], narrow);
  t.true(narrow.includes('90.00 ± 0.95'), narrow);
});

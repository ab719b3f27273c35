import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import { alignAnswers, loadAnswers, rightAnswers, scoreAnswers } from '../../submissions/score.ts';
import { temporaryFolder, tiny } from '../data/tiny.ts';
import { readFileSync } from 'node:fs';
import { classReportOf, worstClasses } from '../../submissions/class-report.ts';
import { confusionOfLabels } from '../../submissions/diagnosis.ts';

const ids = ['1', '2', '3', '4', '5'];
const images = { shape: tiny.shape, count: 5, pixels: new Uint8Array(new SharedArrayBuffer(10)) };

test('a solution in any order that covers a part of the ids is scored on that part', (t) => {
  const entries = [
    { id: '5', label: 1 },
    { id: '2', label: 0 },
    { id: '1', label: 2 },
    { id: '4', label: 2 },
  ];
  const answers = alignAnswers(ids, entries, 'solution.csv');
  const right = rightAnswers(Uint16Array.of(2, 0, 9, 0, 1), answers);
  t.deepEqual([...right], [1, 1, 1, 0]);
  t.deepEqual(scoreAnswers(right, answers), { accuracy: 0.75, n: 4, standardError: Math.sqrt((0.75 * 0.25) / 4) });
});

test('the two leaderboards are scored separately', (t) => {
  const entries = [
    { id: '1', label: 0, usage: 'Public' as const },
    { id: '2', label: 0, usage: 'Private' as const },
    { id: '3', label: 0, usage: 'Private' as const },
  ];
  const answers = alignAnswers(ids, entries, 'solution.csv');
  const { n, public: first, private: second } = scoreAnswers(Uint8Array.of(1, 0, 1), answers);
  t.is(n, 3);
  t.deepEqual(first, { accuracy: 1, n: 1, standardError: 0 });
  t.deepEqual(second, { accuracy: 0.5, n: 2, standardError: Math.sqrt(0.25 / 2) });
  t.false('private' in scoreAnswers(Uint8Array.of(1), alignAnswers(ids, entries.slice(0, 1), 'solution.csv')));
});

test('a solution of other images is refused', (t) => {
  t.throws(() => alignAnswers(ids, [{ id: '6', label: 0 }], '/data/solution.csv'), {
    instanceOf: UserError,
    message:
      '/data/solution.csv: expected ids among the 5 of the test images, 1 … 5, got 6. ' +
      'Name the solution that belongs to this test file.',
  });
});

test('answers come from the named solution, else from the labelled test file, else from the competition', async (t) => {
  const dataDir = await temporaryFolder(t);
  const labels = new Uint16Array(new SharedArrayBuffer(10));
  labels.set([0, 1, 2, 1, 0]);
  const unlabelled = { images, ids, labels: null };
  const answersOf = async (...args: Parameters<typeof loadAnswers>): Promise<number[][] | null> => {
    const answers = await loadAnswers(...args);
    return answers && [[...answers.rows], [...answers.labels]];
  };
  t.is(await answersOf(tiny, unlabelled, { dataDir }), null);
  await writeFile(join(dataDir, 'solution.csv'), 'ImageId,Label\n3,1\n');
  await writeFile(join(dataDir, 'other.csv'), 'ImageId,Label\n4,2\n');
  t.deepEqual(await answersOf(tiny, unlabelled, { dataDir }), [[2], [1]]);
  t.deepEqual(await answersOf(tiny, { ...unlabelled, labels }, { dataDir }), [
    [0, 1, 2, 3, 4],
    [0, 1, 2, 1, 0],
  ]);
  const named = { dataDir, solutionFile: join(dataDir, 'other.csv') };
  t.deepEqual(await answersOf(tiny, { ...unlabelled, labels }, named), [[3], [2]]);
});

/** Sums in another order. */
const ROUNDING = 1e-12;

interface Case {
  readonly classes: number;
  readonly labels: number[];
  readonly predicted: number[];
  readonly counts: number[][];
  readonly precision: (number | null)[];
  readonly recall: (number | null)[];
  readonly f1: (number | null)[];
  readonly support: number[];
  readonly macroF1: number;
  readonly weightedF1: number;
  readonly weightedRecall: number;
}

/** Made by class_report_sklearn.py beside this file. */
const { cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/class-report-sklearn.json'), 'utf8'),
) as { cases: Case[] };

const isNear = (value: number | null, expected: number | null): boolean =>
  value === null || expected === null ? value === expected : Math.abs(value - expected) < ROUNDING;

for (const [i, { classes, labels, predicted, ...expected }] of cases.entries()) {
  test(`precision, recall and F1 are those of scikit-learn, and null where undefined (case ${i + 1})`, (t) => {
    const names = Array.from({ length: classes }, (_, k) => `class ${k}`);
    const confusion = confusionOfLabels(predicted, labels, names);
    t.deepEqual(confusion.counts, expected.counts);
    const report = classReportOf(confusion);
    t.is(report.images, labels.length);
    for (const [k, one] of report.classes.entries()) {
      for (const measure of ['precision', 'recall', 'f1'] as const) {
        t.true(isNear(one[measure], expected[measure][k]), `${one.name}: ${measure} ${one[measure]}`);
      }
      t.is(one.support, expected.support[k]);
    }
    t.true(isNear(report.macro.f1, expected.macroF1));
    t.true(isNear(report.weighted.f1, expected.weightedF1));
    t.true(isNear(report.weighted.recall, expected.weightedRecall));
  });
}

test('a class that is never predicted has no precision, one that never occurs no recall, and one without both nothing', (t) => {
  const { classes, macro } = classReportOf({
    classes: ['found', 'never predicted', 'never there', 'nowhere'],
    counts: [
      [3, 0, 1, 0],
      [2, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ],
  });
  t.deepEqual(
    classes.map(({ precision, recall, f1 }) => [precision, recall, f1]),
    [
      [3 / 5, 3 / 4, 6 / 9],
      [null, 0, 0],
      [0, null, 0],
      [null, null, null],
    ],
  );
  t.deepEqual(macro, { precision: (3 / 5 + 0) / 2, recall: (3 / 4 + 0) / 2, f1: 6 / 9 / 3 });
});

test('confused pairs come the most frequent first, and of equals the one that costs its class more', (t) => {
  const { confused } = classReportOf({
    classes: ['a', 'b', 'c'],
    counts: [
      [10, 2, 0],
      [2, 4, 3],
      [0, 0, 5],
    ],
  });
  t.deepEqual(
    confused.map(({ truth, predicted, count }) => `${truth}${predicted}${count}`),
    ['bc3', 'ba2', 'ab2'],
  );
});

test('of many classes the ones with the lowest F1 are shown, those without a value last', (t) => {
  const classes = [0.9, null, 0, 0.5].map((f1, k) => ({
    name: String(k),
    support: 1,
    predicted: 1,
    precision: null,
    recall: null,
    f1,
  }));
  const names = (most: number): string[] => worstClasses({ classes }, most).map(({ name }) => name);
  t.deepEqual(names(4), ['0', '1', '2', '3']);
  t.deepEqual(names(3), ['2', '3', '0']);
});

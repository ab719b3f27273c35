import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { classReportOf, worstClasses } from '../../submissions/class-report.ts';
import { confusionOfLabels } from '../../submissions/diagnosis.ts';

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

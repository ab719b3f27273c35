/** Metrics against scikit-learn, closed forms and their contract, whatever the registry holds. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { evaluateMetric, metricDifference, type Metric, type Predictions } from '../../data/metric.ts';
import { metrics } from '../../data/metrics/index.ts';
import { random } from '../../numerics/random.ts';
import golden from '../fixtures/metrics-sklearn.json' with { type: 'json' };

interface Case extends Predictions {
  readonly counts: Uint32Array | null;
}

/** Images whose predictions are right more often than not, with some equal probabilities. */
function predictionsOf(n: number, classes: number, seed: number, skill = 1) {
  const stream = random(seed, 0, 'metrics');
  const labels = Uint16Array.from({ length: n }, () => Math.floor(stream.float() * classes));
  const probabilities = new Float32Array(n * classes);
  for (let row = 0; row < n; row += 1) {
    // Sixteenths, so that probabilities meet.
    const weights = Array.from({ length: classes }, (_, k) =>
      Math.max(1, Math.round(16 * (stream.float() + (k === labels[row] ? skill * stream.float() : 0)))),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (const [k, weight] of weights.entries()) probabilities[row * classes + k] = weight / sum;
  }
  const predicted = Uint16Array.from(labels, (_, row) => {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own));
  });
  return { probabilities, predicted, labels, classes };
}

function countsOf(n: number): Uint32Array {
  const stream = random(7, 0, 'counts');
  return Uint32Array.from({ length: n }, () => Math.floor(stream.float() * 3));
}

const cases: Case[] = [
  { ...predictionsOf(60, 2, 1), counts: null },
  { ...predictionsOf(60, 2, 2, 0), counts: countsOf(60) },
  { ...predictionsOf(80, 5, 3), counts: null },
  { ...predictionsOf(80, 5, 4), counts: countsOf(80) },
  // Most classes have no image.
  { ...predictionsOf(6, 9, 5), counts: null },
];

const script = join(import.meta.dirname, 'metrics_sklearn.py');
const pythons = ['python3', '/usr/bin/python3'];
const python = pythons.find((path) => spawnSync(path, ['-c', 'import sklearn']).status === 0);

const same = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));

for (const [i, values] of golden.values.entries()) {
  test(`metrics agree with scikit-learn ${golden.version}, case ${i}`, (t) => {
    for (const [name, expected] of Object.entries(values)) {
      const metric: Metric = metrics[name as keyof typeof metrics];
      const value = metric.prepare(cases[i])(cases[i].counts);
      t.true(same(value, Number(expected)), `${name}: ${value} is not ${expected}`);
    }
  });
}

(python === undefined ? test.skip : test)('the scikit-learn that is here says the same (python3 with sklearn)', (t) => {
  const plain = cases.map(({ probabilities, labels, counts, classes }) => ({
    probabilities: Array.from(probabilities),
    labels: Array.from(labels),
    counts: counts && Array.from(counts),
    classes,
  }));
  const { stdout, stderr } = spawnSync(python!, [script], { input: JSON.stringify(plain), encoding: 'utf8' });
  t.is(stderr, '');
  const found: typeof golden = JSON.parse(stdout);
  for (const [i, values] of found.values.entries()) {
    for (const [name, value] of Object.entries(values)) {
      t.true(
        same(Number(value), Number(golden.values[i][name as keyof (typeof golden.values)[0]])),
        `${name} of case ${i}`,
      );
    }
  }
});

for (const [name, metric] of Object.entries<Metric>(metrics)) {
  test(`${name}: perfect predictions have the best value, and an image that counts twice is two images`, (t) => {
    const { labels, classes } = predictionsOf(40, 6, 11);
    const probabilities = new Float32Array(40 * classes);
    for (const [row, label] of labels.entries()) probabilities[row * classes + label] = 1;
    const perfect = metric.prepare({ probabilities, predicted: labels, labels, classes })(null);
    t.is(perfect, metric.range[metric.direction === 'maximize' ? 1 : 0]);

    const once = predictionsOf(20, 6, 12);
    const twice = {
      probabilities: Float32Array.from([...once.probabilities, ...once.probabilities]),
      predicted: [...once.predicted, ...once.predicted],
      labels: [...once.labels, ...once.labels],
      classes: 6,
    };
    t.true(same(metric.prepare(once)(new Uint32Array(20).fill(2)), metric.prepare(twice)(null)));
    t.true(same(metric.prepare(once)(new Uint32Array(20).fill(1)), metric.prepare(once)(null)));
  });

  test(`${name}: the standard error is about the deviation over new images, and better predictions are better`, (t) => {
    const draws = Array.from({ length: 40 }, (_, i) => evaluateMetric(metric, predictionsOf(150, 6, 100 + i)));
    const values = draws.map(({ value }) => value);
    const middle = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
    const errors = draws.map(({ standardError }) => standardError).toSorted((a, b) => a - b);
    // The deviation of 40 values is known to 11 %.
    t.true(errors[20] > deviation * 0.6 && errors[20] < deviation * 1.7 + 1e-12, `${errors[20]} for ${deviation}`);
    t.true(values.every((value) => value >= metric.range[0] && value <= metric.range[1]));

    const good = predictionsOf(150, 6, 1, 2);
    const { labels } = good;
    const bad = { ...predictionsOf(150, 6, 2, 0), labels };
    const { value, standardError } = metricDifference(metric, good, bad);
    t.true(value > 2 * standardError, `${value} ± ${standardError}`);
    t.deepEqual(metricDifference(metric, good, bad), { value, standardError });
    t.is(metricDifference(metric, good, good).standardError, 0);
  });
}

test('predictions that are no numbers have no area under a curve', (t) => {
  const { probabilities, ...others } = predictionsOf(20, 3, 1);
  t.true(Number.isNaN(evaluateMetric(metrics['roc-auc'], { ...others, probabilities: probabilities.fill(NaN) }).value));
});

test('an area under a curve needs images of both kinds', (t) => {
  const { probabilities, predicted } = predictionsOf(5, 2, 1);
  t.is(metrics['roc-auc'].prepare({ probabilities, predicted, labels: [0, 0, 0, 0, 0], classes: 2 })(null), NaN);
});

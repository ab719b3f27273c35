/** Measurements on networks whose loss and predictions are closed forms. */
import test from 'ava';
import { randomDirections } from '../../analysis/subspace.ts';
import { augmentations } from '../../data/augment.ts';
import { withLabels } from '../../data/labels.ts';
import { columnsOf, measurements } from '../../experiments/measurements/index.ts';
import type { Trained } from '../../experiments/measurements/measurement.ts';
import { distance, spread } from '../../experiments/measurements/members.ts';
import { RAYS } from '../../experiments/measurements/rays.ts';
import { logSlope } from '../../experiments/measurements/second-order.ts';
import type { Batch, Network } from '../../models/engine/network.ts';
import { digits } from '../pipeline/digits.ts';

/** Weights are float32, so results carry a few of its roundings. */
const FLOAT32_ROUNDING = 1e-5;

/** Gradients in float32, divided by a step of 1e-3 of the weights. */
const DIFFERENCE_ERROR = 1e-3;

/** The rounding of a float32 near .5 to a w₀ of .01, in its logarithm. */
const LOGARITHM_ERROR = 1e-4;

const near = (actual: number, expected: number): boolean => Math.abs(actual - expected) < FLOAT32_ROUNDING;

/** Predicts w₀² for class 0 and 1 − w₀² for class 1, whatever the image; its loss is ½ ‖w‖². */
const parabola = {
  plan: { classes: 2, weightCount: 2 },
  measure: (weights: Float32Array) => ({ weights, statistics: new Float32Array() }),
  predict: ({ weights }: { weights: Float32Array }, { count }: { count: number }) =>
    Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? weights[0] ** 2 : 1 - weights[0] ** 2)),
  lossAndGradient(weights: Float32Array, _batch: unknown, gradient: Float32Array) {
    gradient.set(weights);
    return weights.reduce((sum, w) => sum + w * w, 0) / 2;
  },
} as unknown as Network;

const trained = (...weights: number[][]): Trained => ({
  network: parabola,
  weights: weights.map((vector) => Float32Array.from(vector)),
  beside: [Float32Array.of(0.3, 0.6)],
  training: digits(20),
  test: withLabels(digits(20), new Uint16Array(20).fill(1)),
  augment: augmentations.none,
  seed: 1,
});

test('members are scored alone, by their mean prediction and by their mean weights', async (t) => {
  // All images are of class 1. Class 0 gets .25 and .81, on average .53, and from the average of the weights .7² = .49.
  const metrics = await measurements.members.measure(trained([0.5], [0.9]));
  t.deepEqual([metrics.memberAccuracy, metrics.ensembleAccuracy, metrics.averageAccuracy], [0.5, 0, 1]);
  t.true(near(metrics.spread, 0.56 * Math.SQRT2));
  t.true(near(metrics.gap, 0.04 * Math.SQRT2));
});

test('a single network is its own ensemble and its own average', async (t) => {
  const metrics = await measurements.members.measure(trained([0.5]));
  t.deepEqual(metrics, { memberAccuracy: 1, ensembleAccuracy: 1, averageAccuracy: 1, gap: 0 });
});

test('the distance of predictions is per image, and the spread is the mean over pairs', (t) => {
  const [zero, one, two] = [0, 1, 2].map((value) => new Float32Array(4).fill(value));
  t.is(distance(zero, two, 2), Math.sqrt(8));
  t.true(near(spread([zero, one, two], 2), (Math.SQRT2 + 2 * Math.SQRT2 + Math.SQRT2) / 3));
});

test('the gap between ensemble and average is of second order where predictions are a parabola', async (t) => {
  const { gapSlope, spreadSlope } = await measurements['second-order'].measure(trained([0.4], [0.8]));
  t.true(near(gapSlope / 2, 1), `slope ${gapSlope}`);
  t.true(near(spreadSlope, 1), `slope ${spreadSlope}`);
});

test('the slope of a power law is its exponent', (t) => {
  t.true(near(logSlope([1, 2, 4], [5, 5 * 2 ** 1.5, 5 * 4 ** 1.5]), 1.5));
});

test('sharpness is the rise of the loss one step of 0.05 uphill', async (t) => {
  // L(w + ρ w / ‖w‖) − L(w) = ρ ‖w‖ + ρ² / 2 for L = ½ ‖w‖².
  const { sharpness } = await measurements.sharpness.measure(trained([3, 4]));
  t.true(near(sharpness, 0.05 * 5 + 0.05 ** 2 / 2));
  t.is((await measurements.sharpness.measure(trained([0, 0]))).sharpness, 0);
});

test('a path has a radius around its average and a stride', async (t) => {
  t.deepEqual(await measurements.path.measure(trained([0, 0], [2, 0], [4, 0])), { radius: 4 / 3, stride: 2 });
  t.deepEqual(await measurements.path.measure(trained([1, 1])), {});
});

test('curvature of a parabola is 1 in every direction', async (t) => {
  const { lambdaMax, trace } = await measurements.curvature.measure(trained([0.5, 0.25]));
  t.true(Math.abs(lambdaMax - 1) < DIFFERENCE_ERROR && Math.abs(trace - 2) < DIFFERENCE_ERROR);
});

test('without a second training there is nothing to compare with', async (t) => {
  const alone = { ...trained([0.5, 0.25]), beside: undefined };
  for (const name of ['rays', 'segment', 'connection'] as const)
    t.deepEqual(await measurements[name].measure(alone), {});
});

test('the segment says what both ends are worth, and how the error grows from the first', async (t) => {
  // All images are of class 1, which is predicted where w₀² ≤ ½: from w₀ = .6 inward always, outward from .9 on.
  const metrics = await measurements.segment.measure({ ...trained([0.6, 0]), beside: [Float32Array.of(0, 0)] });
  t.like(metrics, { testError: 0, besideTestError: 0, inward: 0, outward: 1 });
  t.true(near(metrics.length, 0.6));
});

test('along rays the error grows from the error at their origin, from both ends in the same directions', async (t) => {
  // All images are of class 1, which is predicted where w₀² ≤ ½.
  const [own, beside] = [Float32Array.of(0.6, 0), Float32Array.of(0.9, 0)];
  const seed = 3;
  const directions = randomDirections(parabola.plan, own, { seed, count: RAYS, normalisation: 'unit' });
  const growthFrom = (w0: number): number[] =>
    directions.map(([d0]) => {
      const errors = [0, 0.225, 0.45, 0.675, 0.9].map((step) => Number((w0 + d0 * step) ** 2 > 0.5));
      return errors.slice(1).reduce((sum, error) => sum + error - errors[0], 0) / 4;
    });
  const [ofOwn, ofBeside] = [growthFrom(0.6), growthFrom(0.9)];
  const metrics = await measurements.rays.measure({ ...trained([...own]), beside: [beside], seed });
  t.true(near(metrics.growth, ofOwn.reduce((a, b) => a + b) / RAYS));
  t.true(near(metrics.besideGrowth, ofBeside.reduce((a, b) => a + b) / RAYS));
  t.is(metrics.raysWonBeside, ofBeside.filter((growth, i) => growth < ofOwn[i]).length);
  // From .9 the error can only fall, and does on every ray that leads inward.
  t.true(metrics.growth > 0 && metrics.besideGrowth < 0 && metrics.raysWonBeside > RAYS / 2);
});

test('m-sharpness lets every m images climb by themselves', async (t) => {
  // The loss of a batch is w₀ times the mean of 1 and −1, by the parity of the label: one step uphill is worth ρ |mean|.
  const slope = ({ labels, count }: { labels: Uint16Array; count: number }): number =>
    labels.subarray(0, count).reduce((sum, label) => sum + (label % 2 === 0 ? 1 : -1), 0) / count;
  const network = {
    ...parabola,
    lossAndGradient(weights: Float32Array, batch: Batch, gradient: Float32Array) {
      gradient.fill(0);
      gradient[0] = slope(batch);
      return weights[0] * slope(batch);
    },
  } as unknown as Network;
  const training = withLabels(
    digits(1024),
    Uint16Array.from({ length: 1024 }, (_, i) => Number(i % 48 < 24)),
  );
  const metrics = await measurements['m-sharpness'].measure({ ...trained([0, 0]), network, training });
  for (const m of [8, 32, 128, 512]) {
    let expected = 0;
    for (let first = 0; first < 1024; first += m) {
      expected += (m / 1024) * 0.05 * Math.abs(slope({ labels: training.labels.subarray(first), count: m }));
    }
    t.true(near(metrics[`sharpness${m}`], expected), `m ${m}`);
  }
});

test('the barrier of a chord is what its largest loss has over its worse end', async (t) => {
  // All images are of class 0, which gets w₀²: the loss is −log w₀², and the 14th of 21 points has w₀ = −.01.
  const images = withLabels(digits(20), new Uint16Array(20));
  const ends = { ...trained([0.9, 0]), beside: [Float32Array.of(-0.5, 0)], training: images, test: images };
  const metrics = await measurements.connection.measure(ends);
  t.true(Math.abs(metrics.chordBarrier - (Math.log(0.5 ** 2) - Math.log(0.01 ** 2))) < LOGARITHM_ERROR);
  t.like(metrics, { chordError: 1, endError: 1 });
});

test('the best place of the plane is found, in units of the distance of the three points', async (t) => {
  const metrics = await measurements.plane.measure(trained([0.9, 0], [-0.9, 0], [0, 0.9]));
  t.like(metrics, { bestCornerError: 0, centreError: 0, lowestError: 0, lowestDistance: 0 });
  t.true(near(metrics.cornerError, 2 / 3));
});

for (const [name, measurement] of Object.entries(measurements)) {
  test(`${name} yields the metrics that it has columns for`, async (t) => {
    const metrics = await measurement.measure(trained([0.4, 0], [0.8, 0], [0.4, 0.5]));
    t.deepEqual(Object.keys(metrics), Object.keys(measurement.columns));
    for (const metric of Object.keys(measurement.columns))
      t.true(metric in columnsOf([name as keyof typeof measurements]));
  });
}

import test from 'ava';
import { functions } from '../../bench/functions.ts';
import { parseSpace } from '../../search/distributions.ts';
import { optimize } from '../../search/optimize.ts';
import { randomStream } from '../../search/random.ts';
import { eigen } from '../../numerics/eigen.ts';
import { evolve, pointAt, startEvolution, strategyOf } from '../../search/samplers/cma-es/evolution.ts';
import type { Evolution } from '../../search/samplers/cma-es/evolution.ts';
import { normalQuantile } from '../../numerics/normal.ts';
import { openStudy } from '../../search/open-study.ts';

/** Some hundred roundings of numbers near 1. */
const tolerance = 1e-12;

function normals(generation: number, index: number, d: number): Float64Array {
  const random = randomStream(5, generation, String(index));
  return Float64Array.from({ length: d }, () => normalQuantile(1 - random()));
}

/** Minimises f for some generations with the same normal numbers each time. */
function run(f: (x: Float64Array) => number, start: Float64Array, generations: number): Evolution {
  const d = start.length;
  const strategy = strategyOf(d);
  let evolution = startEvolution(start, 0.5);
  for (let generation = 0; generation < generations; generation++) {
    const points = Array.from({ length: strategy.lambda }, (_, i) => pointAt(evolution, normals(generation, i, d)));
    const ranked = points.map((x) => ({ x, value: f(x) })).toSorted((a, b) => a.value - b.value);
    evolution = evolve(
      strategy,
      evolution,
      ranked.map(({ x }) => x),
      new Float64Array(d),
    );
  }
  return evolution;
}

/** The axes of this ellipsoid are 1 to 1,000 long and turned against the coordinates. */
function illConditioned(x: Float64Array): number {
  return x.reduce((sum, _, i) => {
    const along = (x[i] + x[(i + 1) % x.length] * 0.6 - 1) / (i + 1);
    return sum + 10 ** ((6 * i) / (x.length - 1)) * along ** 2;
  }, 0);
}

test('eigen decomposes a symmetric matrix', (t) => {
  const d = 6;
  const random = randomStream(1, 0, 'matrix');
  const half = Float64Array.from({ length: d * d }, () => random() - 0.5);
  const matrix = half.map((value, index) => value + half[(index % d) * d + Math.floor(index / d)]);
  const { values, vectors } = eigen(matrix, d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      let [rebuilt, product] = [0, 0];
      for (let k = 0; k < d; k++) {
        rebuilt += vectors[i * d + k] * values[k] * vectors[j * d + k];
        product += vectors[k * d + i] * vectors[k * d + j];
      }
      t.true(Math.abs(rebuilt - matrix[i * d + j]) < tolerance);
      t.true(Math.abs(product - Number(i === j)) < tolerance);
    }
  }
  t.deepEqual([...eigen(Float64Array.of(2, 0, 0, 3), 2).values], [2, 3]);
});

test('the strategy has the constants of the tutorial', (t) => {
  const { lambda, weights, muEffective, c1, cMu } = strategyOf(4);
  t.is(lambda, 8);
  const positive = weights.filter((weight) => weight > 0);
  t.is(positive.length, 4);
  t.true(Math.abs(positive.reduce((a, b) => a + b) - 1) < tolerance);
  t.true(Math.abs(muEffective - 1 / positive.reduce((sum, weight) => sum + weight * weight, 0)) < tolerance);
  // C stays positive definite: nothing is taken away that is not there.
  t.true(1 - c1 - cMu * weights.reduce((a, b) => a + b) > 0);
});

test('the evolution converges on an ill-conditioned quadratic and learns its shape', (t) => {
  const { mean, axes } = run(illConditioned, new Float64Array(4), 250);
  t.true(illConditioned(mean) < 1e-10, String(illConditioned(mean)));
  t.true(Math.max(...axes.values) / Math.min(...axes.values) > 1e4);
});

test('only the order of the values matters, and neither place nor scale of the space', (t) => {
  const start = Float64Array.of(0.1, -0.2, 0.3);
  const plain = run(illConditioned, start, 20);
  t.deepEqual(
    run((x) => Math.log(illConditioned(x)) - 7, start, 20),
    plain,
  );
  const shift = Float64Array.of(5, -3, 1);
  const moved = run(
    (x) => illConditioned(x.map((xi, i) => xi - shift[i])),
    start.map((xi, i) => xi + shift[i]),
    20,
  );
  /** The shift rounds every point to 1e-15, which 20 generations carry along. */
  const shiftTolerance = 1e-9;
  for (let i = 0; i < 3; i++) t.true(Math.abs(moved.mean[i] - shift[i] - plain.mean[i]) < shiftTolerance);
});

test('a turned space gives the turned evolution, to the first step', (t) => {
  // Later ones draw along eigenvectors, whose order and signs are arbitrary.
  const [cosine, sine] = [0.8, 0.6];
  const turn = ([x, y]: Float64Array): Float64Array => Float64Array.of(cosine * x - sine * y, sine * x + cosine * y);
  const strategy = strategyOf(2);
  const points = Array.from({ length: strategy.lambda }, (_, i) => normals(0, i, 2));
  const still = new Float64Array(2);
  const first = evolve(strategy, startEvolution(still, 0.5), points, still);
  const turned = evolve(strategy, startEvolution(still, 0.5), points.map(turn), still);
  const expected = turn(first.mean);
  for (let i = 0; i < 2; i++) t.true(Math.abs(turned.mean[i] - expected[i]) < tolerance);
  t.true(Math.abs(turned.sigma - first.sigma) < tolerance);
});

test('points far outside count as ones at the rim, and make the path long, so that C does not follow it', (t) => {
  const strategy = strategyOf(2);
  const start = startEvolution(new Float64Array(2), 0.5);
  const after = (x: number): Evolution =>
    evolve(
      strategy,
      start,
      Array.from({ length: strategy.lambda }, () => Float64Array.of(x, 0)),
      new Float64Array(2),
    );
  const far = after(1e6);
  // √d + 2d / (d + 2), with σ = .5.
  t.true(Math.abs(far.mean[0] - 0.5 * (Math.SQRT2 + 1)) < tolerance);
  t.deepEqual([...far.covariancePath], [0, 0]);
  // E‖N(0, 1)‖ is 1.25 in two dimensions: this path is shorter than 1.4 + 2/3 times that.
  const close = after(0.5);
  t.true(
    Math.abs(close.covariancePath[0] - Math.sqrt(strategy.cC * (2 - strategy.cC) * strategy.muEffective)) < tolerance,
  );
});

test('a coordinate does not become narrower than its least deviation', (t) => {
  const strategy = strategyOf(2);
  let evolution = startEvolution(new Float64Array(2), 0.5);
  const same = Array.from({ length: strategy.lambda }, () => new Float64Array(2));
  for (let i = 0; i < 50; i++) evolution = evolve(strategy, evolution, same, Float64Array.of(0.1, 0));
  const deviation = (k: number): number => evolution.sigma * Math.sqrt(evolution.covariance[k * 3]);
  t.true(deviation(0) >= 0.1 - tolerance);
  t.true(deviation(1) < 0.01);
});

for (const [name, limit] of [
  ['sphere4', 0.05],
  ['mixed4', 0.03],
] as const) {
  test(`cma-es comes near the minimum of ${name}: median of 5 seeds below ${limit} after 200 trials`, async (t) => {
    const bests: number[] = [];
    for (const seed of [1, 2, 3, 4, 5]) {
      const { space, evaluate } = functions[name];
      const study = await openStudy({ name, direction: 'minimize', seed, sampler: 'cma-es', space });
      await optimize(study, ({ params }) => evaluate(params), { trials: 200 });
      bests.push(study.bestTrial?.value ?? Infinity);
      await study.close();
    }
    const median = bests.toSorted((a, b) => a - b)[2];
    t.true(median < limit, String(median));
  });
}

test('cma-es turns away from where trials diverge, and goes on trying the steps of a grid', async (t) => {
  const space = parseSpace({
    x: { kind: 'float', low: -1, high: 1 },
    layers: { kind: 'int', low: 1, high: 8 },
  });
  const study = await openStudy({ name: 's', direction: 'maximize', sampler: 'cma-es', space });
  await optimize(study, ({ params }) => (Number(params.x) > 0 ? NaN : Number(params.x) - Number(params.layers)), {
    trials: 120,
  });
  const late = study.trials.slice(60);
  t.true(late.filter(({ state }) => state === 'FAIL').length < 30);
  t.true(new Set(late.map(({ params }) => params.layers)).size > 1);
  t.true((study.bestTrial?.value ?? -Infinity) > -1.2);
  await study.close();
});

test('cma-es goes down a single dimension, also a logarithmic grid', async (t) => {
  const study = await openStudy({
    name: 's',
    direction: 'minimize',
    sampler: 'cma-es',
    lag: 1,
    space: parseSpace({ units: { kind: 'int', low: 1, high: 1000, log: true } }),
  });
  await optimize(study, ({ params }) => Math.abs(Math.log(Number(params.units) / 300)), { trials: 60 });
  t.true((study.bestTrial?.value ?? Infinity) < 0.05);
  await study.close();
});

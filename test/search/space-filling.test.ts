/** Samplers that cover a space: grid and quasi-random points, and the choice that `auto` makes. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import type { Direction } from '../../search/direction.ts';
import { parseSpace } from '../../search/distributions.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { newTrial } from '../../search/storage/claims.ts';
import type { SearchSpace } from '../../search/distributions.ts';
import { optimize } from '../../search/optimize.ts';
import { autoSampler } from '../../search/samplers/auto.ts';
import { gridSampler, gridSize } from '../../search/samplers/grid.ts';
import { qmcSampler } from '../../search/samplers/qmc.ts';
import type { Sampler } from '../../search/samplers/sampler.ts';
import { sobolCoordinate, sobolDimensions } from '../../numerics/sobol.ts';
import { openStudy } from '../../search/open-study.ts';

async function runTrials(sampler: Sampler, space: SearchSpace, trials: number): Promise<readonly FrozenTrial[]> {
  const study = await openStudy({ name: 's', direction: 'minimize', seed: 1, sampler, space });
  await optimize(study, () => 0, { trials });
  await study.close();
  return study.trials;
}

const gridSpace = parseSpace({
  rate: { kind: 'float', low: 0.01, high: 100, log: true },
  drop: { kind: 'float', low: 0, high: 0.3, step: 0.1 },
  units: { kind: 'int', low: 1, high: 3, log: true },
  pooling: { kind: 'categorical', choices: ['max', null] },
});

test('grid tries every point once, then goes on at random', async (t) => {
  const size = gridSize(gridSpace, { points: 5 });
  t.is(size, 5 * 4 * 3 * 2);
  const trials = await runTrials(gridSampler({ points: 5 }), gridSpace, size + 3);
  t.is(new Set(trials.slice(0, size).map(({ params }) => JSON.stringify(params))).size, size);
  const rates = new Set(trials.slice(0, size).map(({ params }) => Number(params.rate).toPrecision(12)));
  t.deepEqual(
    [...rates].map(Number).toSorted((a, b) => a - b),
    [0.01, 0.1, 1, 10, 100],
  );
});

test('grid leaves out what is pending, and needs a search space', (t) => {
  const space = parseSpace({ units: { kind: 'int', low: 1, high: 3 } });
  const trial = (number: number, units: number): FrozenTrial => ({
    number,
    state: 'RUNNING',
    value: null,
    params: { units },
    distributions: space,
    intermediateValues: {},
    userAttributes: {},
    createdAt: '',
    startedAt: null,
    finishedAt: null,
  });
  const context = {
    number: 2,
    direction: 'minimize',
    history: [trial(0, 3)],
    random: () => () => 0.99,
    studyRandom: () => () => 0.99,
  } as const;
  t.is(gridSampler()({ ...context, space, pending: [trial(1, 1)] })('units', space.units), 2);
  t.throws(() => gridSampler()({ ...context, space: null, pending: [] }), {
    instanceOf: RangeError,
    message: /^Expected a search space for the sampler grid, got none: /,
  });
  t.throws(() => gridSampler({ points: 1 }), { instanceOf: RangeError });
});

test('the Sobol points are those of the reference, in its 37 dimensions', (t) => {
  const file = new URL('../fixtures/sobol.json', import.meta.url);
  const { points }: { points: Record<string, number[]> } = JSON.parse(readFileSync(file, 'utf8'));
  for (const [index, wanted] of Object.entries(points)) {
    const point = wanted.map((_, dimension) => sobolCoordinate(Number(index), dimension));
    t.is(point.length, 37);
    t.deepEqual(
      point.map((coordinate) => coordinate / 2 ** 26),
      wanted,
    );
  }
});

test('in the dimensions beyond, too, the first points have one coordinate in each equal interval', (t) => {
  const count = 256;
  for (const dimension of [37, 38, 100, 512, sobolDimensions - 1]) {
    const places = Array.from({ length: count }, (_, index) =>
      Math.floor((sobolCoordinate(index, dimension) / 2 ** 32) * count),
    );
    t.is(new Set(places).size, count, `dimension ${dimension}`);
  }
  const columns = Array.from({ length: sobolDimensions }, (_, dimension) =>
    Array.from({ length: 16 }, (_value, bit) => sobolCoordinate(2 ** bit, dimension)).join(),
  );
  t.is(new Set(columns).size, sobolDimensions, 'no dimension is that of another');
});

test('of 64 quasi-random trials one lies in each of 64 equal intervals, and as many have each choice', async (t) => {
  const space = parseSpace({
    a: { kind: 'float', low: -1, high: 3 },
    b: { kind: 'float', low: 1e-4, high: 1, log: true },
    c: { kind: 'categorical', choices: [1, 2, 3, 4] },
    d: { kind: 'int', low: 1, high: 8 },
  });
  const trials = await runTrials(qmcSampler(), space, 64);
  const different = (of: (params: FrozenTrial['params']) => number): number =>
    new Set(trials.map(({ params }) => Math.floor(of(params)))).size;
  t.is(
    different(({ a }) => (64 * (Number(a) + 1)) / 4),
    64,
  );
  t.is(
    different(({ b }) => 64 * (1 + Math.log10(Number(b)) / 4)),
    64,
  );
  for (const choice of [1, 2, 3, 4]) t.is(trials.filter(({ params }) => params.c === choice).length, 16);
  for (let d = 1; d <= 8; d += 1) t.is(trials.filter(({ params }) => params.d === d).length, 8);
});

test('qmc refuses more parameters than it has dimensions', async (t) => {
  const names = Array.from({ length: sobolDimensions + 1 }, (_, i) => `x${i}`);
  const space = parseSpace(Object.fromEntries(names.map((name) => [name, { kind: 'float', low: 0, high: 1 }])));
  await t.throwsAsync(runTrials(qmcSampler(), space, 2), {
    instanceOf: RangeError,
    message: 'Expected at most 1111 parameters for the sampler qmc, got more: use the sampler random.',
  });
});

test('auto chooses by space, trial number, and which of its late samplers finds better trials', (t) => {
  const named =
    (value: string): Sampler =>
    () =>
    () =>
      value;
  const auto = autoSampler({
    early: named('early'),
    late: named('late'),
    lateOfCategories: [named('one'), named('other')],
    wide: named('wide'),
    conditional: named('conditional'),
    finite: named('finite'),
    several: named('several'),
  });
  const chosen = (
    space: SearchSpace | null,
    number: number,
    directions?: readonly Direction[],
    history: readonly FrozenTrial[] = [],
  ): unknown =>
    auto({
      number,
      direction: 'minimize',
      directions,
      history,
      pending: [],
      space,
      random: () => () => 0,
      studyRandom: () => () => 0,
    })('x', {
      kind: 'float',
      low: 0,
      high: 1,
    });
  t.is(chosen(null, 0), 'conditional');
  t.is(chosen(parseSpace({ x: { kind: 'int', low: 1, high: 20 } }), 0), 'finite');
  t.is(chosen(parseSpace({ x: { kind: 'int', low: 1, high: 21 } }), 0), 'early');
  t.is(chosen(gridSpace, 99), 'early');
  t.is(chosen(gridSpace, 99, ['minimize', 'maximize']), 'early');
  t.is(chosen(gridSpace, 100, ['minimize', 'maximize']), 'several');
  t.is(chosen(null, 0, ['minimize', 'maximize']), 'conditional');
  t.is(chosen(gridSpace, 100), 'late');
  const categories = parseSpace({
    kind: { kind: 'categorical', choices: ['a', 'b', 'c'] },
    x: { kind: 'float', low: 0, high: 1 },
  });
  t.is(chosen(categories, 99), 'early');
  const late = (history: readonly FrozenTrial[]): unknown[] =>
    [180, 181, 182, 183].map((number) => chosen(categories, number, undefined, history));
  // By number alone, whatever the trials of others found.
  const found = (value: (number: number) => number): readonly FrozenTrial[] =>
    Array.from({ length: 180 }, (_, number) => ({
      ...newTrial(number, 'RUNNING', {}),
      state: 'COMPLETE',
      value: value(number),
    }));
  t.deepEqual(late([]), ['one', 'other', 'one', 'other']);
  t.deepEqual(late(found((number) => number % 4)), ['one', 'other', 'one', 'one']);
  t.deepEqual(late(found((number) => -(number % 4))), ['one', 'other', 'other', 'other']);
  t.deepEqual(late(found((number) => (number < 100 ? -number % 4 : 0))), ['one', 'other', 'one', 'other']);
  const floats = (count: number): SearchSpace =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, { kind: 'float', low: 0, high: 1 }]));
  t.is(chosen(floats(20), 0), 'early');
  t.is(chosen(floats(21), 0), 'wide');
});

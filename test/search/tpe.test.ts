/** The TPE sampler, and the values that samplers give. */
import test from 'ava';
import * as fc from 'fast-check';
import { compareWithGolden, goldenBelowCounts, goldenTolerance } from '../../bench/tpe-golden.ts';
import { normalCdf } from '../../numerics/normal.ts';
import {
  contains,
  parseDistribution,
  parseSpace,
  type Distribution,
  type NumericDistribution,
  type SearchSpace,
} from '../../search/distributions.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { openStudy } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';
import type { Outcome } from '../../search/outcome.ts';
import { randomStream } from '../../search/random.ts';
import { columnOf } from '../../search/samplers/columns.ts';
import { samplers, type SamplerName } from '../../search/samplers/index.ts';
import { observationWeights, parzenEstimator } from '../../search/samplers/parzen.ts';
import type { Sampler } from '../../search/samplers/sampler.ts';
import { belowCount, bestTrials, tpeSampler } from '../../search/samplers/tpe.ts';
import { assertClose } from '../helpers/close.ts';
import { finishedTrial } from './snapshot.ts';

/** Both sides round a handful of exponentials. */
const ROUNDING = 1e-12;

for (const { observations, differences } of compareWithGolden()) {
  test(`estimator of ${observations} observations has the weights, kernels and densities of the reference`, (t) => {
    for (const [what, difference] of Object.entries(differences)) t.true(difference < goldenTolerance, what);
  });
}

test('kernels of equal heights are true kernels times their widths, and are drawn from alike', (t) => {
  const distribution = { kind: 'float', low: 0, high: 1 } as const;
  const columns = [columnOf([0.2, 0.7, 0.3], distribution)];
  const estimate = (equalHeights: boolean) =>
    parzenEstimator(columns, Uint32Array.of(0, 1, 2), [distribution], { equalHeights });
  // Centre and width; .2 has a gap of .1 alone, less than the least width of a fifth. The last one is the prior.
  const kernels = [
    [0.2, 0.2],
    [0.3, 0.4],
    [0.7, 0.4],
    [0.5, 1],
  ];
  const sum = (x: number, scale: (width: number) => number): number =>
    kernels.reduce((total, [centre, width]) => {
      const mass = normalCdf((1 - centre) / width) - normalCdf(-centre / width);
      return total + (scale(width) * Math.exp(-(((x - centre) / width) ** 2) / 2)) / Math.sqrt(2 * Math.PI) / mass / 4;
    }, 0);
  const points = [0, 0.25, 0.5, 0.99];
  const scores = (equalHeights: boolean) => points.map((x) => Math.exp(estimate(equalHeights).logDensity([x])));
  const even = points.map((x) => sum(x, () => 1));
  assertClose(t, scores(true), even, ROUNDING, 'equal heights');
  const truth = points.map((x) => sum(x, (width) => 1 / width));
  assertClose(t, scores(false), truth, ROUNDING, 'density');
  const draws = (equalHeights: boolean) => {
    const random = randomStream(1, 0, 'draws');
    return Array.from({ length: 20 }, () => estimate(equalHeights).draw(random)[0]);
  };
  t.deepEqual(draws(true), draws(false));
});

test('components of even widths are those of the joint estimator of Optuna, from 50 observations on', (t) => {
  const distributions = [
    { kind: 'float', low: 0, high: 1 },
    { kind: 'float', low: -3, high: 5 },
  ] as const;
  const estimate = (count: number, evenWidths: boolean) => {
    const members = Uint32Array.from({ length: count }, (_, i) => i);
    const points = Array.from(members, (i) => [((i * 37) % 61) / 61, -3 + (8 * ((i * 23) % 59)) / 59]);
    const columns = distributions.map((distribution, d) =>
      columnOf(
        points.map((point) => point[d]),
        distribution,
      ),
    );
    return { points, ...parzenEstimator(columns, members, distributions, { evenWidths }) };
  };
  const candidates = [
    [0.1, -2.5],
    [0.5, 0.7],
    [0.93, 4.1],
  ];
  const { points, logDensity } = estimate(60, true);
  // 0.2 k^(−1 / (d + 4)) of the range: `sigma0` of Optuna 3.1. The last component is the prior.
  const share = 0.2 * 60 ** (-1 / 6);
  const weights = observationWeights(60);
  const component = (x: number, centre: number, { low, high }: (typeof distributions)[number], ofRange: number) => {
    const width = ofRange * (high - low);
    const mass = normalCdf((high - centre) / width) - normalCdf((low - centre) / width);
    return Math.exp(-(((x - centre) / width) ** 2) / 2) / Math.sqrt(2 * Math.PI) / width / mass;
  };
  const density = (candidate: readonly number[]): number =>
    [...points, [0.5, 1]].reduce(
      (sum, centres, i) =>
        sum +
        distributions.reduce(
          (product, one, d) => product * component(candidate[d], centres[d], one, i === 60 ? 1 : share),
          weights[i],
        ),
      0,
    );
  const expected = candidates.map((candidate) => Math.log(density(candidate)));
  assertClose(t, candidates.map(logDensity), expected, ROUNDING, 'log-density');
  const few = [estimate(49, true), estimate(49, false)];
  t.deepEqual(...(few.map((one) => candidates.map(one.logDensity)) as [number[], number[]]));
});

test('the number of best trials is the one of the reference', (t) => {
  for (const [n, count] of Object.entries(goldenBelowCounts)) t.is(belowCount(Number(n)), count);
});

test('the best are complete trials by value, then pruned ones by steps and last value, never failed ones', (t) => {
  const head = [
    finishedTrial(0, { state: 'FAIL' }),
    finishedTrial(1, { state: 'PRUNED', intermediateValues: { 0: 0.1 } }),
    finishedTrial(2, { state: 'PRUNED', intermediateValues: { 0: 0.9, 1: 0.7 } }),
    finishedTrial(3, { value: 5 }),
    finishedTrial(4, { state: 'PRUNED', intermediateValues: { 0: 0.9, 1: 0.6 } }),
    finishedTrial(5, { value: 4 }),
  ];
  for (const count of [1, 2, 3, 4, 5, 6]) {
    const failed = Array.from({ length: 10 * count - head.length }, (_, i) => finishedTrial(6 + i, { state: 'FAIL' }));
    const history = [...head, ...failed];
    t.deepEqual(
      bestTrials(history, 'minimize', belowCount(history.length)).map(({ number }) => number),
      [5, 3, 4, 2, 1].slice(0, count),
    );
  }
  t.deepEqual(
    bestTrials(head, 'maximize', 1).map(({ number }) => number),
    [3],
  );
});

test('trials in flight count as bad ones', (t) => {
  const distribution = { kind: 'float', low: 0, high: 1 } as const;
  const at = (number: number, x: number, changes: Partial<FrozenTrial>): FrozenTrial =>
    finishedTrial(number, { params: { x }, distributions: { x: distribution }, ...changes });
  const history = Array.from({ length: 20 }, (_, i) => at(i, (i + 0.5) / 20, { value: Math.abs(i - 10) }));
  const pending = Array.from({ length: 8 }, (_, i) => at(20 + i, 0.525, { state: 'RUNNING' }));
  const meanDistance = (inFlight: readonly FrozenTrial[]): number => {
    let sum = 0;
    for (let seed = 0; seed < 50; seed += 1) {
      const random = (name: string) => randomStream(seed, 28, name);
      const draw = tpeSampler()({
        number: 28,
        direction: 'minimize',
        history,
        pending: inFlight,
        space: null,
        random,
        studyRandom: random,
      });
      sum += Math.abs(Number(draw('x', distribution)) - 0.525);
    }
    return sum / 50;
  };
  t.true(meanDistance(pending) > 2 * meanDistance([]));
});

test('what is kept between suggestions does not change them', (t) => {
  const space = { x: { kind: 'float', low: 0, high: 1 }, c: { kind: 'categorical', choices: ['a', 'b'] } } as const;
  const trials = Array.from({ length: 60 }, (_, i) =>
    finishedTrial(i, {
      value: (i * 7) % 11,
      params: { x: ((i * 13) % 60) / 60, c: i % 3 ? 'a' : 'b' },
      distributions: space,
    }),
  );
  const draw = (sampler: Sampler, history: readonly FrozenTrial[]): unknown[] => {
    const number = history.length;
    const random = (name: string) => randomStream(1, number, name);
    const of = sampler({
      number,
      direction: 'minimize',
      history,
      pending: [],
      space: null,
      random,
      studyRandom: random,
    });
    return [of('x', space.x), of('c', space.c)];
  };
  for (const joint of [false, true]) {
    const kept = tpeSampler({ joint });
    // Forwards, back, and with a trial that finished late.
    for (const history of [trials.slice(0, 30), trials, trials.slice(0, 20), trials.toSpliced(5, 1), trials]) {
      t.deepEqual(draw(kept, history), draw(tpeSampler({ joint }), history));
    }
  }
});

// Whatever a distribution is, as long as it is accepted: what samplers suggest lies in it.

const anyFloat = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Numbers of every order of magnitude, denormals included. */
const magnitude = fc
  .tuple(fc.double({ min: 1, max: 10, noNaN: true }), fc.integer({ min: -323, max: 307 }))
  .map(([digits, exponent]) => digits * 10 ** exponent)
  .filter((value) => value > 0);
const anyInteger = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.maxSafeInteger(),
  fc.constantFrom(2 ** 53 - 1, 2 ** 52, -(2 ** 53) + 1),
);
const ordered = (bounds: fc.Arbitrary<number>) =>
  fc.tuple(bounds, bounds).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) }));
/** Neighbouring numbers. */
const narrow = fc
  .tuple(anyFloat, fc.integer({ min: 0, max: 3 }))
  .map(([low, ulps]) => ({ low, high: low + ulps * Math.abs(low) * Number.EPSILON }));

const distribution: fc.Arbitrary<Distribution> = fc.oneof(
  fc.oneof(ordered(anyFloat), narrow).map(({ low, high }) => ({ kind: 'float' as const, low, high })),
  fc.oneof(ordered(magnitude), narrow).map(({ low, high }) => ({ kind: 'float' as const, low, high, log: true })),
  // Few and very many steps.
  fc
    .tuple(
      fc.oneof(fc.constantFrom(0, -1, 1, 1e6), anyFloat),
      fc.oneof(fc.constantFrom(0.1, 0.001, 0.3, 1e-9), magnitude),
      fc.oneof(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 1e6, max: 1e13 })),
    )
    .map(([low, step, count]) => ({ kind: 'float' as const, low, high: low + count * step, step })),
  ordered(anyInteger).map(({ low, high }) => ({ kind: 'int' as const, low, high })),
  ordered(fc.oneof(fc.integer({ min: 1, max: 99 }), fc.maxSafeInteger().map(Math.abs))).map(({ low, high }) => ({
    kind: 'int' as const,
    low,
    high,
    log: true,
  })),
  fc
    .tuple(anyInteger, fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 0, max: 2 ** 20 }))
    .map(([low, step, count]) => ({ kind: 'int' as const, low, high: low + count * step, step })),
  fc
    .uniqueArray(fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true })), {
      minLength: 1,
      maxLength: 5,
      comparator: 'SameValueZero',
    })
    .map((choices) => ({ kind: 'categorical' as const, choices })),
);

const accepted = distribution.filter((one) => {
  try {
    parseDistribution('x', one);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
});

/** More than the samplers draw at random, so that they learn. */
const TRIALS = 16;

for (const sampler of Object.keys(samplers) as SamplerName[]) {
  test(`${sampler} suggests nothing that lies outside of its distribution`, async (t) => {
    const property = async (space: SearchSpace, seed: number): Promise<void> => {
      const study = await openStudy({ name: 's', direction: 'minimize', sampler, seed, space, lag: 2 });
      const objective = ({ number, params }: { number: number; params: object }): Outcome => {
        if (number % 7 === 3) return NaN;
        const [first] = Object.values(params);
        return typeof first === 'number' && Number.isFinite(first) ? first : number;
      };
      await optimize(study, objective, { trials: TRIALS });
      for (const { params, distributions } of study.trials) {
        for (const [name, value] of Object.entries(params)) {
          if (!contains(distributions[name], value)) {
            throw new Error(`${name} = ${String(value)} lies outside ${JSON.stringify(distributions[name])}`);
          }
        }
      }
      await study.close();
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(accepted, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 99 }),
        (distributions, seed) =>
          property(parseSpace(Object.fromEntries(distributions.map((one, i) => [`x${i}`, one]))), seed),
      ),
      { numRuns: 40, seed: 1 },
    );
    t.pass();
  });
}

test('a distribution that is accepted contains its bounds and is accepted again', (t) => {
  fc.assert(
    fc.property(accepted, (one) => {
      const parsed = parseDistribution('x', one);
      if (parsed.kind === 'categorical') return parsed.choices.every((choice) => contains(parsed, choice));
      const { low, high }: NumericDistribution = parsed;
      const again = parseDistribution('x', JSON.parse(JSON.stringify(parsed)));
      return contains(parsed, low) && contains(parsed, high) && JSON.stringify(again) === JSON.stringify(parsed);
    }),
    { numRuns: 500, seed: 1 },
  );
  t.pass();
});

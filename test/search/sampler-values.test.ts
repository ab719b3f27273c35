/** Whatever a distribution is, as long as it is accepted: what samplers suggest lies in it. */
import * as fc from 'fast-check';
import test from 'ava';
import { contains, parseDistribution, parseSpace } from '../../search/distributions.ts';
import type { Distribution, NumericDistribution, SearchSpace } from '../../search/distributions.ts';
import { optimize } from '../../search/optimize.ts';
import { samplers } from '../../search/samplers/index.ts';
import type { SamplerName } from '../../search/samplers/index.ts';
import { openStudy } from '../../search/open-study.ts';
import type { Outcome } from '../../search/outcome.ts';

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

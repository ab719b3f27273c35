/** Distributions of parameters, and the types of their values. */
import test from 'ava';
import {
  contains,
  describeDistribution,
  parseDistribution,
  parseSpace,
  type Distribution,
  type ParameterValue,
  type SearchSpace,
} from '../../search/distributions.ts';
import { openStudy } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';

const float = (low: number, high: number, options: { step?: number; log?: boolean } = {}): Distribution =>
  parseDistribution('x', { kind: 'float', low, high, ...options });
const int = (low: number, high: number, options: { step?: number; log?: boolean } = {}): Distribution =>
  parseDistribution('x', { kind: 'int', low, high, ...options });

test('a distribution is stored in one form whatever defaults were written out', (t) => {
  t.is(JSON.stringify(int(1, 30, { log: false, step: 1 })), JSON.stringify(int(1, 30)));
  t.is(JSON.stringify(float(0, 1, { log: false })), '{"kind":"float","low":0,"high":1}');
});

test('senseless distributions are refused with value and remedy', (t) => {
  const refusals: [() => unknown, string][] = [
    [() => float(1, 0), 'Expected `x` with low ≤ high, got low 1 and high 0.'],
    [() => float(0, Infinity), 'Expected `high` of `x` to be a finite number, got Infinity.'],
    [() => float(0, 1, { log: true }), 'Expected `low` of `x` above 0 because `log` is true, got 0.'],
    [() => float(0, 1, { step: 0.3 }), 'Expected high − low of `x` to be whole steps of 0.3, got 1: use high 0.9.'],
    [() => float(1, 2, { step: 1, log: true }), 'Expected `x` with `step` or `log`, got both: remove one of them.'],
    [() => int(1, 2.5), 'Expected `high` of `x` to be an integer, got 2.5.'],
    [() => int(0, 9, { log: true }), 'Expected `low` of `x` at least 1 because `log` is true, got 0.'],
    [() => int(0, 9, { step: 0 }), 'Expected `step` of `x` above 0, got 0.'],
    [
      () => parseDistribution('x', { kind: 'categorical', choices: [] }),
      'Expected `x` with at least one choice, got [].',
    ],
    [
      () => parseDistribution('x', { kind: 'categorical', choices: ['a', 'a'] }),
      'Expected different choices of `x`, got "a" twice.',
    ],
    [
      () => parseDistribution('x', { kind: 'categorical', choices: [NaN] }),
      'Expected choices of `x` that JSON can hold, got NaN.',
    ],
    ...['__proto__', 'constructor', 'toString', 'normal', undefined].map((kind): [() => unknown, string] => [
      () => parseDistribution('x', { kind, low: 0, high: 1 } as unknown as Distribution),
      `Expected \`x\` of kind float, int or categorical, got ${kind === undefined ? 'undefined' : `"${kind}"`}.`,
    ]),
    [
      () => parseDistribution('a\u001Bb', { kind: 'int', low: 0, high: 1 }),
      String.raw`Expected a parameter name of 1 to 1000 characters without control characters, got the text "a\u001bb".`,
    ],
    [
      () => parseDistribution('x', { kind: 'categorical', choices: ['\u009B', '\u009B'] }),
      'Expected different choices of `x`, got "\\u009b" twice.',
    ],
    [() => parseSpace({}), 'Expected a search space with a parameter, got none.'],
    [
      () => parseSpace(Object.fromEntries([['toString', { kind: 'int', low: 0, high: 1 }]])),
      'Expected another parameter name, got "toString".',
    ],
  ];
  for (const [attempt, message] of refusals) t.throws(attempt, { instanceOf: RangeError, message });
});

test('ranges that numbers cannot tell apart are refused with the reason', (t) => {
  const refusals: [() => unknown, string][] = [
    [() => float(-1e308, 1e308), 'Expected `low` of `x` to be a number between ±4.49e+307, got -1e+308.'],
    [
      () => float(0, 5e-324),
      'Expected `x` with a range and steps of at least 1e-300, got 5e-324: search in larger units.',
    ],
    [
      () => float(0, 1e6, { step: 1e-8 }),
      'Expected `x` with steps that floating-point numbers of its size can represent, got 1e-8 in [0, 1000000]: use a larger step, or none.',
    ],
    [
      () => float(1e15, 1e15 + 0.125, { log: true }),
      'Expected `x` with bounds whose logarithms differ, got 1000000000000000 and 1000000000000000.1: remove `log`.',
    ],
    [
      () => int(0, 2 ** 53),
      'Expected `high` of `x` to be an integer between −2^53 and 2^53, since larger ones have gaps, got 9007199254740992.',
    ],
    [
      () => int(-(2 ** 53) + 1, 2 ** 53 - 1),
      'Expected high − low of `x` below 2^53, got 18014398509481982: such integers are not exact.',
    ],
    [
      () => int(0, 1e9 + 1, { step: 1e9 }),
      'Expected high − low of `x` to be whole steps of 1000000000, got 1000000001: use high 1000000000.',
    ],
    [() => float('0' as never, 1), 'Expected `low` of `x` to be a finite number, got "0".'],
    [() => float(1, 2, { log: 'true' as never }), 'Expected `log` of `x` to be true or false, got "true".'],
  ];
  for (const [attempt, message] of refusals) t.throws(attempt, { instanceOf: RangeError, message });
});

test('a grid of very many steps contains its values', (t) => {
  const price = float(0, 1e6, { step: 0.001 });
  for (const value of [0.001, 1.001, 123_456.789, 999_999.999, 1e6]) t.true(contains(price, value), String(value));
  t.false(contains(price, 0.0005));
  t.true(contains(int(1, 2 ** 52 + 1, { step: 4 }), 2 ** 52 - 3));
  t.false(contains(int(1, 2 ** 52 + 1, { step: 4 }), 2 ** 52 - 2));
});

test('a key that no distribution has is refused', (t) => {
  const misspelt = { kind: 'float', low: 0, high: 1, logarithmic: true } as const;
  t.throws(() => parseDistribution('x', misspelt), {
    message: 'Unknown key `logarithmic` of `x`. Known: kind, low, high, step, log.',
  });
});

test('a distribution contains its grid and nothing else', (t) => {
  t.true(contains(float(0, 0.5, { step: 0.1 }), 0.3));
  t.false(contains(float(0, 0.5, { step: 0.1 }), 0.25));
  t.true(contains(float(0, 0.5), 0.25));
  t.false(contains(float(0, 0.5), NaN));
  t.true(contains(int(1, 9, { step: 4 }), 5));
  t.false(contains(int(1, 9), 2.5));
  t.false(contains(int(1, 9), '2'));
  t.true(contains({ kind: 'categorical', choices: [null, 'a'] }, null));
  t.false(contains({ kind: 'categorical', choices: [16, 32] }, '16'));
});

test('a distribution is described in words', (t) => {
  t.is(describeDistribution(float(1e-5, 1, { log: true })), 'float [0.00001, 1] log');
  t.is(describeDistribution(int(1, 9, { step: 4 })), 'int [1, 9] step 4');
});

// What the compiler knows of the parameters of a trial.

test('parameters have the types that their space gives them', async (t) => {
  const study = await openStudy({
    name: 's',
    direction: 'minimize',
    space: {
      rate: { kind: 'float', low: 0.1, high: 1, log: true },
      layers: { kind: 'int', low: 1, high: 3 },
      shape: { kind: 'categorical', choices: ['round', 'square'] },
      mixed: { kind: 'categorical', choices: [16, 'auto', null] },
    },
  });
  await optimize(
    study,
    ({ params }) => {
      const shape: 'round' | 'square' = params.shape;
      const mixed: 16 | 'auto' | null = params.mixed;
      // @ts-expect-error -- the space has no such parameter
      t.is(params.size, undefined);
      // @ts-expect-error -- it is a number
      const text: string = params.rate;
      t.is(typeof text, 'number');
      return params.rate * params.layers + shape.length + (mixed === 16 ? 1 : 0);
    },
    { trials: 3 },
  );
  await study.close();
});

test('without a space, or with one that is not known before it runs, parameters may be anything', async (t) => {
  const space: SearchSpace = { x: { kind: 'float', low: 0, high: 1 } };
  const known = await openStudy({ name: 's', direction: 'minimize', space });
  const free = await openStudy({ name: 's', direction: 'minimize' });
  const value: ParameterValue = (await known.ask()).params.x;
  t.is(typeof value, 'number');
  const trial = await free.ask();
  const size: 16 | 32 = trial.suggestCategorical('size', [16, 32]);
  t.is(trial.params.size, size);
  await Promise.all([known.close(), free.close()]);
});

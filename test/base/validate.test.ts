import test from 'ava';
import { z } from 'zod';
import { UserError } from '../../base/user-error.ts';
import { parametersSchema, recordedParametersSchema } from '../../pipeline/parameters.ts';
import { optimizers } from '../../pipeline/optimizers/index.ts';
import { plain } from '../../pipeline/methods/plain.ts';
import { validate } from '../../base/validate.ts';

const good = { learningRate: 0.05, momentum: 0.9, batchSize: 128, patience: 3 };

test('parameters get their defaults', (t) => {
  t.like(validate(parametersSchema, good, 'x'), {
    ...good,
    weightDecay: 0.001,
    optimizer: 'momentum',
    onPlateau: 'lower',
  });
});

test('records of old, which say nesterov instead of naming an optimizer, are read', (t) => {
  t.is(validate(recordedParametersSchema, { ...good, nesterov: true }, 'x').optimizer, 'nesterov');
  t.is(validate(recordedParametersSchema, { ...good, nesterov: false }, 'x').optimizer, 'momentum');
  t.is(validate(recordedParametersSchema, { ...plain.defaults, nesterov: true }, 'x').optimizer, 'nesterov');
  t.throws(() => validate(recordedParametersSchema, { ...good, optimizer: 'adam', nesterov: true }, 'best.json'), {
    message: /^Unknown key `nesterov` in best\.json\. Known: .*\bmomentum, .+\.$/,
  });
  t.false('nesterov' in validate(recordedParametersSchema, { ...good, nesterov: true }, 'x'));
});

const bad: [string, object, string][] = [
  ['a momentum of 1.2', { ...good, momentum: 1.2 }, 'Expected `momentum` in best.json to be in [0, 1), got 1.2.'],
  [
    'no batch size',
    { ...good, batchSize: undefined },
    'Expected `batchSize` in best.json to be a whole number, got nothing.',
  ],
  ['a negative rate', { ...good, learningRate: -1 }, 'Expected `learningRate` in best.json to be above 0, got -1.'],
  [
    'a misspelt key',
    { ...good, momentun: 1 },
    `Unknown key \`momentun\` in best.json. Known: ${Object.keys(parametersSchema.shape).join(', ')}.`,
  ],
  [
    'a misspelt key, by which another one is missing,',
    { ...good, batchSize: undefined, batchsize: 64 },
    `Unknown key \`batchsize\` in best.json. Known: ${Object.keys(parametersSchema.shape).join(', ')}.`,
  ],
  [
    'an optimizer that is not there',
    { ...good, optimizer: 'adamww' },
    `Expected \`optimizer\` in best.json to be one of ${Object.keys(optimizers).join(', ')}, got "adamww".`,
  ],
  ['half a batch', { ...good, batchSize: 0.5 }, 'Expected `batchSize` in best.json to be a whole number, got 0.5.'],
];
for (const [what, value, message] of bad) {
  test(`${what} is refused with expectation and value`, (t) => {
    t.throws(() => validate(parametersSchema, value, 'best.json'), { instanceOf: UserError, message });
  });
}

/** A value of each kind that JSON knows, none of which any parameter takes but where its schema says so. */
const wrongs: readonly unknown[] = [
  'x',
  '',
  '\u001B[2J',
  0.5,
  -1e300,
  1e300,
  Infinity,
  NaN,
  true,
  null,
  [],
  [1],
  {},
  { a: 1 },
];
/** How zod puts it where a schema does not say what it expects. */
const zods = /Invalid|expected|received|Too (big|small)|Unrecognized|must /;

test('whatever a parameter gets, the sentence is ours', (t) => {
  const inner = parametersSchema.shape.augment.parse('none');
  const cases = [
    ...Object.keys(parametersSchema.shape).map(
      (key) => [key, (value: unknown) => ({ ...good, [key]: value })] as const,
    ),
    ...Object.keys(inner).map(
      (key) => [`augment.${key}`, (value: unknown) => ({ ...good, augment: { [key]: value } })] as const,
    ),
    ...Object.keys(inner.elastic).map(
      (key) =>
        [`augment.elastic.${key}`, (value: unknown) => ({ ...good, augment: { elastic: { [key]: value } } })] as const,
    ),
  ];
  let refused = 0;
  for (const [key, make] of cases) {
    for (const wrong of wrongs) {
      try {
        validate(parametersSchema, make(wrong), 'x.json');
      } catch (error) {
        refused += 1;
        const message = String(error).replace(/^UserError: /, '');
        t.regex(
          message,
          /^(Expected `[\w.]+` in x\.json to be .+, got .+\.|Unknown key `[\w.]+` in x\.json\. .+)$/,
          key,
        );
        t.notRegex(message.replace(/^Expected/, ''), zods, key);
      }
    }
  }
  t.true(refused > cases.length * (wrongs.length / 2));
  for (const wrong of ['x', 1, null, [], true]) {
    t.throws(() => validate(parametersSchema, wrong, 'x.json'), { message: /^Expected x\.json to be an object, got / });
  }
});

const schemas: readonly [z.ZodType, unknown, string][] = [
  [z.string(), 1, 'a text, got 1'],
  [z.int(), 1e300, 'at most 9007199254740991, got 1e+300'],
  [z.array(z.string()), {}, 'a list, got {}'],
  [z.record(z.string(), z.number()), [], 'an object, got []'],
  [z.literal('a'), 1, '"a", got 1'],
  [z.enum(['a', 'b']), 'c', 'one of a, b, got "c"'],
  [z.union([z.string(), z.number()]), true, 'a text or a number, got true'],
  [z.array(z.number()).length(2), [1], 'of exactly 2 elements, got [1]'],
  [z.number().min(2), 1, 'at least 2, got 1'],
  [z.number().positive(), -1, 'above 0, got -1'],
  [z.iso.datetime(), 'x', 'a text of the form datetime, got "x"'],
  [z.custom(() => false), 1, 'another value, got 1'],
];
test('a schema without words of its own gets ours', (t) => {
  for (const [schema, value, rest] of schemas) {
    t.throws(() => validate(schema, value, 'x.json'), { message: `Expected x.json to be ${rest}.` });
  }
});

test('a key is shown in one line, whatever it is called', (t) => {
  const key = `\u001B]0;x\u0007\n${'k'.repeat(300)}`;
  for (const name of [key, '__proto__', 'constructor', 'toString']) {
    const error = t.throws(() => validate(parametersSchema, JSON.parse(JSON.stringify({ ...good, x: 1 }).replace('"x"', JSON.stringify(name))), 'x')); // prettier-ignore
    t.regex(error.message, /^Unknown key `[^\p{C}]{1,200}` in x\. Known: .+\.$/u);
  }
  t.throws(() => validate(z.record(z.string(), z.number()), { [key]: 'a' }, 'x'), {
    message: /^Expected `[^\p{C}]{1,220}` in x to be a number, got "a"\.$/u,
  });
});

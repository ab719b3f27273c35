import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { parametersSchema, recordedParametersSchema } from '../../pipeline/parameters.ts';
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
    message: 'Unknown key `nesterov` in best.json. Remove it or mend its spelling.',
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
  ['a misspelt key', { ...good, momentun: 1 }, 'Unknown key `momentun` in best.json. Remove it or mend its spelling.'],
  [
    'an optimizer that is not there',
    { ...good, optimizer: 'adamww' },
    'Expected `optimizer` in best.json to be one of sgd, momentum, heavy-ball, nesterov, adagrad, rmsprop, adam, ' +
      'adam-uncorrected, adamw, got "adamww".',
  ],
  ['half a batch', { ...good, batchSize: 0.5 }, 'Expected `batchSize` in best.json to be a whole number, got 0.5.'],
];
for (const [what, value, message] of bad) {
  test(`${what} is refused with expectation and value`, (t) => {
    t.throws(() => validate(parametersSchema, value, 'best.json'), { instanceOf: UserError, message });
  });
}

/** Contract of the defaults of models, and what takes precedence over them. */
import test from 'ava';
import { models, type ModelName } from '../../models/index.ts';
import { expectTwoPoints, methodFor, methodNames, methods, parametersSchema } from '../../pipeline/index.ts';
import { parametersIn } from '../../tuning/parameters-in.ts';
import { settingsOf } from '../../tuning/task.ts';

/** They make a method what it is. */
const OF_METHODS = new Set(['rho', 'gapWeight', 'bootstrap', 'swaStart', 'snapshots', 'emaEpochs', 'samples']);

for (const [id, { defaults }] of Object.entries(models)) {
  if (defaults === undefined) continue;
  const model = id as ModelName;
  test(`the defaults of ${id} are parameters that every method can be trained with`, (t) => {
    t.true(defaults.epochs >= 1, `${defaults.epochs}`);
    const names = Object.keys(defaults.parameters);
    t.deepEqual(
      names.filter((name) => OF_METHODS.has(name)),
      [],
    );
    for (const method of methodNames) {
      const found = methodFor(method, model).defaults;
      const expected = parametersSchema.parse({ ...methods[method].defaults, ...defaults.parameters });
      t.deepEqual(found, expected, method);
      t.notThrows(() => expectTwoPoints(method, found, defaults.epochs, 100), method);
    }
  });
}

test('a model without defaults is trained with those of the method', (t) => {
  t.is(methodFor('swa', 'digit-cnn'), methods.swa);
});

test('what a file gives comes before the defaults of the model, and those before the defaults of the method', (t) => {
  const { parameters } = parametersIn({ learningRate: 0.05, schedule: 'plateau' }, 'plain', 'deep-cnn', 'x.json');
  const { learningRate, schedule, batchSize, patience } = parameters;
  t.deepEqual(
    { learningRate, schedule, batchSize, patience },
    { learningRate: 0.05, schedule: 'plateau', batchSize: 64, patience: methods.plain.defaults.patience },
  );
});

test('a study keeps what its search had fixed, also where the model has another default', (t) => {
  const made = settingsOf({ method: 'plain', model: 'deep-cnn', fixed: { schedule: 'plateau', weightDecay: 0.001 } });
  t.false('schedule' in made.fixed, 'as the schema has it');
  t.false('momentum' in made.fixed, 'searched');
  t.deepEqual(settingsOf({ method: 'plain', model: 'deep-cnn', ...made, joins: true }), made);
});

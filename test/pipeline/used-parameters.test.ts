import test from 'ava';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { augmentations } from '../../data/augment.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { type Parameters, parametersSchema } from '../../pipeline/parameters.ts';
import { trainOnLabels } from '../../pipeline/labels.ts';
import type { Method } from '../../pipeline/method.ts';
import { type MethodName, methodNames, methods } from '../../pipeline/methods/index.ts';
import { type OptimizerName, optimizers } from '../../pipeline/optimizers/index.ts';
import { type ScheduleName, schedules } from '../../pipeline/schedules/index.ts';
import { methodsUsing, reasonOf, unusedParameters, usedParameters } from '../../pipeline/used-parameters.ts';
import { planOf, sequential, someBatch } from '../helpers/plans.ts';
import { type ModelName, models } from '../../models/index.ts';
import { expectTwoPoints, methodFor } from '../../pipeline/index.ts';
import { parametersIn } from '../../tuning/parameters-in.ts';
import { settingsOf } from '../../tuning/task.ts';

const names = Object.keys(parametersSchema.shape) as (keyof Parameters)[];
/** With a batch norm, so that parts of a batch have another gradient than the whole by more than rounding. */
const normalised = sequential((of) => [
  of.flatten({ name: 'flatten', inputShape: [5, 4, 1] }),
  of.dense({ name: 'dense1', units: 9 }),
  of.batchNormalization({ name: 'norm' }),
  of.reLU({ name: 'relu' }),
  of.dense({ name: 'dense2', units: 3, activation: 'softmax' }),
]);
const network = await createNetwork(await planOf(normalised), 'simd');
// Not as many of each class.
const batch = someBatch(network.plan, 23);
const images = { ...batch, labels: new Uint16Array(new SharedArrayBuffer(2 * batch.count)) };
images.labels.set(batch.labels);

/** Phases, cycles and plateaus that fit into eight epochs of six steps. */
const short: Partial<Parameters> = { learningRate: 0.05, batchSize: 4, patience: 2, swaStart: 0.5, swaCycle: 2 };

/** Digest of the weights that predict, and of the epochs that have a score. The score never gets better, so that plateaus come. */
async function train(method: Method, parameters: Parameters): Promise<string> {
  const validate = async () => ({ accuracy: 0, loss: 0 });
  const result = await trainOnLabels({ network, images, method, parameters, epochs: 8, seed: 3, validate });
  if (result.status !== 'done') throw new Error(result.status);
  const digest = createHash('sha256');
  for (const weights of result.solutions) digest.update(new Uint8Array(weights.buffer));
  digest.update(result.epochs.map(({ validationAccuracy }) => validationAccuracy ?? 'none').join());
  return digest.digest('hex');
}

/** Values to try for any parameter: its schema decides which of them it can have. */
const candidates: readonly unknown[] = [
  true,
  false,
  0.01,
  2,
  0.5,
  1,
  'cosine',
  'linear',
  'sgd',
  'adagrad',
  'lower',
  'ignore',
  'balanced',
  ...Object.keys(augmentations),
];
/** Values of a parameter that are tried, at most: one of them has an effect if any has. */
const MOST_TRIED = 3;

/** The parameters with other values of the one of this name. */
function changed(parameters: Parameters, name: keyof Parameters): Parameters[] {
  const now = parameters[name];
  const values = typeof now === 'number' ? [now / 2, ...candidates] : candidates;
  const all = values.flatMap((value) => parametersSchema.safeParse({ ...parameters, [name]: value }).data ?? []);
  return all.filter((data) => !isDeepStrictEqual(data[name], now)).slice(0, MOST_TRIED);
}

const settings: readonly (readonly [id: MethodName, parameters: Partial<Parameters>])[] = [
  ...methodNames.map((id) => [id, {}] as const),
  ...(Object.keys(optimizers) as OptimizerName[]).map((optimizer) => ['plain', { optimizer }] as const),
  ...(Object.keys(schedules) as ScheduleName[]).map((schedule) => ['plain', { schedule }] as const),
  ['plain', { onPlateau: 'ignore' }],
  ['swa', { schedule: 'constant', swaCycle: 0 }],
  ['fge', { optimizer: 'adam', rho: 0.1 }],
];

for (const [id, given] of settings) {
  test(`of ${id} ${JSON.stringify(given)} the parameters that are said to be used change a training, no others do`, async (t) => {
    const method = methods[id];
    const parameters: Parameters = { ...method.defaults, ...short, ...given };
    const used = usedParameters(method, parameters);
    const before = await train(method, parameters);
    for (const name of names) {
      let hasEffect = false;
      for (const other of changed(parameters, name)) hasEffect ||= (await train(method, other)) !== before;
      t.is(hasEffect, used.has(name), name);
    }
  });
}

test('no method searches a parameter without effect', (t) => {
  for (const [id, method] of Object.entries(methods)) {
    const searched = Object.keys(method.space) as (keyof Parameters)[];
    t.deepEqual(unusedParameters(method, searched, {}), [], id);
  }
});

test('a parameter counts where one of the choices of a search gives it an effect', (t) => {
  const { plain } = methods;
  t.deepEqual(unusedParameters(plain, ['swaRate', 'momentum', 'squareDecay'], {}), ['swaRate', 'squareDecay']);
  t.deepEqual(unusedParameters(plain, ['momentum'], { optimizer: 'sgd' }), ['momentum']);
  t.deepEqual(unusedParameters(plain, ['momentum', 'squareDecay'], {}, { optimizer: ['sgd', 'adam'] }), []);
  t.deepEqual(unusedParameters(plain, ['adaptiveRho'], {}, { rho: [0, 0.1] }), []);
  t.deepEqual(unusedParameters(plain, ['cycleEpochs', 'patience'], {}, { schedule: ['cosine', 'step'] }), [
    'cycleEpochs',
    'patience',
  ]);
  // What is out of range has its own sentence elsewhere.
  t.deepEqual(unusedParameters(plain, ['swaRate'], { momentum: 7 }), []);
});

test('the reason names what takes the effect away', (t) => {
  const { plain, snapshot } = methods;
  t.is(reasonOf('swaRate', 'plain', plain, {}), 'on plain');
  t.is(reasonOf('momentum', 'plain', plain, { optimizer: 'sgd' }), 'on plain with optimizer sgd');
  t.is(reasonOf('cycleEpochs', 'plain', plain, {}), 'on plain with schedule plateau');
  t.is(reasonOf('patience', 'plain', plain, { onPlateau: 'ignore' }), 'on plain with onPlateau ignore');
  t.is(reasonOf('patience', 'snapshot', snapshot, {}), 'on snapshot');
  t.is(reasonOf('adaptiveRho', 'plain', plain, {}), 'on plain without rho');
  t.is(reasonOf('distillation', 'plain', plain, {}), 'on plain without teachers');
  t.deepEqual(
    methodsUsing('swaRate'),
    methodNames.filter((id) => methods[id].uses.includes('swaRate')),
  );
  t.deepEqual(methodsUsing('snapshots'), ['snapshot']);
});

// Contract of the defaults of models, and what takes precedence over them.
/** They make a method what it is. */
const OF_METHODS = new Set([
  'rho',
  'gapWeight',
  'bootstrap',
  'teachers',
  'swaStart',
  'snapshots',
  'emaEpochs',
  'samples',
]);

for (const [id, { defaults }] of Object.entries(models)) {
  if (defaults === undefined) continue;
  const model = id as ModelName;
  test(`the defaults of ${id} are parameters that every method can be trained with`, (t) => {
    t.true(defaults.epochs >= 1, `${defaults.epochs}`);
    const known = Object.keys(defaults.parameters);
    t.deepEqual(
      known.filter((name) => OF_METHODS.has(name)),
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

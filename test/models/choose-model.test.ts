import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { type ModelName, modelNames } from '../../models/architectures/index.ts';
import { chooseModel, modelChoice } from '../../models/choose-model.ts';

const none = async (): Promise<number> => {
  throw new Error('The number of images plays no part.');
};

test('the default model follows from the size and the colours of the images, and from their number where there are many', async (t) => {
  const cases: [height: number, width: number, channels: number, count: number | null, model: ModelName][] = [
    [28, 28, 1, null, 'digit-cnn'],
    [4, 32, 1, null, 'digit-cnn'],
    [3, 28, 1, null, 'mlp'],
    [1, 93, 3, null, 'mlp'],
    [33, 28, 1, 1000, 'resnet-small'],
    [32, 32, 3, 50_000, 'resnet-small'],
    [32, 32, 2, 97_656, 'resnet-small'],
    [32, 32, 3, 97_657, 'digit-cnn'],
    [224, 224, 3, 1000, 'resnet-small'],
    [224, 224, 3, 300_000, 'digit-cnn'],
  ];
  for (const [height, width, channels, count, model] of cases) {
    const chosen = await chooseModel({ height, width, channels }, count === null ? none : async () => count);
    t.is(chosen.model, model, `${height}×${width}×${channels}, ${count}`);
  }
  const { reason } = await chooseModel({ height: 224, width: 224, channels: 3 }, async () => 300_000);
  t.is(reason, 'these are colour images of 224 × 224, and too many for a larger one');
});

test('auto is a choice beside the models', (t) => {
  for (const name of ['auto', ...modelNames] as const) t.is(modelChoice(name), name);
  t.throws(() => modelChoice('best'), {
    instanceOf: UserError,
    message: /^Unknown model "best"\. Known: auto, deep-cnn, digit-cnn,/,
  });
});

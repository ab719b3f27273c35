/** Networks of the literature have the sizes that the literature gives. */
import test from 'ava';
import { type ModelName, modelNames } from '../../models/architectures/index.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { UserError } from '../../base/user-error.ts';
import { chooseModel, modelChoice } from '../../models/choose-model.ts';

const cifar = { height: 32, width: 32, channels: 3 };
/** Weights of the two 1×1 convolutions and their norms; He et al. count networks without them (option A). */
const SHORTCUTS = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64;

test('networks for CIFAR-10 have as many weights as in the literature', async (t) => {
  const counts: Partial<Record<ModelName, number>> = {
    // ResNet-8, -14, -20 and -32 without shortcuts; He et al. round the last two to .27 and .46 million.
    'resnet-small': 75_290 + SHORTCUTS,
    'resnet-14': 172_506 + SHORTCUTS,
    'resnet-20': 269_722 + SHORTCUTS,
    'resnet-32': 464_154 + SHORTCUTS,
    // No norm belongs to its shortcuts; the last norm has 64 channels and that of the stem is missing.
    'preact-resnet-20': 272_282,
    // Zagoruyko and Komodakis round it to .7 million.
    'wide-resnet-16-2': 691_674,
    'vgg-small': 288_746,
  };
  for (const [model, count] of Object.entries(counts)) {
    t.is((await loadPlan(model as ModelName, cifar, 10)).weightCount, count, model);
  }
});

test('deep-cnn has as many weights on digits as its comment says', async (t) => {
  t.is((await loadPlan('deep-cnn', { height: 28, width: 28, channels: 1 }, 10)).weightCount, 99_162);
});

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

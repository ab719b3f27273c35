/** Networks of the literature have the sizes that the literature gives. */
import test from 'ava';
import type { ModelName } from '../../models/architectures/index.ts';
import { loadPlan } from '../../models/engine/plans.ts';

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

import test from 'ava';
import { createNetwork } from '../../models/engine/engines.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { divergenceRemedy } from '../../pipeline/divergence.ts';
import type { Parameters } from '../../pipeline/parameters.ts';
import { methods, type MethodName } from '../../pipeline/methods/index.ts';
import { train } from '../../pipeline/train.ts';
import { digits, shape } from './digits.ts';

const remedy = (id: MethodName, given: Partial<Parameters>, trained?: number): string =>
  divergenceRemedy(methods[id], { ...methods[id].defaults, ...given }, trained);

test('a training that diverged names the parameters that are furthest above their defaults', (t) => {
  t.is(remedy('swa', { swaRate: 1e6 }), 'Lower `swaRate` (1000000, by default 1), or search for better ones.');
  t.is(
    remedy('plain', { weightDecay: 1e6 }),
    'Lower `weightDecay` (1000000, by default 0.001), or search for better ones.',
  );
  t.is(
    remedy('plain', { rho: 9, momentum: 0.9999, learningRate: 0.2 }),
    'Lower `rho` (9, by default 0) or `momentum` (0.9999, by default 0.83), or search for better ones.',
  );
  t.is(
    remedy('plain', { optimizer: 'adam' }),
    'Lower `learningRate` (0.1) for optimizer adam, or search for better ones.',
  );
});

test('a parameter without effect is not to blame, nor one of a phase that has not come', (t) => {
  t.regex(remedy('plain', { swaRate: 1e6 }), /^Lower `learningRate` \(0\.1\), /);
  t.regex(
    remedy('plain', { optimizer: 'sgd', momentum: 0.9999 }),
    /^Lower `learningRate` \(0\.1\) for optimizer sgd, /,
  );
  t.regex(remedy('swa', { swaRate: 1e6, learningRate: 1e9 }, 0.1), /^Lower `learningRate` \(1000000000, by default/);
});

test('a divergence says at which learning rate it came about, in the averaging phase at that of the phase', async (t) => {
  const parameters = { ...methods.swa.defaults, swaRate: 1e6, swaCycle: 0, batchSize: 32 };
  const result = await train({
    network: await createNetwork(await loadPlan('digit-cnn', shape, 10), 'simd'),
    images: digits(64),
    method: methods.swa,
    parameters,
    epochs: 20,
    seed: 1,
    validate: async () => ({ accuracy: 0, loss: 0 }),
  });
  if (result.status !== 'diverged') return t.fail(result.status);
  t.true(result.epoch >= 15, `${result.epoch}`);
  return t.is(result.learningRate, 1e6 * parameters.learningRate);
});

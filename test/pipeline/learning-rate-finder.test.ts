import test from 'ava';
import { createNetwork } from '../../models/engine/engines.ts';
import type { Network } from '../../models/engine/network.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { type Parameters, parametersSchema } from '../../pipeline/parameters.ts';
import { findLearningRate } from '../../pipeline/learning-rate-finder.ts';
import { plain } from '../../pipeline/methods/plain.ts';
import { train } from '../../pipeline/train.ts';
import { digits, shape } from './digits.ts';

const images = digits(320);
const EPOCHS = 10;
const createDigitNetwork = async (): Promise<Network> => createNetwork(await loadPlan('digit-cnn', shape, 10), 'simd');
const parametersOf = (given: object): Parameters =>
  parametersSchema.parse({ learningRate: 1, momentum: 0.9, batchSize: 32, patience: 9, ...given });

/** Mean training loss of the last epoch; infinite where it diverged. */
async function lossAt(learningRate: number, parameters: Parameters): Promise<number> {
  const result = await train({
    network: await createDigitNetwork(),
    images,
    method: plain,
    parameters: { ...parameters, learningRate },
    epochs: EPOCHS,
    seed: 1,
    validate: async () => ({ accuracy: 0, loss: 0 }),
  });
  return result.status === 'done' ? result.epochs[EPOCHS - 1].trainLoss : Infinity;
}

for (const optimizer of ['sgd', 'momentum', 'adam'] as const) {
  test(`the rate suggested for ${optimizer} trains; thirty times it and a thirtieth of it do worse`, async (t) => {
    const parameters = parametersOf({ optimizer });
    const { suggested } = await findLearningRate({ network: await createDigitNetwork(), images, parameters, seed: 1 });
    const [low, right, high] = await Promise.all(
      [1 / 30, 1, 30].map((factor) => lossAt(factor * suggested, parameters)),
    );
    // A uniform guess loses ln 10 = 2.3 nats.
    t.true(right < 0.5, `${right} at ${suggested}`);
    t.true(high > right, `${high} at thirty times ${suggested}`);
    t.true(low > right, `${low} at a thirtieth of ${suggested}`);
  });
}

test('rates grow evenly in the logarithm, and the test ends when the loss is four times its lowest', async (t) => {
  const network = await createDigitNetwork();
  const range = { images, parameters: parametersOf({ optimizer: 'sgd' }), seed: 1, lowest: 1e-4, highest: 1, steps: 9 };
  let calls = 0;
  const losses = [2, 1.5, 1, 0.5, 2, 20, 200, 200, 200];
  const scripted: Network = {
    plan: network.plan,
    engine: 'scripted',
    measure: (...call) => network.measure(...call),
    predict: (...call) => network.predict(...call),
    lossAndGradient: () => losses[calls++],
  };
  const result = await findLearningRate({ ...range, network: scripted });
  t.deepEqual(
    result.rates.map((rate) => Number(rate.toPrecision(9))),
    [1e-4, 10 ** -3.5, 1e-3, 10 ** -2.5, 1e-2].map((rate) => Number(rate.toPrecision(9))),
  );
  // Smoothed with weights 0.1 · 0.9ⁿ: the first is itself, the second (0.9 · 2 + 1.5) / 1.9.
  t.true(Math.abs(result.losses[1] - 3.3 / 1.9) < 1e-12);
  t.is(calls, 6);
  t.true(Math.abs(result.suggested - 10 ** -3.5) < 1e-12);
});

test('a range that never ends badly is walked to its end, through several epochs', async (t) => {
  const parameters = parametersOf({ batchSize: 200 });
  const network = await createDigitNetwork();
  const range = { network, images, parameters, seed: 1, lowest: 1e-7, highest: 1e-6, steps: 7 };
  const { rates } = await findLearningRate(range);
  t.is(rates.length, 7);
  t.is(rates[6], 1e-6);
  t.deepEqual(await findLearningRate(range), await findLearningRate(range));
});

test('a loss that is no number ends the test', async (t) => {
  const parameters = parametersOf({ optimizer: 'sgd' });
  const range = { network: await createDigitNetwork(), images, parameters, seed: 1, highest: 1e30, steps: 60 };
  const { rates, losses } = await findLearningRate(range);
  t.true(rates.length < 60, `${rates.length}`);
  t.true(losses.every(Number.isFinite));
});

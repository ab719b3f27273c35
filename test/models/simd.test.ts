import { createHash } from 'node:crypto';
import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { initialWeights, measureBatchSize } from '../../models/engine/layout.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import type { Plan } from '../../models/engine/plan.ts';
import { checkMemory } from '../../models/engine/memory.ts';
import { memoryBytes } from '../../models/engine/simd/program.ts';
import { createSimdNetwork } from '../../models/engine/simd.ts';
import { type KernelSet, setsHere } from '../../models/engine/simd/load-kernels.ts';
import { networkContract } from '../contracts/network.ts';
import { assertClose } from '../helpers/close.ts';
import { distinctModels } from '../helpers/distinct-models.ts';
import { digitCnnGolden } from '../helpers/digit-cnn-golden.ts';
import { planOf, residual, sequential, smallCnn, someBatch, someWeights } from '../helpers/plans.ts';
import { referenceLossAndGradient } from '../reference/network.ts';

/** Single precision has 6e-8; sums over some thousand terms lose two digits of it. */
const tolerance = 1e-5;

/** Single precision through several batch norms. */
const deepTolerance = 5 * tolerance;

const sets = setsHere();

for (const set of [...sets, ...setsHere(true)]) {
  // Those in C have the bits of WebAssembly's, which the tests of native kernels assert.
  const randomModels = set === 'wasm' ? 200 : 25;
  networkContract(test, set, (plan) => createSimdNetwork(plan, set), tolerance, randomModels);
}

for (const model of distinctModels) {
  const input = { height: 9, width: 8, channels: 3 };
  test(`${model} has the loss and gradient of the float64 reference`, async (t) => {
    const plan = await loadPlan(model, input, 10);
    // With fewer images the last batch norm of vgg-wide, whose maps have one pixel, enlarges the rounding.
    const [weights, batch] = [initialWeights(plan, 1), someBatch(plan, 8)];
    const gradient = new Float32Array(plan.weightCount);
    const loss = await (await createSimdNetwork(plan)).lossAndGradient(weights, batch, gradient);
    const expected = referenceLossAndGradient(plan, weights, batch);
    assertClose(t, [loss], [expected.loss], deepTolerance, 'loss');
    assertClose(t, gradient, expected.gradient, deepTolerance, 'gradient');
  });
}

for (const set of sets) {
  test(`fifty steps give the same bits on every machine (${set})`, async (t) => {
    const hashes: string[] = [];
    for (const plan of [
      await loadPlan('digit-cnn', { height: 28, width: 28, channels: 1 }, 10),
      await planOf(residual),
    ]) {
      hashes.push(await hashAfterTraining(plan, 50, set));
    }
    t.deepEqual(hashes, [
      'e8932c88b19ae11dada3a60368c455a6759093771882248fbc895ead1c85b62c',
      '3d125b5f8cc0ecb6b58f759aa302aefa24791297ce0ed88e8b5385198009d88f',
    ]);
  });
}

test('a batch that does not fit into the address space is an error, and the network lives on', async (t) => {
  const plan = await planOf(smallCnn);
  const network = await createSimdNetwork(plan);
  const [weights, batch] = [someWeights(plan), someBatch(plan, 5)];
  const [before, after] = [new Float32Array(plan.weightCount), new Float32Array(plan.weightCount)];
  const loss = await network.lossAndGradient(weights, batch, before);
  const used = process.memoryUsage().rss;
  await t.throwsAsync(async () => network.lossAndGradient(weights, { ...batch, count: 1_000_000 }, after), {
    instanceOf: UserError,
    message: /^The network needs \d\.\d GiB; WebAssembly can address 4 GiB\. Use a smaller batch or model\.$/,
  });
  t.true(process.memoryUsage().rss - used < 2 ** 28);
  t.is(await network.lossAndGradient(weights, batch, after), loss);
  t.deepEqual(after, before);
});

test('a network that does not fit into the address space is an error when it is made', async (t) => {
  const plan = await planOf(
    sequential((of) => [
      of.conv2d({ name: 'conv', inputShape: [2048, 2048, 3], filters: 8, kernelSize: 3, padding: 'same' }),
      of.globalAveragePooling2d({}),
      of.dense({ name: 'dense', units: 2, activation: 'softmax' }),
    ]),
  );
  await t.throwsAsync(createSimdNetwork(plan), { instanceOf: UserError, message: /^The network needs \d+\.\d GiB;/ });
});

test('32 images of 224×224×3 train within the address space', async (t) => {
  for (const [model, most] of [
    ['resnet-small', 1.3],
    ['mobile-small', 3.8],
    ['wide-cnn', 1.7],
  ] as const) {
    const plan = await loadPlan(model, { height: 224, width: 224, channels: 3 }, 10);
    t.true(memoryBytes(plan, 32) < most * 2 ** 30, model);
  }
});

test('a batch that is too large is refused beforehand, with the largest one that fits', async (t) => {
  const plan = await planOf(smallCnn);
  const message = (batch: number): string | undefined =>
    t.throws(() => checkMemory(plan, 'simd', batch), { instanceOf: UserError })?.message;
  const [, most] =
    /^Expected a network of at most 4 GiB, but test needs \d+\.\d GiB for 9000000 images of 8×12×3 at once\. Take a `batchSize` of at most (\d+), or another model\.$/.exec(
      message(9_000_000)!,
    )!;
  t.notThrows(() => checkMemory(plan, 'simd', Number(most)));
  t.truthy(message(Number(most) + 1));
  t.notThrows(() => checkMemory(plan, 'tfjs:cpu', 9_000_000));
});

test('large images are measured in smaller batches', async (t) => {
  const measured = async (side: number, channels: number): Promise<number> =>
    measureBatchSize(await loadPlan('wide-cnn', { height: side, width: side, channels }, 10));
  t.deepEqual(
    [await measured(8, 1), await measured(28, 1), await measured(64, 3), await measured(128, 3)],
    [512, 140, 26, 16],
  );
});

/** Momentum steps on fixed images, as the study trains, with dropout seeds where there is dropout. */
async function hashAfterTraining(plan: Plan, steps: number, set: KernelSet): Promise<string> {
  const network = await createSimdNetwork(plan, set);
  const weights = initialWeights(plan, 1);
  const [gradient, velocity] = [new Float32Array(plan.weightCount), new Float32Array(plan.weightCount)];
  for (let step = 0; step < steps; step += 1) {
    await network.lossAndGradient(weights, someBatch(plan, 33, step % 5), gradient);
    for (let i = 0; i < weights.length; i += 1) {
      velocity[i] = 0.9 * velocity[i] + gradient[i];
      weights[i] -= 0.05 * velocity[i];
    }
  }
  return createHash('sha256').update(new Uint8Array(weights.buffer)).digest('hex');
}

test('fast math agrees with the strict build to rounding, and says what it is', async (t) => {
  const { plan, batch, weights } = await digitCnnGolden();
  const [strict, fast] = await Promise.all([createSimdNetwork(plan), createSimdNetwork(plan, 'wasm-relaxed')]);
  t.is(fast.engine, 'simd:fast-math');
  t.is(strict.engine, 'simd');
  const [g, h] = [new Float32Array(weights.length), new Float32Array(weights.length)];
  await strict.lossAndGradient(Float32Array.from(weights), batch, g);
  await fast.lossAndGradient(Float32Array.from(weights), batch, h);
  assertClose(t, h, g, tolerance, 'gradient');
});

/** The kernels in C: what is not to the bit WebAssembly is not used. Without a compiler at the build there are none. */
import { createHash } from 'node:crypto';
import type { ModelName } from '../../models/architectures/index.ts';
import test from 'ava';
import type { LabelledImages } from '../../data/images.ts';
import { initialWeights } from '../../models/engine/layout.ts';
import { type Addon, findNatives, fusedName, type NativeName } from '../../models/engine/native/addons.ts';
import { verify } from '../../models/engine/native/verify.ts';
import type { Plan } from '../../models/engine/plan.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { createSimdNetwork } from '../../models/engine/simd.ts';
import type { KernelSet } from '../../models/engine/simd/load-kernels.ts';
import { createBatches } from '../../pipeline/batches.ts';
import { momentum } from '../../pipeline/optimizers/momentum.ts';
import { someBatch } from '../helpers/plans.ts';

const grey = { height: 28, width: 28, channels: 1 };
const networks = {
  'digit-cnn': grey,
  mlp: grey,
  'wide-cnn': grey,
  'resnet-small': { height: 32, width: 32, channels: 3 },
} as const;
/** Batches, images beyond them for a ragged last one, and epochs: whole batches come after ragged ones in the second. */
const trainings = [
  [1, 1, 2],
  [37, 3, 2],
  [64, 5, 1],
  [128, 2, 1],
] as const;
const CLASSES = 10;

const natives = findNatives();
const [native] = natives;
/** The kernels in WebAssembly of either build, and their twins in C. */
const twins = [
  { wasm: 'wasm', build: 'kernels', addons: natives },
  { wasm: 'wasm-relaxed', build: 'kernels-relaxed', addons: findNatives(true) },
] as const;
/** Skipped where the build found no compiler. */
const onNative = native ? test : test.skip;

for (const [model, shape] of Object.entries(networks) as [keyof typeof networks, typeof grey][]) {
  for (const [batch, more, epochs] of trainings) {
    onNative(`${model} trains to the bits of WebAssembly, batch ${batch}`, async (t) => {
      for (const { wasm, addons } of twins) {
        const expected = await digestAfterTraining(model, shape, [batch, more, epochs], wasm);
        for (const { name } of addons) {
          t.is(await digestAfterTraining(model, shape, [batch, more, epochs], name), expected, name);
        }
      }
    });
  }
}

for (const model of ['mobile-small', 'se-resnet-small'] as const) {
  onNative(`${model} trains to the bits of WebAssembly`, async (t) => {
    for (const { wasm, addons } of twins) {
      const expected = await digestAfterTraining(model, networks['resnet-small'], [6, 1, 2], wasm);
      for (const { name } of addons) {
        t.is(await digestAfterTraining(model, networks['resnet-small'], [6, 1, 2], name), expected, name);
      }
    }
  });
}

/** Drawing them takes longer than a step. */
const drawn = new Map<ModelName, Float32Array>();

function firstWeights(model: ModelName, plan: Plan): Float32Array {
  const weights = drawn.get(model) ?? initialWeights(plan, 1);
  drawn.set(model, weights);
  return weights.slice();
}

/** Digest of weights, statistics and predictions. */
async function digestAfterTraining(
  model: ModelName,
  shape: typeof grey,
  [batchSize, more, epochs]: readonly [batchSize: number, more: number, epochs: number],
  set: KernelSet,
): Promise<string> {
  const plan = await loadPlan(model, shape, CLASSES);
  const network = await createSimdNetwork(plan, set);
  const some = someBatch(plan, batchSize + more);
  const labels = new Uint16Array(new SharedArrayBuffer(some.labels.byteLength));
  labels.set(some.labels);
  const images: LabelledImages = { shape, count: some.count, pixels: some.pixels, labels };
  const weights = firstWeights(model, plan);
  const gradient = new Float32Array(weights.length);
  const update = momentum({ momentum: 0.9 })(plan);
  const batches = createBatches(images, batchSize, 1);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (const batch of batches(epoch)) {
      await network.lossAndGradient(weights, batch, gradient);
      update(weights, gradient, 0.01);
    }
  }
  const solution = await network.measure(weights, images);
  const digest = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [
    weights,
    solution.statistics,
    await network.predict(solution, images),
  ]) {
    digest.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return digest.digest('hex');
}

for (const { build, addons } of twins) {
  for (const { name, addon, kernels } of addons) {
    test(`every kernel of ${name} is used, since all have the bits of WebAssembly`, async (t) => {
      const { same, different } = await verify(addon, build, 6);
      t.deepEqual(different, []);
      t.deepEqual(same, kernels);
    });
  }
}

onNative('every add-on has a twin that fuses multiply-adds, and whose bits are others', async (t) => {
  const [strict, fused] = twins;
  t.deepEqual(
    fused.addons.map(({ name }) => name),
    strict.addons.map(({ name }) => fusedName(name as NativeName)),
  );
  const training = ['digit-cnn', networks['digit-cnn'], [37, 3, 1]] as const;
  t.not(await digestAfterTraining(...training, 'wasm'), await digestAfterTraining(...training, 'wasm-relaxed'));
});

onNative('one bit of difference, or one byte written elsewhere, and a kernel is not used', async (t) => {
  const lying: Addon = {
    supported: true,
    attach(buffer) {
      const { kernels, move } = native.addon.attach(buffer);
      const bytes = new Uint8Array(buffer);
      const relu = (input: number, output: number, quads: number): void => {
        kernels['relu'](input, output, quads);
        bytes[output] ^= 1;
      };
      const multiplyPatches = (...numbers: number[]): void => {
        kernels['multiplyPatches'](...numbers);
        bytes[12] = 1;
      };
      return { kernels: { ...kernels, relu, multiplyPatches }, move };
    },
    vectors: { ...native.addon.vectors, sgd: (w) => ((w as Float32Array)[0] += 1) },
  };
  const { same, different } = await verify(lying, 'kernels', 4);
  t.deepEqual(different.toSorted(), ['multiply', 'multiplyPatches', 'packPanels', 'relu', 'sgd']);
  t.is(same.length, native.kernels.length - different.length);
});

onNative('a kernel in C refuses what is no number, and too few of them', (t) => {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const { kernels, move } = native.addon.attach(memory.buffer);
  t.throws(() => kernels['relu'](0, 0), { instanceOf: TypeError });
  t.throws(() => kernels['relu'](0, 0, 'a' as never), { instanceOf: TypeError });
  t.throws(() => move(null as never), { instanceOf: TypeError });
});

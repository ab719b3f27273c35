/** Engines by their names, and tf.js. */
import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { createNetwork, engineOfBits, kernelsOf } from '../../models/engine/engines.ts';
import { findNatives } from '../../models/engine/native/addons.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';
import { createTfjsNetwork } from '../../models/engine/tfjs.ts';
import { networkContract } from '../contracts/network.ts';
import { planOf, smallMlp, residual, someBatch, someWeights } from '../helpers/plans.ts';

test('an engine is found by its name, with or without a variant, and says which it is', async (t) => {
  const plan = await planOf(smallMlp);
  for (const engine of ['simd', 'simd:fast-math', 'tfjs:cpu']) t.is((await createNetwork(plan, engine)).engine, engine);
});

test('kernels of another kind are the same engine, and are named beside it', async (t) => {
  const plan = await planOf(smallMlp);
  const natives = findNatives().map(({ name }) => name);
  for (const engine of ['wasm', ...natives]) {
    const network = await createNetwork(plan, engine);
    t.deepEqual([network.engine, network.kernels, await kernelsOf(engine)], ['simd', engine, engine]);
    t.is(engineOfBits(engine), 'simd');
  }
  const fastest = (await createNetwork(plan, 'simd')).kernels!;
  t.true(['wasm', ...natives].includes(fastest));
  t.is(await kernelsOf('simd'), fastest);
  if (natives.length > 0) t.true(natives.includes((await createNetwork(plan, 'native')).kernels as never));
  t.deepEqual(['simd', 'native', 'simd:fast-math', 'tfjs:cpu'].map(engineOfBits), [
    'simd',
    'simd',
    'simd:fast-math',
    'tfjs:cpu',
  ]);
  t.is(await kernelsOf('tfjs:cpu'), undefined);
});

test('fast math takes the fastest kernels that fuse multiply-adds', async (t) => {
  const fused = findNatives(true).map(({ name }) => name);
  const { engine, kernels } = await createNetwork(await planOf(smallMlp), 'simd:fast-math');
  t.is(engine, 'simd:fast-math');
  t.is(await kernelsOf(engine), kernels);
  t.true(['wasm-relaxed', ...fused].includes(kernels!));
});

test('an unknown engine or backend, or one that is not installed, is a clear error', async (t) => {
  const plan = await planOf(smallMlp);
  const messages: [engine: string, message: RegExp][] = [
    [
      'torch',
      /^Unknown engine "torch"\. Known: simd, wasm, native, native-128, native-256, native-512, simd:fast-math, tfjs, tfjs:<backend>\.$/,
    ],
    ['native:256', /^Unknown engine "native:256"\./],
    ['wasm:1', /^Unknown engine "wasm:1"\./],
    // Kernels of another kind of processor than this one.
    [process.arch === 'arm64' ? 'native-256' : 'native-128', /^The kernels "native-\d+" are not there: they need a C/],
    ['simd:fast', /^Unknown engine "simd:fast"\./],
    ['tfjs:', /^Unknown engine "tfjs:"\./],
    ['tfjs:cpu:0', /^Unknown engine "tfjs:cpu:0"\./],
    ['tfjs:cuda', /^Unknown tf\.js backend "cuda"\. Known: cpu, tensorflow, wasm, webgpu\.$/],
    ['tfjs:webgpu', /^The tf\.js backend "webgpu" is not installed\. Install @tensorflow\/tfjs-backend-webgpu/],
  ];
  for (const [engine, message] of messages) {
    await t.throwsAsync(createNetwork(plan, engine), { instanceOf: UserError, message }, engine);
  }
});

/** Single precision has 6e-8; sums over some thousand terms lose two digits of it. */
const tolerance = 1e-5;

networkContract(test, 'tfjs:cpu', (plan) => createTfjsNetwork(plan, 'cpu'), tolerance, 25);

test.serial('no call leaves a tensor behind', async (t) => {
  const tf = await loadTensorFlow();
  const plan = await planOf(residual);
  const network = await createTfjsNetwork(plan, 'cpu');
  const [weights, batch] = [someWeights(plan), someBatch(plan, 3)];
  const before = tf.memory().numTensors;
  await network.lossAndGradient(weights, batch, new Float32Array(plan.weightCount));
  t.is(tf.memory().numTensors, before);
  await network.predict(await network.measure(weights, batch), batch);
  t.is(tf.memory().numTensors, before);
});

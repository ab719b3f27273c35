import test from 'ava';
import type { Plan } from '../../../models/engine/plan.ts';
import { encodeOnnx } from '../../../models/interchange/onnx.ts';
import { namedTensors, planMetadata } from '../../../models/interchange/tensors.ts';
import { planOf, residual, someBatch } from '../../helpers/plans.ts';
import { referencePredict } from '../../reference/network.ts';
import { everyKind, mildSolution } from './models.ts';

interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** What is used of onnxruntime-web, which is not there where development dependencies are left out. */
interface Runtime {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      readonly inputNames: readonly string[];
      run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
    }>;
  };
  readonly env: { readonly wasm: { numThreads: number } };
}

const name = 'onnxruntime-web';
const runtime: Runtime | null = await import(name).catch(() => null);
if (runtime) runtime.env.wasm.numThreads = 1;

/** Rounding of float32 in other orders of sums, of probabilities. */
const tolerance = 1e-4;
const images = 3;

const encoded = (plan: Plan): Buffer => {
  const solution = mildSolution(plan);
  return encodeOnnx(plan, { tensors: namedTensors(plan, solution), metadata: { ...planMetadata(plan), labels: '[]' } });
};

for (const [model, load] of Object.entries(everyKind)) {
  (runtime === null ? test.skip : test)(
    `onnxruntime gives the probabilities of ${model}${runtime === null ? ' (no onnxruntime-web here)' : ''}`,
    async (t) => {
      const plan = await load();
      const { height, width, channels } = plan.input;
      const { pixels } = someBatch(plan, images);
      const session = await runtime!.InferenceSession.create(encoded(plan), { executionProviders: ['wasm'] });
      const input = new runtime!.Tensor(
        'float32',
        Float32Array.from(pixels, (byte) => byte / 255),
        [images, height, width, channels],
      );
      const { probabilities } = await session.run({ pixels: input });
      t.deepEqual(probabilities.dims, [images, plan.classes]);
      const { weights, statistics } = mildSolution(plan);
      const expected = referencePredict(plan, weights, statistics, { shape: plan.input, pixels, count: images });
      const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - probabilities.data[i])), 0);
      t.true(worst < tolerance, `${worst}`);
      t.true(Math.max(...expected) < 0.999, 'no class wins by far');
    },
  );
}

test('the same model gives the same bytes, and a layer of an unknown kind is refused', async (t) => {
  const plan = await planOf(residual);
  t.deepEqual(encoded(plan), encoded(plan));
  const nodes = plan.nodes.map((node, i) => (i === 1 ? { ...node, kind: 'fold' as never, layer: 'first' } : node));
  t.throws(() => encoded({ ...plan, nodes }), {
    message: 'ONNX has no operator here for the layer first (fold): export the model as tfjs or safetensors.',
  });
});

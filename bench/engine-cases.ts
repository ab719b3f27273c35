/** The networks that the engine benchmark trains; bench/engine-peer.py has the same ones in PyTorch. */
import type { TensorFlow } from '../models/architecture.ts';
import { compile } from '../models/engine/compile.ts';
import type { Plan } from '../models/engine/plan.ts';
import { loadPlan } from '../models/engine/plans.ts';
import { loadTensorFlow } from '../models/engine/tf.ts';

const shape = { height: 28, width: 28, channels: 1 };
const CLASSES = 10;

/** 1→16→32 channels, otherwise like digit-cnn. */
function wideCnn(tf: TensorFlow) {
  const block = (k: number, filters: number, options: object) => [
    tf.layers.conv2d({ name: `conv${k}`, filters, kernelSize: 3, padding: 'same', ...options }),
    tf.layers.batchNormalization({ name: `bn${k}`, epsilon: 1e-5 }),
    tf.layers.reLU(),
    tf.layers.maxPooling2d({ poolSize: 2 }),
  ];
  return tf.sequential({
    name: 'cnn-16-32',
    layers: [
      ...block(1, 16, { inputShape: [shape.height, shape.width, shape.channels] }),
      ...block(2, 32, {}),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'dense', units: CLASSES, activation: 'softmax' }),
    ],
  });
}

export const casePlans: Readonly<Record<string, () => Promise<Plan>>> = {
  'digit-cnn': () => loadPlan('digit-cnn', shape, CLASSES),
  'cnn-16-32': async () => compile(wideCnn(await loadTensorFlow())),
  mlp: () => loadPlan('mlp', shape, CLASSES),
};

/** Multiplications and additions of one image, forward and backward; the first layer needs no input gradient. */
export function trainingFlop(plan: Plan): number {
  let flop = 0;
  let first = true;
  for (const node of plan.nodes) {
    if (node.kind !== 'conv2d' && node.kind !== 'dense') continue;
    const { height, width, channels } = node.output;
    const input = plan.nodes[node.input].output;
    const taps = node.kind === 'conv2d' ? node.kernelSize[0] * node.kernelSize[1] : 1;
    const forward = 2 * height * width * channels * taps * input.channels;
    flop += forward * (first ? 2 : 3);
    first = false;
  }
  return flop;
}

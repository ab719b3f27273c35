/** The networks that the engine benchmark trains; bench/engine-peer.py has the same ones in PyTorch. */
import type { ImageShape } from '../data/images.ts';
import type { TensorFlow } from '../models/architecture.ts';
import { compile } from '../models/engine/compile.ts';
import type { Plan } from '../models/engine/plan.ts';
import { loadPlan } from '../models/engine/plans.ts';
import { loadTensorFlow } from '../models/engine/tf.ts';

const grey: ImageShape = { height: 28, width: 28, channels: 1 };
const colour: ImageShape = { height: 32, width: 32, channels: 3 };
const CLASSES = 10;

/** Like digit-cnn, with 1→16→32 channels. */
function smallCnn(tf: TensorFlow) {
  const block = (k: number, filters: number, options: object) => [
    tf.layers.conv2d({ name: `conv${k}`, filters, kernelSize: 3, padding: 'same', ...options }),
    tf.layers.batchNormalization({ name: `bn${k}`, epsilon: 1e-5 }),
    tf.layers.reLU(),
    tf.layers.maxPooling2d({ poolSize: 2 }),
  ];
  return tf.sequential({
    name: 'cnn-16-32',
    layers: [
      ...block(1, 16, { inputShape: [grey.height, grey.width, grey.channels] }),
      ...block(2, 32, {}),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'dense', units: CLASSES, activation: 'softmax' }),
    ],
  });
}

export interface BenchNetwork {
  readonly plan: () => Promise<Plan>;
  readonly shape: ImageShape;
  /** Images of an epoch: those of a training fold of Digit Recognizer, or fewer, so that an epoch takes seconds. */
  readonly images: number;
  /** Whether dense layers, for which PyTorch uses a BLAS, are most of the work. */
  readonly isDense: boolean;
}

export const networks = {
  'digit-cnn': { plan: () => loadPlan('digit-cnn', grey, CLASSES), shape: grey, images: 33_600, isDense: false },
  'cnn-16-32': {
    plan: async () => compile(smallCnn(await loadTensorFlow())),
    shape: grey,
    images: 8192,
    isDense: false,
  },
  mlp: { plan: () => loadPlan('mlp', grey, CLASSES), shape: grey, images: 33_600, isDense: true },
  'wide-cnn': { plan: () => loadPlan('wide-cnn', grey, CLASSES), shape: grey, images: 1024, isDense: false },
  'resnet-small': {
    plan: () => loadPlan('resnet-small', colour, CLASSES),
    shape: colour,
    images: 1024,
    isDense: false,
  },
} as const satisfies Record<string, BenchNetwork>;
export type NetworkName = keyof typeof networks;

/** Multiplications and additions for one image, forward and backward. The first layer needs no input gradient. */
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

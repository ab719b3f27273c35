/** The `tfjs` engine: runs a plan with the operations of tf.js on an installed backend. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { copyPixels, type Images, type ImageShape, imageSize } from '../../data/index.ts';
import { measureBatchSize } from './layout.ts';
import type { TensorFlow } from '../architecture.ts';
import type { ActivationName } from './activations.ts';
import { dropoutFactors, dropoutMask } from './dropout.ts';
import { checkBatch, type Network, type Solution } from './network.ts';
import {
  inputsOf,
  leadingPadding,
  type NodeOf,
  type Plan,
  type PlanNode,
  trailingPadding,
  valuesOfBytes,
} from './plan.ts';
import { loadBackend } from './tf.ts';

/** Returns the mean and variance per channel with which a batch norm normalises `x`. */
type Moments = (node: NodeOf<'batchNorm'>, x: Tensor) => { mean: Tensor; variance: Tensor };

const activations: Readonly<Record<ActivationName, (tf: TensorFlow, x: Tensor, slope: number) => Tensor>> = {
  relu6: (tf, x) => tf.relu6(x),
  leakyRelu: (tf, x, slope) => tf.leakyRelu(x, slope),
  sigmoid: (tf, x) => tf.sigmoid(x),
  tanh: (tf, x) => tf.tanh(x),
  swish: (tf, x) => tf.mul(x, tf.sigmoid(x)),
  gelu: (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
};

/**
 * A network on tf.js. Its calls leave no tensor behind.
 * @param backendName Default: the fastest one installed, see `loadBackend`.
 * @throws UserError when the backend is unknown or not installed
 */
export async function createTfjsNetwork(plan: Plan, backendName?: string): Promise<Network> {
  const { tf, backend } = await loadBackend(backendName);
  const size = imageSize(plan.input);
  const measureBatch = measureBatchSize(plan);
  const table = valuesOfBytes(plan);

  /** Runs `compute` on the backend of this network, since another network may have activated its own. */
  const run = async (compute: () => Tensor): Promise<Float32Array> => {
    while (tf.getBackend() !== backend) await tf.setBackend(backend);
    const result = tf.tidy(compute);
    try {
      return await result.data<'float32'>();
    } finally {
      result.dispose();
    }
  };

  // Weights are copied: the cpu backend keeps the given array, and others cannot read shared memory.
  const weightTensors = (weights: Float32Array): Tensor[] =>
    plan.weights.map(({ shape, offset, size: length }) =>
      tf.tensor(weights.slice(offset, offset + length), [...shape]),
    );

  const imageTensor = (pixels: Uint8Array, count: number): Tensor => {
    const { height, width, channels } = plan.input;
    const bytes = pixels.subarray(0, count * size);
    const values = Float32Array.from(bytes, (byte, i) => (table ? table[(i % channels) * 256 + byte] : byte / 255));
    return tf.tensor4d(values, [count, height, width, channels]);
  };

  const tensorOf = (images: Images, start: number, count: number): Tensor => {
    const pixels = new Uint8Array(count * size);
    copyPixels(images, start, count, pixels);
    return imageTensor(pixels, count);
  };

  const batchMoments: Moments = (_, x) => tf.moments(x, x.rank === 4 ? [0, 1, 2] : [0]);

  const measuredMoments =
    ({ statistics }: Solution): Moments =>
    ({ statistics: offset }, x) => {
      const channels = x.shape[x.rank - 1];
      const slice = (from: number) => tf.tensor1d(statistics.slice(from, from + channels));
      return { mean: slice(offset), variance: slice(offset + channels) };
    };

  /** @param seed seed of dropouts; without it there is no dropout, as in evaluation */
  const logits = (weights: readonly Tensor[], images: Tensor, moments: Moments, seed?: number): Tensor => {
    const at = (offset: number): Tensor => weights[plan.weights.findIndex((entry) => entry.offset === offset)];
    const outputs: Tensor[] = [];
    for (const node of plan.nodes) {
      const inputs = inputsOf(node).map((id) => outputs[id]);
      outputs.push(apply(node, inputs[0] ?? images, inputs));
    }
    return outputs[outputs.length - 1];

    function apply(node: PlanNode, x: Tensor, inputs: readonly Tensor[]): Tensor {
      const gateOf = (vector: Tensor): Tensor => tf.reshape(vector, [vector.shape[0], 1, 1, -1]);
      switch (node.kind) {
        case 'input':
          return x;
        case 'conv2d': {
          const y = tf.conv2d(x as Tensor4D, spreadKernel(tf, at(node.kernel), node), [...node.strides], node.padding);
          return node.bias === null ? y : tf.add(y, at(node.bias));
        }
        case 'batchNorm': {
          const { mean, variance } = moments(node, x);
          // tf.batchNorm is not used, since its gradient fails without gamma or beta.
          const normalised = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, node.epsilon)));
          const scaled = node.gamma === null ? normalised : tf.mul(normalised, at(node.gamma));
          return node.beta === null ? scaled : tf.add(scaled, at(node.beta));
        }
        case 'layerNorm': {
          const { mean, variance } = tf.moments(x, -1, true);
          const normalised = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, node.epsilon)));
          const scaled = node.gamma === null ? normalised : tf.mul(normalised, at(node.gamma));
          return node.beta === null ? scaled : tf.add(scaled, at(node.beta));
        }
        case 'relu':
          return tf.relu(x);
        case 'depthwiseConv2d': {
          const kernel = spreadKernel(tf, at(node.kernel), node);
          const y = tf.depthwiseConv2d(x as Tensor4D, kernel, [...node.strides], node.padding);
          return node.bias === null ? y : tf.add(y, at(node.bias));
        }
        case 'multiply': {
          const image = (map: Tensor) => (map.rank === 2 && inputs.some(({ rank }) => rank === 4) ? gateOf(map) : map);
          return tf.mul(image(x), image(inputs[1]));
        }
        case 'concat':
          return tf.concat([...inputs], -1);
        case 'zeroPad': {
          const { height, width } = plan.nodes[node.input].output;
          const bottom = node.output.height - height - node.top;
          const right = node.output.width - width - node.left;
          return tf.pad(x, [[0, 0], [node.top, bottom], [node.left, right], [0, 0]]); // prettier-ignore
        }
        case 'globalMaxPool': {
          // tf.max is not used: for equal maxima its gradient goes to all, and that of a pool to the first.
          const { height, width, channels } = plan.nodes[node.input].output;
          return tf.reshape(tf.maxPool(x as Tensor4D, [height, width], 1, 'valid'), [-1, channels]);
        }
        case 'activation':
          return activations[node.name](tf, x, node.slope);
        case 'prelu': {
          const slopes = at(node.slopes);
          return tf.prelu(x, tf.reshape(slopes, [slopes.size]));
        }
        case 'maxPool2d':
          return tf.maxPool(x as Tensor4D, [...node.poolSize], [...node.strides], node.padding);
        case 'averagePool2d':
          return averagePool(tf, x as Tensor4D, node, plan.nodes[node.input].output);
        case 'globalAveragePool':
          return tf.mean(x, [1, 2]);
        case 'dropout':
          if (seed === undefined) return x;
          return tf.mul(x, tf.tensor(dropoutFactors(dropoutMask(node, seed), x.size), x.shape));
        case 'add':
          return tf.add(x, inputs[1]);
        case 'flatten':
          return tf.reshape(x, [x.shape[0], -1]);
        case 'dense': {
          const y = tf.matMul(x, at(node.kernel));
          return node.bias === null ? y : tf.add(y, at(node.bias));
        }
      }
    }
  };

  return {
    plan,
    engine: `tfjs:${backend}`,

    async lossAndGradient(weights, batch, gradient, frozen) {
      checkBatch(plan, batch, frozen);
      const { count, pixels, labels, targets: soft, weights: factors } = batch;
      const moments = frozen ? measuredMoments(frozen) : batchMoments;
      const seed = frozen ? undefined : batch.seed;
      const result = await run(() => {
        const images = imageTensor(pixels, count);
        const targets = soft
          ? tf.tensor2d(soft.slice(0, count * plan.classes), [count, plan.classes])
          : tf.oneHot(Int32Array.from(labels.subarray(0, count)), plan.classes);
        const counting = factors && tf.tensor1d(factors.slice(0, count));
        const loss = (...tensors: Tensor[]) =>
          tf.losses.softmaxCrossEntropy(targets, logits(tensors, images, moments, seed), counting).asScalar();
        const { value, grads } = tf.valueAndGrads(loss)(weightTensors(weights));
        return tf.concat([value, ...grads].map((tensor) => tensor.flatten()));
      });
      gradient.set(result.subarray(1));
      return result[0];
    },

    async measure(weights, images) {
      const statistics = new Float64Array(plan.statisticsCount);
      for (let start = 0; start < images.count; start += measureBatch) {
        const count = Math.min(measureBatch, images.count - start);
        const batch = await run(() => {
          const measured: Tensor[] = [];
          logits(weightTensors(weights), tensorOf(images, start, count), (node, x) => {
            const moments = batchMoments(node, x);
            measured.push(moments.mean, moments.variance);
            return moments;
          });
          return measured.length > 0 ? tf.concat(measured) : tf.tensor1d([]);
        });
        mergeMoments(plan, statistics, start, batch, count);
      }
      return { weights: weights.slice(), statistics: Float32Array.from(statistics) };
    },

    async predict(solution, images) {
      const probabilities = new Float32Array(images.count * plan.classes);
      const measured = measuredMoments(solution);
      for (let start = 0; start < images.count; start += measureBatch) {
        const count = Math.min(measureBatch, images.count - start);
        const rows = await run(() =>
          tf.softmax(logits(weightTensors(solution.weights), tensorOf(images, start, count), measured)),
        );
        probabilities.set(rows, start * plan.classes);
      }
      return probabilities;
    },
  };
}

/**
 * Inserts zeros into the holes of a dilated kernel, since tf.js has no gradient for `dilations`.
 * @param kernel [kh, kw, …]
 */
function spreadKernel(tf: TensorFlow, kernel: Tensor, { kernelSize, dilation }: Dilated): Tensor4D {
  if (dilation.join() === '1,1') return kernel as Tensor4D;
  const [height, width] = kernelSize;
  const [, , inputs, outputs] = kernel.shape;
  const [tall, wide] = [height * dilation[0], width * dilation[1]];
  const columns = tf.pad(tf.reshape(kernel, [height * width, 1, inputs * outputs]), [[0, 0], [0, dilation[1] - 1], [0, 0]]); // prettier-ignore
  const rows = tf.pad(tf.reshape(columns, [height, 1, wide * inputs * outputs]), [[0, 0], [0, dilation[0] - 1], [0, 0]]); // prettier-ignore
  const all = tf.reshape(rows, [tall, wide, inputs, outputs]) as Tensor4D;
  return tf.slice(all, [0, 0, 0, 0], [tall - dilation[0] + 1, wide - dilation[1] + 1, inputs, outputs]);
}
type Dilated = Pick<NodeOf<'conv2d'>, 'kernelSize' | 'dilation'>;

/** Average pooling with explicit padding: the gradient of tf.avgPool's own padding counts pixels beyond the edge. */
function averagePool(tf: TensorFlow, x: Tensor4D, node: NodeOf<'averagePool2d'>, input: ImageShape): Tensor {
  const { poolSize, strides } = node;
  const [top, left] = leadingPadding(node, input);
  const [bottom, right] = trailingPadding(node, input);
  const pool = (map: Tensor4D): Tensor =>
    tf.avgPool(tf.pad(map, [[0, 0], [top, bottom], [left, right], [0, 0]]), [...poolSize], [...strides], 'valid'); // prettier-ignore
  if (top + left + bottom + right === 0) return pool(x);
  return tf.div(pool(x), pool(tf.ones([1, input.height, input.width, 1])));
}

/**
 * Adds the moments of `count` more images to those of `seen` images: δ = m' − m; m ← m + δ·n'/(n + n');
 * v ← (n·v + n'·v' + δ²·n·n'/(n + n')) / (n + n'). Source: Chan, Golub & LeVeque 1979.
 */
function mergeMoments(plan: Plan, total: Float64Array, seen: number, batch: Float32Array, count: number): void {
  const share = count / (seen + count);
  for (const node of plan.nodes) {
    if (node.kind !== 'batchNorm') continue;
    const { channels } = node.output;
    for (let mean = node.statistics; mean < node.statistics + channels; mean += 1) {
      const variance = mean + channels;
      const difference = batch[mean] - total[mean];
      total[variance] += share * (batch[variance] - total[variance] + (1 - share) * difference ** 2);
      total[mean] += share * difference;
    }
  }
}

/**
 * The oracle of the engines: any plan in plain float64 loops, NHWC, written to be read. It shares no code with an
 * engine. Shapes: N images, H × W pixels, C channels.
 */
import { allPixels, imageSize } from '../../data/images.ts';
import type { ImageShape, Images } from '../../data/images.ts';
import type { ActivationName } from '../../models/engine/activations.ts';
import { measureBatchSize } from '../../models/engine/layout.ts';
import type { Batch } from '../../models/engine/network.ts';
import type { NodeOf, Plan, PlanNode } from '../../models/engine/plan.ts';

type Vector = ArrayLike<number>;

/** What one forward pass leaves behind for the backward pass, per node. */
interface Pass {
  readonly count: number;
  readonly outputs: Float64Array[];
  /** Means and biased variances that normalised this pass. */
  readonly statistics: Float64Array;
  /** Whether these are constants instead of moments of the batch. */
  readonly isFrozen: boolean;
  /** For a max pool: index of the winner of each output in the pool's input. */
  readonly winners: Map<PlanNode, Int32Array>;
  /** Seed of the dropouts; undefined in evaluation, which has none. */
  readonly seed?: number;
}

/** Logits in training mode, [N, classes]. */
export function referenceLogits(plan: Plan, weights: Vector, { pixels, count, seed }: Batch): Float64Array {
  return last(forward(plan, weights, pixels, count, { seed }).outputs);
}

/**
 * Mean softmax cross-entropy in training mode, and its gradient by back-propagation.
 * @param frozen statistics that take the place of the batch's, as constants; there is no dropout then
 */
export function referenceLossAndGradient(
  plan: Plan,
  weights: Vector,
  { pixels, labels, targets, weights: factors, seed, count }: Batch,
  frozen?: Vector,
): { loss: number; gradient: Float64Array } {
  const { classes } = plan;
  const pass = forward(plan, weights, pixels, count, frozen ? { measured: frozen } : { seed });
  const probabilities = softmax(last(pass.outputs), classes);
  let loss = 0;
  const errors = probabilities.map((probability, i) => {
    const target = targets ? targets[i] : Number(labels[Math.floor(i / classes)] === i % classes);
    const share = (factors ? factors[Math.floor(i / classes)] : 1) / count;
    if (target > 0) loss -= target * Math.log(probability) * share;
    return (probability - target) * share;
  });
  return { loss, gradient: backward(plan, weights, pass, errors) };
}

/** Statistics vector over all images, moments merged as Σ over samples. */
export function referenceMeasure(plan: Plan, weights: Vector, images: Images): Float64Array {
  const size = imageSize(plan.input);
  const squares = new Float64Array(plan.statisticsCount);
  const statistics = new Float64Array(plan.statisticsCount);
  for (let start = 0; start < images.count; start += measureBatchSize(plan)) {
    const count = Math.min(measureBatchSize(plan), images.count - start);
    const batch = forward(plan, weights, allPixels(images).subarray(start * size), count).statistics;
    eachChannel(plan, (mean, variance) => {
      statistics[mean] += (batch[mean] * count) / images.count;
      squares[mean] += ((batch[variance] + batch[mean] ** 2) * count) / images.count;
    });
  }
  eachChannel(plan, (mean, variance) => {
    statistics[variance] = squares[mean] - statistics[mean] ** 2;
  });
  return statistics;
}

/** Class probabilities in evaluation mode, [N, classes]. */
export function referencePredict(plan: Plan, weights: Vector, statistics: Vector, images: Images): Float64Array {
  return softmax(
    last(forward(plan, weights, allPixels(images), images.count, { measured: statistics }).outputs),
    plan.classes,
  );
}

/** With measured statistics in evaluation mode; else with those of the batch, and dropout if there is a seed. */
function forward(
  plan: Plan,
  weights: Vector,
  pixels: Uint8Array,
  count: number,
  { measured, seed }: { measured?: Vector; seed?: number } = {},
): Pass {
  const statistics = measured ? Float64Array.from(measured) : new Float64Array(plan.statisticsCount);
  const pass: Pass = { count, outputs: [], statistics, isFrozen: measured !== undefined, winners: new Map(), seed };
  for (const node of plan.nodes) {
    const y = new Float64Array(count * imageSize(node.output));
    pass.outputs.push(y);
    if (node.kind === 'input') {
      const { normalization } = node;
      for (let i = 0; i < y.length; i += 1) {
        const channel = i % node.output.channels;
        y[i] = pixels[i] / 255;
        if (normalization) y[i] = (y[i] - normalization.mean[channel]) / normalization.deviation[channel];
      }
      continue;
    }
    if (node.kind === 'add') {
      const [a, b] = node.inputs.map((id) => pass.outputs[id]);
      for (let i = 0; i < y.length; i += 1) y[i] = a[i] + b[i];
      continue;
    }
    if (node.kind === 'multiply') {
      eachFactor(plan, node, y.length, (out, [a, b], [i, j]) => (y[out] = pass.outputs[a][i] * pass.outputs[b][j]));
      continue;
    }
    if (node.kind === 'concat') {
      eachPart(plan, node, count, (out, source, i) => (y[out] = pass.outputs[source][i]));
      continue;
    }
    const x = pass.outputs[node.input];
    const shape = plan.nodes[node.input].output;
    switch (node.kind) {
      case 'conv2d':
      case 'dense':
        eachProduct(node, shape, count, (out, input, kernel) => (y[out] += x[input] * weights[kernel]));
        if (node.bias !== null) for (let i = 0; i < y.length; i += 1) y[i] += weights[node.bias + channelOf(node, i)];
        break;
      case 'batchNorm':
        if (!measured) moments(node, x, pass);
        for (let i = 0; i < y.length; i += 1)
          y[i] = scale(node, weights, i) * normalised(node, x, i, pass) + shift(node, weights, i);
        break;
      case 'layerNorm':
        eachNormalised(node, x, (i, value) => (y[i] = scale(node, weights, i) * value + shift(node, weights, i)));
        break;
      case 'relu':
        for (let i = 0; i < y.length; i += 1) y[i] = Math.max(0, x[i]);
        break;
      case 'depthwiseConv2d':
        eachDepthwiseProduct(node, shape, count, (out, input, kernel) => (y[out] += x[input] * weights[kernel]));
        if (node.bias !== null) for (let i = 0; i < y.length; i += 1) y[i] += weights[node.bias + channelOf(node, i)];
        break;
      case 'zeroPad':
        eachPixelInside(node, shape, count, (out, input) => (y[out] = x[input]));
        break;
      case 'globalMaxPool':
        globalWinners(node, shape, x, count).forEach((winner, i) => (y[i] = x[winner]));
        break;
      case 'activation':
        for (let i = 0; i < y.length; i += 1) y[i] = activations[node.name].value(x[i], node.slope);
        break;
      case 'prelu':
        for (let i = 0; i < y.length; i += 1) y[i] = x[i] > 0 ? x[i] : weights[node.slopes + channelOf(node, i)] * x[i];
        break;
      case 'maxPool2d': {
        const winners = maxPoolWinners(node, shape, x, count);
        for (let i = 0; i < y.length; i += 1) y[i] = x[winners[i]];
        pass.winners.set(node, winners);
        break;
      }
      case 'averagePool2d':
      case 'globalAveragePool':
        eachCellOfAverage(node, shape, count, (out, input, share) => (y[out] += share * x[input]));
        break;
      case 'dropout':
        for (let i = 0; i < y.length; i += 1) y[i] = x[i] * dropoutFactor(node, seed, i);
        break;
      case 'flatten':
        y.set(x);
        break;
    }
  }
  return pass;
}

/** @param errors ∂loss/∂logits */
function backward(plan: Plan, weights: Vector, pass: Pass, errors: Float64Array): Float64Array {
  const gradient = new Float64Array(plan.weightCount);
  const deltas = pass.outputs.map((output) => new Float64Array(output.length));
  last(deltas).set(errors);
  for (let id = plan.nodes.length - 1; id >= 0; id -= 1) {
    const node = plan.nodes[id];
    if (node.kind === 'input') continue;
    const dy = deltas[id];
    if (node.kind === 'add') {
      for (const source of node.inputs) for (let i = 0; i < dy.length; i += 1) deltas[source][i] += dy[i];
      continue;
    }
    if (node.kind === 'multiply') {
      eachFactor(plan, node, dy.length, (out, [a, b], [i, j]) => {
        const [left, right] = [pass.outputs[a][i], pass.outputs[b][j]];
        deltas[a][i] += right * dy[out];
        deltas[b][j] += left * dy[out];
      });
      continue;
    }
    if (node.kind === 'concat') {
      eachPart(plan, node, pass.count, (out, source, i) => (deltas[source][i] += dy[out]));
      continue;
    }
    const [x, dx] = [pass.outputs[node.input], deltas[node.input]];
    switch (node.kind) {
      case 'conv2d':
      case 'dense':
        eachProduct(node, plan.nodes[node.input].output, pass.count, (out, input, kernel) => {
          gradient[kernel] += x[input] * dy[out];
          dx[input] += weights[kernel] * dy[out];
        });
        if (node.bias !== null)
          for (let i = 0; i < dy.length; i += 1) gradient[node.bias + channelOf(node, i)] += dy[i];
        break;
      case 'batchNorm':
        batchNormBackward(node, weights, x, dy, pass, dx, gradient);
        break;
      case 'layerNorm':
        layerNormBackward(node, weights, x, dy, dx, gradient);
        break;
      case 'relu':
        for (let i = 0; i < dy.length; i += 1) dx[i] += x[i] > 0 ? dy[i] : 0;
        break;
      case 'depthwiseConv2d':
        eachDepthwiseProduct(node, plan.nodes[node.input].output, pass.count, (out, input, kernel) => {
          gradient[kernel] += x[input] * dy[out];
          dx[input] += weights[kernel] * dy[out];
        });
        if (node.bias !== null)
          for (let i = 0; i < dy.length; i += 1) gradient[node.bias + channelOf(node, i)] += dy[i];
        break;
      case 'zeroPad':
        eachPixelInside(node, plan.nodes[node.input].output, pass.count, (out, input) => (dx[input] += dy[out]));
        break;
      case 'globalMaxPool':
        globalWinners(node, plan.nodes[node.input].output, x, pass.count).forEach((winner, i) => (dx[winner] += dy[i]));
        break;
      case 'activation':
        for (let i = 0; i < dy.length; i += 1) dx[i] += activations[node.name].slope(x[i], node.slope) * dy[i];
        break;
      case 'prelu':
        for (let i = 0; i < dy.length; i += 1) {
          const slope = node.slopes + channelOf(node, i);
          dx[i] += x[i] > 0 ? dy[i] : weights[slope] * dy[i];
          gradient[slope] += x[i] > 0 ? 0 : x[i] * dy[i];
        }
        break;
      case 'maxPool2d':
        pass.winners.get(node)?.forEach((winner, i) => (dx[winner] += dy[i]));
        break;
      case 'averagePool2d':
      case 'globalAveragePool':
        eachCellOfAverage(node, plan.nodes[node.input].output, pass.count, (out, input, share) => {
          dx[input] += share * dy[out];
        });
        break;
      case 'dropout':
        for (let i = 0; i < dy.length; i += 1) dx[i] += dy[i] * dropoutFactor(node, pass.seed, i);
        break;
      case 'flatten':
        for (let i = 0; i < dy.length; i += 1) dx[i] += dy[i];
        break;
    }
  }
  return gradient;
}

/**
 * Visits every product of a convolution: y[out] += x[input] · w[kernel]. A dense layer is a 1×1 convolution of a 1×1
 * image. Padding 'same' puts the larger half of an odd padding behind the image, as TensorFlow does.
 */
function eachProduct(
  node: NodeOf<'conv2d'> | NodeOf<'dense'>,
  input: ImageShape,
  count: number,
  visit: (out: number, input: number, kernel: number) => void,
): void {
  const [kernelHeight, kernelWidth] = node.kind === 'conv2d' ? node.kernelSize : [1, 1];
  const [strideY, strideX] = node.kind === 'conv2d' ? node.strides : [1, 1];
  const same = node.kind === 'conv2d' && node.padding === 'same';
  const { output } = node;
  const [dilationY, dilationX] = node.kind === 'conv2d' ? node.dilation : [1, 1];
  const padding = (size: number, kernel: number, stride: number, outputs: number): number =>
    same ? Math.floor(Math.max(0, (outputs - 1) * stride + kernel - size) / 2) : 0;
  const top = padding(input.height, (kernelHeight - 1) * dilationY + 1, strideY, output.height);
  const left = padding(input.width, (kernelWidth - 1) * dilationX + 1, strideX, output.width);

  for (let n = 0; n < count; n += 1) {
    for (let outY = 0; outY < output.height; outY += 1) {
      for (let outX = 0; outX < output.width; outX += 1) {
        for (let kernelY = 0; kernelY < kernelHeight; kernelY += 1) {
          for (let kernelX = 0; kernelX < kernelWidth; kernelX += 1) {
            const [y, x] = [outY * strideY + kernelY * dilationY - top, outX * strideX + kernelX * dilationX - left];
            if (y < 0 || y >= input.height || x < 0 || x >= input.width) continue;
            const [outFirst, inFirst] = [index(output, n, outY, outX, 0), index(input, n, y, x, 0)];
            for (let from = 0; from < input.channels; from += 1) {
              const kernel = ((kernelY * kernelWidth + kernelX) * input.channels + from) * output.channels;
              for (let to = 0; to < output.channels; to += 1) {
                visit(outFirst + to, inFirst + from, node.kernel + kernel + to);
              }
            }
          }
        }
      }
    }
  }
}

/** Visits every product of a depthwise convolution, as `eachProduct`. */
function eachDepthwiseProduct(
  node: NodeOf<'depthwiseConv2d'>,
  input: ImageShape,
  count: number,
  visit: (out: number, input: number, kernel: number) => void,
): void {
  const { output, kernelSize, strides, dilation, padding } = node;
  const { channels } = output;
  const span = (axis: 0 | 1): number => (kernelSize[axis] - 1) * dilation[axis] + 1;
  const before = (size: number, axis: 0 | 1, outputs: number): number =>
    padding === 'valid' ? 0 : Math.floor(Math.max(0, (outputs - 1) * strides[axis] + span(axis) - size) / 2);
  const [top, left] = [before(input.height, 0, output.height), before(input.width, 1, output.width)];
  for (let out = 0; out < count * imageSize(output); out += 1) {
    const c = out % channels;
    const outX = Math.floor(out / channels) % output.width;
    const outY = Math.floor(out / channels / output.width) % output.height;
    const n = Math.floor(out / imageSize(output));
    for (let kernelY = 0; kernelY < kernelSize[0]; kernelY += 1) {
      for (let kernelX = 0; kernelX < kernelSize[1]; kernelX += 1) {
        const y = outY * strides[0] + kernelY * dilation[0] - top;
        const x = outX * strides[1] + kernelX * dilation[1] - left;
        if (y < 0 || y >= input.height || x < 0 || x >= input.width) continue;
        visit(out, index(input, n, y, x, c), node.kernel + (kernelY * kernelSize[1] + kernelX) * channels + c);
      }
    }
  }
}

/** Visits every element of a product, with the places of its two factors; a vector has one for each channel. */
function eachFactor(
  plan: Plan,
  node: NodeOf<'multiply'>,
  length: number,
  visit: (out: number, sources: readonly [number, number], places: readonly [number, number]) => void,
): void {
  const { channels } = node.output;
  const placeIn = (source: number, out: number): number =>
    imageSize(plan.nodes[source].output) === imageSize(node.output)
      ? out
      : Math.floor(out / imageSize(node.output)) * channels + (out % channels);
  const [a, b] = node.inputs;
  for (let out = 0; out < length; out += 1) visit(out, [a, b], [placeIn(a, out), placeIn(b, out)]);
}

/** Visits every element of a concatenation, with the node and the place that it comes from. */
function eachPart(
  plan: Plan,
  node: NodeOf<'concat'>,
  count: number,
  visit: (out: number, source: number, input: number) => void,
): void {
  const pixels = count * node.output.height * node.output.width;
  let offset = 0;
  for (const source of node.inputs) {
    const { channels } = plan.nodes[source].output;
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      for (let c = 0; c < channels; c += 1)
        visit(pixel * node.output.channels + offset + c, source, pixel * channels + c);
    }
    offset += channels;
  }
}

/** Visits every pixel that lies inside the zeros. */
function eachPixelInside(
  node: NodeOf<'zeroPad'>,
  input: ImageShape,
  count: number,
  visit: (out: number, input: number) => void,
): void {
  for (let n = 0; n < count; n += 1) {
    for (let y = 0; y < input.height; y += 1) {
      for (let x = 0; x < input.width; x += 1) {
        for (let c = 0; c < input.channels; c += 1) {
          visit(index(node.output, n, y + node.top, x + node.left, c), index(input, n, y, x, c));
        }
      }
    }
  }
}

/** The first maximum of each channel of each image. */
function globalWinners(node: PlanNode, input: ImageShape, x: Float64Array, count: number): Int32Array {
  const winners = new Int32Array(count * imageSize(node.output));
  for (const out of winners.keys()) {
    const [n, c] = [Math.floor(out / input.channels), out % input.channels];
    let winner = index(input, n, 0, 0, c);
    for (let pixel = 1; pixel < input.height * input.width; pixel += 1) {
      const candidate = index(input, n, 0, pixel, c);
      if (x[candidate] > x[winner]) winner = candidate;
    }
    winners[out] = winner;
  }
  return winners;
}

interface Activation {
  readonly value: (x: number, slope: number) => number;
  readonly slope: (x: number, slope: number) => number;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** Φ(x) and its derivative; Φ by Simpson's rule over parts of at most 0.005, which is exact to 1e-11. */
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
function normalBelow(x: number): number {
  if (Math.abs(x) > 9) return x < 0 ? 0 : 1;
  const parts = 2 * Math.ceil(Math.abs(x) / 0.01) || 2;
  let sum = 0;
  for (let i = 0; i <= parts; i += 1)
    sum += (i === 0 || i === parts ? 1 : i % 2 === 0 ? 2 : 4) * density((x * i) / parts);
  return 0.5 + ((x / parts) * sum) / 3;
}

const activations: Readonly<Record<ActivationName, Activation>> = {
  relu6: { value: (x) => Math.min(Math.max(0, x), 6), slope: (x) => Number(x > 0 && x < 6) },
  leakyRelu: { value: (x, slope) => (x > 0 ? x : slope * x), slope: (x, slope) => (x > 0 ? 1 : slope) },
  sigmoid: { value: sigmoid, slope: (x) => sigmoid(x) * (1 - sigmoid(x)) },
  tanh: { value: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  swish: { value: (x) => x * sigmoid(x), slope: (x) => sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x)) },
  gelu: { value: (x) => x * normalBelow(x), slope: (x) => normalBelow(x) + x * density(x) },
};

/** The first maximum of a window wins. */
function maxPoolWinners(node: NodeOf<'maxPool2d'>, input: ImageShape, x: Float64Array, count: number): Int32Array {
  const { output } = node;
  const winners = new Int32Array(count * imageSize(output));
  for (let outY = 0; outY < output.height; outY += 1) {
    for (let outX = 0; outX < output.width; outX += 1) {
      const cells = cellsOf(node, input, outY, outX);
      for (let n = 0; n < count; n += 1) {
        for (let c = 0; c < output.channels; c += 1) {
          let winner = index(input, n, ...cells[0], c);
          for (const [cellY, cellX] of cells) {
            const candidate = index(input, n, cellY, cellX, c);
            if (x[candidate] > x[winner]) winner = candidate;
          }
          winners[index(output, n, outY, outX, c)] = winner;
        }
      }
    }
  }
  return winners;
}

/** The pixels of a window that lie inside the image, row by row; of an odd padding, the larger half lies behind. */
function cellsOf(
  { poolSize, strides, padding, output }: NodeOf<'maxPool2d'> | NodeOf<'averagePool2d'>,
  { height, width }: ImageShape,
  outY: number,
  outX: number,
): [y: number, x: number][] {
  const inside = (axis: 0 | 1, size: number, outputs: number, out: number): number[] => {
    const beyond = padding === 'same' ? Math.max(0, (outputs - 1) * strides[axis] + poolSize[axis] - size) : 0;
    const start = out * strides[axis] - Math.floor(beyond / 2);
    return Array.from({ length: poolSize[axis] }, (_, i) => start + i).filter((cell) => cell >= 0 && cell < size);
  };
  const columns = inside(1, width, output.width, outX);
  return inside(0, height, output.height, outY).flatMap((y) => columns.map((x): [number, number] => [y, x]));
}

/** Visits every element of every averaged window, with its share in the average. */
function eachCellOfAverage(
  node: NodeOf<'averagePool2d'> | NodeOf<'globalAveragePool'>,
  input: ImageShape,
  count: number,
  visit: (out: number, input: number, share: number) => void,
): void {
  const { height, width, channels } = node.output;
  const whole = { poolSize: [input.height, input.width], strides: [1, 1], padding: 'valid' } as const;
  const window = node.kind === 'globalAveragePool' ? { ...node, kind: 'averagePool2d' as const, ...whole } : node;
  const windows = Array.from({ length: height * width }, (_, place) =>
    cellsOf(window, input, Math.floor(place / width), place % width),
  );
  for (let out = 0; out < count * imageSize(node.output); out += 1) {
    const c = out % channels;
    const place = Math.floor(out / channels);
    const n = Math.floor(place / windows.length);
    const cells = windows[place % windows.length];
    for (const [y, x] of cells) visit(out, index(input, n, y, x, c), 1 / cells.length);
  }
}

/** 0 or 1 / (1 − rate), by the hash that models/engine/dropout.ts specifies, here in integers of any size. */
function dropoutFactor({ rate, stream }: NodeOf<'dropout'>, seed: number | undefined, element: number): number {
  if (seed === undefined) return 1;
  const key = murmurMix(murmurMix(BigInt(seed)) + BigInt(stream));
  const bits = murmurMix(murmurMix(BigInt(element) + key) ^ key);
  return Number(bits) < Math.round(rate * 2 ** 32) ? 0 : 1 / (1 - rate);
}

function murmurMix(value: bigint): bigint {
  const u32 = (bits: bigint): bigint => BigInt.asUintN(32, bits);
  let h = u32(value);
  h = u32((h ^ (h >> 16n)) * 0x85ebca6bn);
  h = u32((h ^ (h >> 13n)) * 0xc2b2ae35n);
  return h ^ (h >> 16n);
}

/** Mean and biased variance of each channel over images and pixels. */
function moments(node: NodeOf<'batchNorm'>, x: Float64Array, { statistics }: Pass): void {
  const { channels } = node.output;
  const samples = x.length / channels;
  for (let c = 0; c < channels; c += 1) {
    let [mean, variance] = [0, 0];
    for (let i = c; i < x.length; i += channels) mean += x[i] / samples;
    for (let i = c; i < x.length; i += channels) variance += (x[i] - mean) ** 2 / samples;
    statistics[node.statistics + c] = mean;
    statistics[node.statistics + channels + c] = variance;
  }
}

/** dx = γ/σ · (dy − mean(dy) − x̂ · mean(dy · x̂)). Source: Ioffe & Szegedy 2015, arXiv:1502.03167. */
function batchNormBackward(
  node: NodeOf<'batchNorm'>,
  weights: Vector,
  x: Float64Array,
  dy: Float64Array,
  pass: Pass,
  dx: Float64Array,
  gradient: Float64Array,
): void {
  const { channels } = node.output;
  const samples = x.length / channels;
  for (let c = 0; c < channels; c += 1) {
    let [sum, product] = [0, 0];
    for (let i = c; i < x.length; i += channels) {
      sum += dy[i];
      product += dy[i] * normalised(node, x, i, pass);
    }
    if (node.beta !== null) gradient[node.beta + c] += sum;
    if (node.gamma !== null) gradient[node.gamma + c] += product;
    const factor = scale(node, weights, c) / deviation(node, c, pass);
    for (let i = c; i < x.length; i += channels) {
      const throughMoments = sum / samples + (normalised(node, x, i, pass) * product) / samples;
      dx[i] += factor * (dy[i] - (pass.isFrozen ? 0 : throughMoments));
    }
  }
}

/** Visits every element with its x̂, normalised over the channels of its pixel. */
function eachNormalised(
  { output: { channels }, epsilon }: NodeOf<'layerNorm'>,
  x: Float64Array,
  visit: (i: number, value: number, deviation: number) => void,
): void {
  for (let pixel = 0; pixel < x.length; pixel += channels) {
    const values = Array.from(x.subarray(pixel, pixel + channels));
    const mean = values.reduce((sum, value) => sum + value, 0) / channels;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channels;
    const root = Math.sqrt(variance + epsilon);
    for (const [c, value] of values.entries()) visit(pixel + c, (value - mean) / root, root);
  }
}

/** dx = (g − mean(g) − x̂ · mean(g · x̂)) / σ with g = γ · dy, the means over the channels of a pixel. */
function layerNormBackward(
  node: NodeOf<'layerNorm'>,
  weights: Vector,
  x: Float64Array,
  dy: Float64Array,
  dx: Float64Array,
  gradient: Float64Array,
): void {
  const { channels } = node.output;
  const [sums, products] = [new Float64Array(x.length / channels), new Float64Array(x.length / channels)];
  eachNormalised(node, x, (i, value) => {
    if (node.gamma !== null) gradient[node.gamma + channelOf(node, i)] += dy[i] * value;
    if (node.beta !== null) gradient[node.beta + channelOf(node, i)] += dy[i];
    const slope = scale(node, weights, i) * dy[i];
    sums[Math.floor(i / channels)] += slope / channels;
    products[Math.floor(i / channels)] += (slope * value) / channels;
  });
  eachNormalised(node, x, (i, value, root) => {
    const pixel = Math.floor(i / channels);
    dx[i] += (scale(node, weights, i) * dy[i] - sums[pixel] - value * products[pixel]) / root;
  });
}

const deviation = (node: NodeOf<'batchNorm'>, i: number, { statistics }: Pass): number =>
  Math.sqrt(statistics[node.statistics + node.output.channels + channelOf(node, i)] + node.epsilon);
const normalised = (node: NodeOf<'batchNorm'>, x: Float64Array, i: number, pass: Pass): number =>
  (x[i] - pass.statistics[node.statistics + channelOf(node, i)]) / deviation(node, i, pass);
const scale = (node: NodeOf<'batchNorm'> | NodeOf<'layerNorm'>, weights: Vector, i: number): number =>
  node.gamma === null ? 1 : weights[node.gamma + channelOf(node, i)];
const shift = (node: NodeOf<'batchNorm'> | NodeOf<'layerNorm'>, weights: Vector, i: number): number =>
  node.beta === null ? 0 : weights[node.beta + channelOf(node, i)];

const channelOf = (node: PlanNode, i: number): number => i % node.output.channels;
const index = (shape: ImageShape, n: number, y: number, x: number, c: number): number =>
  ((n * shape.height + y) * shape.width + x) * shape.channels + c;
const last = (values: readonly Float64Array[]): Float64Array => values[values.length - 1];

function eachChannel(plan: Plan, visit: (mean: number, variance: number) => void): void {
  for (const node of plan.nodes) {
    if (node.kind !== 'batchNorm') continue;
    for (let c = 0; c < node.output.channels; c += 1) {
      visit(node.statistics + c, node.statistics + node.output.channels + c);
    }
  }
}

/** Row by row, shifted by the row's maximum. */
function softmax(logits: Float64Array, classes: number): Float64Array {
  const probabilities = new Float64Array(logits.length);
  for (let row = 0; row < logits.length; row += classes) {
    const values = logits.subarray(row, row + classes);
    const maximum = Math.max(...values);
    const exponentials = values.map((value) => Math.exp(value - maximum));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    probabilities.set(
      exponentials.map((value) => value / sum),
      row,
    );
  }
  return probabilities;
}

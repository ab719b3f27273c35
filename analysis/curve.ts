/**
 * Curves of low loss between two solutions w₁ and w₂, bent by one trained point θ:
 *
 *   bezier     φ(t) = (1 − t)² w₁ + 2t(1 − t) θ + t² w₂
 *   polygonal  φ(t) = w₁ + 2t (θ − w₁) up to t = ½, then θ + (2t − 1)(w₂ − θ)
 *
 * θ minimises the loss at t drawn uniformly, by the chain rule  ∂L(φ(t))/∂θ = (∂φ/∂θ) ∇L(φ(t)).
 * Source: Garipov et al. 2018, arXiv:1802.10026, sections 3.1 and 3.2.
 */
import { random } from '../numerics/random.ts';
import type { LabelledImages } from '../data/index.ts';
import type { Network } from '../models/index.ts';
import {
  createBatches,
  createGradient,
  createOptimizer,
  type Parameters,
  type Gradient,
  createSchedule,
} from '../pipeline/index.ts';
import { largest } from '../numerics/statistics.ts';

/** Weights of w₁, θ and w₂ in φ(t), which sum to 1. */
export type Curve = (t: number) => readonly [first: number, bend: number, second: number];

export const curves = {
  bezier: (t) => [(1 - t) ** 2, 2 * t * (1 - t), t ** 2],
  polygonal: (t) => (t <= 0.5 ? [1 - 2 * t, 2 * t, 0] : [0, 2 - 2 * t, 2 * t - 1]),
} as const satisfies Record<string, Curve>;

export type CurveName = keyof typeof curves;

export type Ends = readonly [first: Float32Array, second: Float32Array];

export interface CurveTask {
  readonly network: Network;
  readonly curve: CurveName;
  readonly ends: Ends;
  readonly images: LabelledImages;
  /** Optimizer, gradient, batches, augmentation and schedule, as in any training, but without scores for `plateau`. */
  readonly parameters: Parameters;
  readonly epochs: number;
  readonly seed: number;
}

export type CurveOutcome =
  | {
      readonly status: 'done';
      /** θ, f32[P] */
      readonly bend: Float32Array;
      /** Mean training loss along the curve in each epoch, in nats. */
      readonly losses: readonly number[];
    }
  /** The epoch, counted from 0, in which the loss was not finite. */
  | { readonly status: 'diverged'; readonly epoch: number };

/** φ(t), computed in float64 and rounded once. */
export function curvePoint(curve: Curve, [w1, w2]: Ends, bend: Float32Array, t: number): Float32Array {
  const [first, middle, second] = curve(t);
  return w1.map((w, i) => first * w + middle * bend[i] + second * w2[i]);
}

/** The point of the straight line between the ends: w₁ at t = 0, w₂ at t = 1. */
export const chordPoint = (ends: Ends, t: number): Float32Array => curvePoint((s) => [1 - s, 0, s], ends, ends[0], t);

/** The gradient of L(φ(t)) with respect to θ at the current t. Its weights are θ. */
export const alongCurve =
  (inner: Gradient, curve: Curve, ends: Ends, t: () => number): Gradient =>
  async (bend, batch, gradient) => {
    const at = t();
    const loss = await inner(curvePoint(curve, ends, bend, at), batch, gradient);
    const [, share] = curve(at);
    for (let i = 0; i < gradient.length; i += 1) gradient[i] *= share;
    return loss;
  };

/** Trains θ from the middle of the chord. Every batch draws its own t. The same task gives the same bits. */
export async function trainCurve(task: CurveTask): Promise<CurveOutcome> {
  const { network, curve, ends, images, parameters, epochs, seed } = task;
  const stepsPerEpoch = Math.ceil(images.count / parameters.batchSize);
  const schedule = createSchedule(parameters, { epochs, stepsPerEpoch });
  const batches = createBatches(images, parameters.batchSize, seed, {
    augmentation: parameters.augment,
    labelSmoothing: parameters.labelSmoothing,
    classWeights: parameters.classWeights,
    classes: network.plan.classes,
  });
  const bend = chordPoint(ends, 0.5);
  const gradient = new Float32Array(bend.length);
  let t = 0;
  const lossAndGradient = alongCurve(createGradient(network, parameters), curves[curve], ends, () => t);
  const update = createOptimizer(parameters)(network.plan);
  const losses: number[] = [];
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const places = random(seed, 'curve', epoch);
    let lossSum = 0;
    for (const batch of batches(epoch)) {
      t = places.float();
      const loss = await lossAndGradient(bend, batch, gradient);
      if (!Number.isFinite(loss)) return { status: 'diverged', epoch };
      update(bend, gradient, schedule.rate(step));
      lossSum += loss * batch.count;
      step += 1;
    }
    losses.push(lossSum / images.count);
  }
  return { status: 'done', bend, losses };
}

/** Loss barrier: how far the largest loss on a path is above the larger loss of its ends, or 0. */
export const barrier = (losses: readonly number[]): number =>
  largest(losses) - Math.max(losses[0], losses[losses.length - 1]);

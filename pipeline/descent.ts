/** The gradient and the optimizer that the parameters name: what every method descends with. */
import { type Network, vectorsOf } from '../models/index.ts';
import type { Parameters } from './parameters.ts';
import type { Gradient } from './gradient.ts';
import { asam } from './gradients/asam.ts';
import { clipped } from './gradients/clipped.ts';
import { l2 } from './gradients/l2.ts';
import { sam } from './gradients/sam.ts';
import { subBatches } from './gradients/sub-batches.ts';
import type { Optimizer } from './optimizer.ts';
import { optimizers } from './optimizers/index.ts';

/** From the inside out: the loss, its L2 term, the climb of SAM, the mean over sub-batches, the limit on the norm. */
export function createGradient(network: Network, parameters: Parameters): Gradient {
  const { optimizer, weightDecay, rho, adaptiveRho, subBatch, clipNorm } = parameters;
  let gradient: Gradient = (w, batch, g) => network.lossAndGradient(w, batch, g);
  if (!optimizers[optimizer].uses.includes('weightDecay')) {
    gradient = l2(gradient, weightDecay, vectorsOf(network.kernels));
  }
  if (rho > 0) gradient = adaptiveRho ? asam(gradient, rho) : sam(gradient, rho);
  if (subBatch > 0) gradient = subBatches(gradient, subBatch, network.plan);
  if (clipNorm > 0) gradient = clipped(gradient, clipNorm);
  return gradient;
}

export const createOptimizer = (parameters: Parameters): Optimizer =>
  optimizers[parameters.optimizer].create(parameters);

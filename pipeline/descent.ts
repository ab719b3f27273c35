/** The gradient and the optimizer that the parameters name: what every method descends with. */
import { type Network, vectorsOf } from '../models/index.ts';
import type { Parameters } from './parameters.ts';
import type { Gradient } from './gradient.ts';
import { gradients } from './gradients/index.ts';
import type { Optimizer } from './optimizer.ts';
import { optimizers } from './optimizers/index.ts';

/** The loss of the network, and around it what the parameters switch on of `gradients`, in its order. */
export function createGradient(network: Network, parameters: Parameters): Gradient {
  const vectors = vectorsOf(network.kernels);
  const loss: Gradient = (w, batch, g) => network.lossAndGradient(w, batch, g);
  return gradients
    .filter((entry) => Boolean(parameters[entry.switch]))
    .reduce((inner, { wrap }) => wrap(inner, parameters, network.plan, vectors), loss);
}

export const createOptimizer = (parameters: Parameters): Optimizer =>
  optimizers[parameters.optimizer].create(parameters);

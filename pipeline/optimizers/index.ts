/** Every optimizer that a configuration can name: a new one is a file beside this one and a line here. */
import type { Optimizer } from '../optimizer.ts';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { decoupled } from './decoupled.ts';
import { heavyBall } from './heavy-ball.ts';
import { momentum } from './momentum.ts';
import { nesterov } from './nesterov.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

/** What optimizers take of the parameters; `parametersSchema` says what each means. */
export interface OptimizerOptions {
  readonly momentum: number;
  readonly squareDecay: number;
  readonly weightDecay: number;
}

interface Entry {
  readonly create: (options: OptimizerOptions) => Optimizer;
  /** Whether it decays the weights itself. For the others weight decay is part of the gradient. Default: false. */
  readonly decaysWeights?: boolean;
}

const entries = {
  sgd: { create: () => sgd() },
  momentum: { create: (options) => momentum(options) },
  'heavy-ball': { create: (options) => heavyBall(options) },
  nesterov: { create: (options) => nesterov(options) },
  adagrad: { create: () => adagrad() },
  rmsprop: { create: (options) => rmsprop(options) },
  adam: { create: (options) => adam(options) },
  'adam-uncorrected': { create: (options) => adam(options, false) },
  adamw: { create: (options) => decoupled(adam(options), options.weightDecay), decaysWeights: true },
} as const satisfies Record<string, Entry>;

export type OptimizerName = keyof typeof entries;
export const optimizers: Readonly<Record<OptimizerName, Entry>> = entries;

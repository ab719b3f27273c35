/** Every optimizer that a configuration can name: a new one is a file beside this one and a line here. */
import type { Optimizer } from '../optimizer.ts';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { decoupled } from './decoupled.ts';
import { heavyBall } from './heavy-ball.ts';
import { lamb } from './lamb.ts';
import { lion } from './lion.ts';
import { lookahead } from './lookahead.ts';
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
  /**
   * Which options it looks at. One with `weightDecay` decays the weights itself; for the others weight decay is part
   * of the gradient.
   */
  readonly uses: readonly (keyof OptimizerOptions)[];
}

const entries = {
  sgd: { create: () => sgd(), uses: [] },
  momentum: { create: (options) => momentum(options), uses: ['momentum'] },
  'heavy-ball': { create: (options) => heavyBall(options), uses: ['momentum'] },
  nesterov: { create: (options) => nesterov(options), uses: ['momentum'] },
  adagrad: { create: () => adagrad(), uses: [] },
  rmsprop: { create: (options) => rmsprop(options), uses: ['squareDecay'] },
  adam: { create: (options) => adam(options), uses: ['momentum', 'squareDecay'] },
  'adam-uncorrected': { create: (options) => adam(options, false), uses: ['momentum', 'squareDecay'] },
  adamw: {
    create: (options) => decoupled(adam(options), options.weightDecay),
    uses: ['momentum', 'squareDecay', 'weightDecay'],
  },
  lamb: { create: (options) => lamb(options), uses: ['momentum', 'squareDecay', 'weightDecay'] },
  lion: { create: (options) => lion(options), uses: ['momentum', 'weightDecay'] },
  lookahead: { create: (options) => lookahead(momentum(options)), uses: ['momentum'] },
} as const satisfies Record<string, Entry>;

export type OptimizerName = keyof typeof entries;
export const optimizers: Readonly<Record<OptimizerName, Entry>> = entries;

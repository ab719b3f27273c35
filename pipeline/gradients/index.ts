/**
 * Every function from one gradient to another that parameters can switch on, from the inside out: the L2 term, the climb
 * of SAM, the mean over sub-batches, centralization, the limit on the norm. A new one is a file beside this one and a
 * line here, at its place.
 */
import { type Plan, type Vectors } from '../../models/index.ts';
import type { Gradient } from '../gradient.ts';
import { optimizers } from '../optimizers/index.ts';
import type { Parameters } from '../parameters.ts';
import { asam } from './asam.ts';
import { centralized } from './centralized.ts';
import { clipped } from './clipped.ts';
import { gsam } from './gsam.ts';
import { l2 } from './l2.ts';
import { sam } from './sam.ts';
import { subBatches } from './sub-batches.ts';

interface Entry {
  /** The parameter that switches it on when it is true or above 0. */
  readonly switch: keyof Parameters;
  /** Which other parameters have an effect while it is on. */
  readonly uses: readonly (keyof Parameters)[];
  readonly wrap: (inner: Gradient, parameters: Parameters, plan: Plan, vectors: Vectors) => Gradient;
}

const entries = {
  l2: {
    switch: 'weightDecay',
    uses: [],
    // The optimizers that decay weights themselves do so apart from the gradient.
    wrap: (inner, { optimizer, weightDecay }, _plan, vectors) =>
      optimizers[optimizer].uses.includes('weightDecay') ? inner : l2(inner, weightDecay, vectors),
  },
  sam: {
    switch: 'rho',
    uses: ['adaptiveRho', 'gapWeight'],
    wrap: (inner, { rho, adaptiveRho, gapWeight }) => {
      const climb = (under: Gradient) => (adaptiveRho ? asam(under, rho) : sam(under, rho));
      return gapWeight > 0 ? gsam(inner, climb, gapWeight) : climb(inner);
    },
  },
  subBatches: { switch: 'subBatch', uses: [], wrap: (inner, { subBatch }, plan) => subBatches(inner, subBatch, plan) },
  centralized: { switch: 'centralize', uses: [], wrap: (inner, _parameters, plan) => centralized(inner, plan) },
  clipped: { switch: 'clipNorm', uses: [], wrap: (inner, { clipNorm }) => clipped(inner, clipNorm) },
} as const satisfies Record<string, Entry>;

export const gradients: readonly Entry[] = Object.values(entries);

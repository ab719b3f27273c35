/** GSAM: SAM that also lowers the gap between the loss at its peak and the loss where it stands; see gradients/gsam.ts. */
import type { Method } from '../method.ts';
import { sam } from './sam.ts';

/** A quarter of the authors' α, with which one of two folds of synthetic digits did not learn. */
const ALPHA = 0.1;

export const gsam: Method = {
  ...sam,
  title: 'GSAM',
  defaults: { ...sam.defaults, gapWeight: ALPHA },
  space: { ...sam.space, gapWeight: { kind: 'float', low: 0.01, high: 1, log: true } },
};

/** GSAM: SAM that also lowers the gap between the loss at its peak and the loss where it stands; see gradients/gsam.ts. */
import type { Method } from '../method.ts';
import { sam } from './sam.ts';

/** α of the authors' code. */
const ALPHA = 0.4;

export const gsam: Method = {
  ...sam,
  title: 'GSAM',
  defaults: { ...sam.defaults, gapWeight: ALPHA },
  space: { ...sam.space, gapWeight: { kind: 'float', low: 0.01, high: 1, log: true } },
};

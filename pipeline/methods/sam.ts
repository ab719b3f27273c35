/**
 * Sharpness-Aware Minimization: plain training along the gradient that SAM takes uphill, at two gradients a step.
 * Source: Foret et al. 2021, arXiv:2010.01412.
 */
import type { Dimension, Method } from '../method.ts';
import { plain } from './plain.ts';
import { swa } from './swa.ts';

/** The paper's ρ, and the range that it searched. */
export const RHO = 0.05;
export const rhoRange: Dimension = { kind: 'float', low: 0.01, high: 0.5, log: true };

export const sam: Method = {
  ...plain,
  title: 'SAM',
  // Descends as the search found best for SWA, see docs/design/decisions/0010-defaults.md.
  defaults: { ...swa.defaults, rho: RHO },
  space: { ...plain.space, rho: rhoRange },
};

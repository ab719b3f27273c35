/** SAM and SWA at once: one looks for flat places, the other averages over them. */
import type { Method } from '../method.ts';
import { RHO, rhoRange } from './sam.ts';
import { swa } from './swa.ts';

export const samSwa: Method = {
  ...swa,
  title: 'SAM + SWA',
  defaults: { ...swa.defaults, rho: RHO },
  space: { ...swa.space, rho: rhoRange },
};

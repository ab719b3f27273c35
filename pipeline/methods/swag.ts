/** SWA-Gaussian: trains as SWA does; networks from the Gaussian around the average predict. See collectors/swag.ts. */
import { swag as gaussian } from '../collectors/swag.ts';
import type { Method } from '../method.ts';
import { averagingPoints, swa } from './swa.ts';

export const swag: Method = {
  ...swa,
  title: 'SWAG',
  uses: [...swa.uses, 'samples'],
  compose: (parameters, beginning) => ({
    schedule: swa.compose(parameters, beginning).schedule,
    collector: gaussian({
      ...averagingPoints(parameters, beginning),
      samples: parameters.samples,
      seed: beginning.seed,
    }),
  }),
};

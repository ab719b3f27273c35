/** Greedy soup: trains as SWA does, and averages those points that lower no validation score. See collectors/soup.ts. */
import { soup as greedy } from '../collectors/soup.ts';
import type { Method } from '../method.ts';
import { averagingPoints, swa } from './swa.ts';

export const soup: Method = {
  ...swa,
  title: 'greedy soup',
  choosesByValidation: true,
  compose: (parameters, beginning) => ({
    schedule: swa.compose(parameters, beginning).schedule,
    collector: greedy(averagingPoints(parameters, beginning)),
  }),
};

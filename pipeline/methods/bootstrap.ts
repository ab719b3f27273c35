/**
 * Bootstrap: plain training, twice; the second network learns the labels that the first one predicts, which corrects
 * many wrong labels. Source: Foret et al. 2021, arXiv:2010.01412, section 3.3.
 */
import type { Method } from '../method.ts';
import { plain } from './plain.ts';

export const bootstrap: Method = {
  ...plain,
  title: 'bootstrap',
  defaults: { ...plain.defaults, bootstrap: true },
};

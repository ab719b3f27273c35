/**
 * Distillation: plain training of an ensemble, and then of one network that learns what the ensemble predicts for each
 * image as it was augmented. Sources: Hinton, Vinyals and Dean 2015, arXiv:1503.02531; the same view for both: Beyer et
 * al. 2022, arXiv:2106.05237.
 */
import type { Method } from '../method.ts';
import { plain } from './plain.ts';

export const distill: Method = {
  ...plain,
  title: 'distillation',
  defaults: { ...plain.defaults, teachers: 3 },
};

/**
 * Gradual warm-up: over the first `steps` steps the schedule's own rate is multiplied by (i + 1) / steps.
 * Source: Goyal et al. 2017, arXiv:1706.02677, section 2.2.
 */
import type { Schedule } from '../schedule.ts';

export const warmUp = (schedule: Schedule, steps: number): Schedule => ({
  ...schedule,
  rate: (i) => schedule.rate(i) * Math.min(1, (i + 1) / steps),
});

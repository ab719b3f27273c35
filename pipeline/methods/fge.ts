/**
 * Fast Geometric Ensembling: plain training for `swaStart` of the epochs, then short triangular cycles; the weights in
 * the middle of each, where the rate is lowest, predict together. Source: Garipov et al. 2018, arXiv:1802.10026.
 */
import { snapshots } from '../collectors/snapshots.ts';
import type { Method } from '../method.ts';
import { join, totalSteps } from '../schedule.ts';
import { fgeTriangle } from '../schedules/fge-triangle.ts';
import { space } from './space.ts';
import { CYCLE_DEPTH, scheduleBefore, swa } from './swa.ts';

export const fge: Method = {
  title: 'FGE',
  // Descends as the search found best for SWA, see docs/design/decisions/0010-defaults.md.
  defaults: swa.defaults,
  space,
  compose(parameters, clock) {
    const { learningRate, swaStart, swaRate, swaCycle } = parameters;
    const { epochs, stepsPerEpoch } = clock;
    const cycleSteps = Math.max(2, (swaCycle || 1) * stepsPerEpoch);
    const middle = Math.floor(cycleSteps / 2);
    const total = totalSteps(clock);
    // Training ends in the middle of the last cycle: what comes after a snapshot is of no use without another one.
    const wanted = Math.max(1, Math.round(((1 - swaStart) * epochs * stepsPerEpoch) / cycleSteps));
    const start = Math.max(0, total - (wanted - 1) * cycleSteps - middle);
    const before = scheduleBefore('snapshots', parameters, { epochs: start / stepsPerEpoch, stepsPerEpoch });
    const top = swaRate * learningRate;
    return {
      schedule: join(before, start, fgeTriangle(top, CYCLE_DEPTH * top, cycleSteps), clock),
      collector: snapshots({ first: start + middle, every: cycleSteps }),
    };
  },
};

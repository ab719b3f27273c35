/** Plain training whose exponential moving average predicts. */
import { ema as average } from '../collectors/ema.ts';
import type { Method } from '../method.ts';
import type { Parameters } from '../parameters.ts';
import type { Clock } from '../schedule.ts';
import { createSchedule } from '../schedules/index.ts';
import { space } from './space.ts';
import { swa } from './swa.ts';

export const ema: Method = {
  title: 'EMA',
  // Descends as the search found best for SWA, see docs/design/decisions/0010-defaults.md.
  defaults: swa.defaults,
  space: { ...space, emaEpochs: { kind: 'float', low: 0.25, high: 8, log: true } },
  uses: ['schedule', 'warmUpEpochs', 'emaEpochs', 'restoreBest'],
  compose: (parameters, clock) => ({
    schedule: createSchedule(parameters, clock),
    collector: average(emaDecay(parameters, clock)),
  }),
};

export const emaDecay = ({ emaEpochs }: Parameters, { stepsPerEpoch }: Clock): number =>
  Math.max(0, 1 - 1 / (emaEpochs * stepsPerEpoch));

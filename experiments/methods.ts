/** The methods that an arm can name: those of the pipeline, and those that only experiments look at. */
import { snapshots } from '../pipeline/collectors/snapshots.ts';
import type { Method } from '../pipeline/method.ts';
import { findMethod as findPipelineMethod, methods } from '../pipeline/methods/index.ts';
import { averagingStart, swa } from '../pipeline/methods/swa.ts';

/** Trains as SWA does, but keeps the points instead of averaging them: what an average is compared with. */
const swaPoints: Method = {
  ...swa,
  title: 'points of SWA',
  compose(parameters, clock) {
    const every = (parameters.swaCycle || 1) * clock.stepsPerEpoch;
    const start = averagingStart(parameters, clock) * clock.stepsPerEpoch;
    return {
      schedule: swa.compose(parameters, clock).schedule,
      collector: snapshots({ first: start + every, every }),
    };
  },
};

const own: Readonly<Record<string, Method>> = { 'swa-points': swaPoints };

export const methodNames: readonly string[] = [...Object.keys(methods), ...Object.keys(own)];

/** @throws UserError when there is no method of that name */
export const findMethod = (id: string): Method => (Object.hasOwn(own, id) ? own[id] : findPipelineMethod(id));

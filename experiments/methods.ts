/** The methods of arms: those of the pipeline, and some that only experiments use. */
import { ownValue } from '../base/own-value.ts';
import {
  lastWeights,
  snapshots,
  type Method,
  type MethodName,
  findMethod as findPipelineMethod,
  methods,
  averagingPoints,
  averagingStart,
  swa,
  join,
  totalSteps,
  cosine,
} from '../pipeline/index.ts';

/** Trains like SWA, but keeps the points without averaging them, for comparisons with the average. */
const swaPoints: Method = {
  ...swa,
  title: 'points of SWA',
  uses: swa.uses.filter((name) => name !== 'includeStart'),
  compose: (parameters, beginning) => ({
    schedule: swa.compose(parameters, beginning).schedule,
    collector: snapshots(averagingPoints({ ...parameters, includeStart: false }, beginning)),
  }),
};

/** Final rate of the annealing, as a share of the rate of the averaging phase. */
const ANNEALED_RATE = 0.01;

/**
 * Trains like SWA up to the averaging phase, and then anneals the rate along a cosine. This is the SGD baseline of SWA
 * from the same point.
 */
const annealed: Method = {
  ...swa,
  title: 'SGD, annealed where SWA averages',
  uses: swa.uses.filter((name) => name !== 'includeStart'),
  compose(parameters, beginning) {
    const { stepsPerEpoch } = beginning;
    const start = averagingStart(parameters, beginning) * stepsPerEpoch;
    const top = parameters.swaRate * parameters.learningRate;
    const falling = cosine(top, ANNEALED_RATE * top, totalSteps(beginning) - start);
    return {
      schedule: join(swa.compose(parameters, beginning).schedule, start, falling, beginning),
      collector: lastWeights(),
    };
  },
};

const own = { 'swa-points': swaPoints, annealed } as const satisfies Record<string, Method>;

export type ArmMethodName = MethodName | keyof typeof own;

export const methodNames = Object.keys({ ...methods, ...own }) as ArmMethodName[];

/** @throws UserError when there is no method of that name */
export const findMethod = (name: string): Method => ownValue<Method>(own, name) ?? findPipelineMethod(name);

/** A small study with a trial in every state, and names that mean harm. */
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import type { StudySnapshot } from '../../search/read-study.ts';

export const HOSTILE = '<script>alert("1")</script>\'&<img src=x onerror=alert(1)>';

const distributions = {
  learningRate: { kind: 'float', low: 1e-4, high: 1, log: true },
  momentum: { kind: 'float', low: 0, high: 1 },
  [HOSTILE]: { kind: 'categorical', choices: ['a', HOSTILE] },
} as const;

const time = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

function trial(number: number, state: FrozenTrial['state'], value: number | null): FrozenTrial {
  const rate = 10 ** -(1 + (number % 3));
  return {
    number,
    state,
    value,
    params: { learningRate: rate, momentum: number / 10, [HOSTILE]: number % 2 === 0 ? 'a' : HOSTILE },
    distributions,
    intermediateValues: { 0: 0.5 + number / 100, 1: number === 3 ? NaN : 0.6 + number / 100 },
    userAttributes: {},
    createdAt: time(number),
    startedAt: state === 'WAITING' ? null : time(number),
    finishedAt: state === 'RUNNING' || state === 'WAITING' ? null : time(number + 2),
  };
}

const values = [0.9, 0.8, null, null, 0.95, 0.93, 0.1, null, null];
const states = [
  'COMPLETE',
  'COMPLETE',
  'PRUNED',
  'FAIL',
  'COMPLETE',
  'COMPLETE',
  'COMPLETE',
  'RUNNING',
  'WAITING',
] as const;
const trials = states.map((state, number) => trial(number, state, values[number]));

export const study: StudySnapshot = {
  definition: {
    name: HOSTILE,
    direction: 'maximize',
    seed: 1,
    space: distributions,
    sampler: 'tpe',
    pruner: 'folds',
    lag: 8,
    task: null,
  },
  trials,
  bestTrial: trials[4],
};

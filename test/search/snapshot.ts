/** Studies for tests of what is made from records alone. */
import { parseSpace } from '../../search/distributions.ts';
import type { Params, SearchSpace } from '../../search/distributions.ts';
import { randomStream } from '../../search/random.ts';
import type { Random } from '../../search/random.ts';
import type { Direction } from '../../search/direction.ts';
import { bestOf } from '../../search/known-trials.ts';
import type { StudySnapshot } from '../../search/read-study.ts';
import type { FrozenTrial, TrialState } from '../../search/frozen-trial.ts';

export interface Told {
  readonly params: Params;
  /** A number means COMPLETE. */
  readonly outcome: number | Exclude<TrialState, 'COMPLETE'>;
}

/** Trials have distributions for the parameters that they have. */
export function snapshot(space: SearchSpace, told: readonly Told[], direction: Direction = 'minimize'): StudySnapshot {
  const distributions = parseSpace(space);
  const trials = told.map(({ params, outcome }, number): FrozenTrial => ({
    number,
    state: typeof outcome === 'number' ? 'COMPLETE' : outcome,
    value: typeof outcome === 'number' ? outcome : null,
    params,
    distributions: Object.fromEntries(Object.keys(params).map((name) => [name, distributions[name]])),
    intermediateValues: {},
    userAttributes: {},
    createdAt: '2026-01-31T12:00:00.000Z',
    startedAt: '2026-01-31T12:00:00.000Z',
    finishedAt: '2026-01-31T12:00:01.500Z',
  }));
  return {
    definition: { name: 's', direction, seed: 1, space: null, sampler: 'tpe', pruner: 'none', lag: 8, task: null },
    trials,
    bestTrial: bestOf(trials, { direction }),
  };
}

/** `count` trials with parameters x, y, … drawn evenly from [0, 1). */
export function unitTrials(
  names: readonly string[],
  count: number,
  evaluate: (params: Record<string, number>, random: Random) => Told['outcome'],
  direction: Direction = 'minimize',
): StudySnapshot {
  const random = randomStream(1, 0, 'test');
  const told = Array.from({ length: count }, () => {
    const params = Object.fromEntries(names.map((name) => [name, random()]));
    return { params, outcome: evaluate(params, random) };
  });
  const space = Object.fromEntries(names.map((name) => [name, { kind: 'float', low: 0, high: 1 }] as const));
  return snapshot(space, told, direction);
}

/** A finished trial, without parameters unless they are among the changes. */
export function finishedTrial(number: number, changes: Partial<FrozenTrial> = {}): FrozenTrial {
  return {
    number,
    state: 'COMPLETE',
    value: null,
    params: {},
    distributions: {},
    intermediateValues: {},
    userAttributes: {},
    createdAt: '',
    startedAt: null,
    finishedAt: null,
    ...changes,
  };
}

/** What must not depend on interruptions and on the number of workers: all but the times. */
export function essence({ number, state, value, params, intermediateValues, userAttributes }: FrozenTrial) {
  return { number, state, value, params, intermediateValues, userAttributes };
}

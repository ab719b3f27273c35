/** Runs the suggestions and the pruning of a stored study again, from its record alone. */
import { beginTrial, whatIsSeen } from './begin-trial.ts';
import type { ParameterValue } from './distributions.ts';
import { KnownTrials } from './known-trials.ts';
import { prunerByName } from './pruners/index.ts';
import type { TrialShape } from './pruners/pruner.ts';
import { samplerByName } from './samplers/index.ts';
import { StudyError } from './study-error.ts';
import type { StudySnapshot } from './read-study.ts';
import { isFinished, type FrozenTrial } from './frozen-trial.ts';
import { quoted } from '../base/printable.ts';

export interface ReplayOptions {
  /** How the steps of the reports belong to folds, for pruners that look at folds. Default: one fold of 1 step. */
  readonly shape?: TrialShape;
  /** Called after each trial with the number of those that are replayed so far. */
  readonly onTrial?: (count: number) => void;
}

/** What came out otherwise than the record says. */
export interface ReplayDifference {
  readonly trial: number;
  /** Name of the parameter; null for the decision to prune. */
  readonly parameter: string | null;
  readonly recorded: ParameterValue;
  readonly replayed: ParameterValue;
}

export interface Replay {
  /** Trials that were replayed, without those that were added with their results; suggestions and prunings in them. */
  readonly trials: number;
  readonly suggestions: number;
  readonly prunings: number;
  /** None if the study is what its seed and its records say. */
  readonly differences: readonly ReplayDifference[];
}

/**
 * Draws every parameter of the finished trials again from the seed and from what each trial has seen, and asks the pruner
 * again at the last report of every pruned one. On one machine all is the same to the digit.
 * @throws StudyError for a sampler or a pruner of the user's own
 */
export function replayStudy(study: StudySnapshot, { shape, onTrial }: ReplayOptions = {}): Replay {
  const { definition, trials } = study;
  const { name, space } = definition;
  for (const kind of ['sampler', 'pruner'] as const) {
    if (definition[kind] === 'custom') {
      throw new StudyError(`Study ${quoted(name)} has a custom ${kind}, which its record does not contain.`);
    }
  }
  const known = new KnownTrials(definition, space);
  for (const trial of trials) known.keep(trial);
  const makers = {
    sampler: samplerByName(definition.sampler),
    pruner: prunerByName(definition.pruner, shape),
    inside: known.inside.bind(known),
  };
  const differences: ReplayDifference[] = [];
  let [count, suggestions, prunings] = [0, 0, 0];
  for (const record of trials.filter((trial) => isFinished(trial) && trial.seen?.added !== true)) {
    const { number } = record;
    // Trials of earlier versions do not say what they saw: the lag does.
    const seen = record.seen ?? whatIsSeen({ ...record, params: {} }, trials, definition);
    const again = beginTrial({ ...unbegun(record), seen }, trials, definition, makers);
    for (const [parameter, recorded] of Object.entries(record.params)) {
      if (seen.given?.includes(parameter)) continue;
      const replayed = again.suggest(parameter, record.distributions[parameter]);
      suggestions += 1;
      if (!Object.is(replayed, recorded)) differences.push({ trial: number, parameter, recorded, replayed });
    }
    for (const [step, value] of Object.entries(record.intermediateValues)) again.report(value, Number(step));
    // Without a pruner the objective has ended the trial by itself.
    if (record.state === 'PRUNED' && definition.pruner !== 'none') {
      prunings += 1;
      const replayed = again.shouldPrune();
      if (!replayed) differences.push({ trial: number, parameter: null, recorded: true, replayed });
    }
    count += 1;
    onTrial?.(count);
  }
  return { trials: count, suggestions, prunings, differences };
}

/** The record as it was when the trial was begun. */
function unbegun(record: FrozenTrial): FrozenTrial {
  const given = (record.seen?.given ?? []).filter((name) => Object.hasOwn(record.params, name));
  return {
    ...record,
    state: 'RUNNING',
    value: null,
    values: undefined,
    constraints: undefined,
    params: Object.fromEntries(given.map((name) => [name, record.params[name]])),
    distributions: {},
    intermediateValues: {},
  };
}

/** Runs the suggestions and the pruning of a stored study again, from its record alone. */
import { beginTrial, settingsOf, whatIsSeen, type TrialMakers } from './begin-trial.ts';
import type { ParameterValue } from './distributions.ts';
import { expectOptions } from './expect-options.ts';
import { KnownTrials } from './known-trials.ts';
import { prunerByName } from './pruners/index.ts';
import type { TrialShape } from './pruners/pruner.ts';
import { samplerByName } from './samplers/index.ts';
import type { StudySettings } from './storage/storage.ts';
import { StudyError } from './study-error.ts';
import type { StudySnapshot } from './read-study.ts';
import { isFinished, type FrozenTrial } from './frozen-trial.ts';
import { quoted } from '../base/printable.ts';

export interface ReplayOptions {
  /** How the steps of the reports belong to folds, for pruners that look at folds. Default: one fold of 1 step. */
  readonly shape?: TrialShape;
  /** Called after each trial with the number of those that are replayed so far, and of all. */
  readonly onTrial?: (count: number, of: number) => void;
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
  /** Finished trials that were added with their results. */
  readonly added: number;
  /** None if the study is what its seed and its records say. */
  readonly differences: readonly ReplayDifference[];
}

/**
 * Draws every parameter of the finished trials again from the seed and from what each trial has seen, and asks the pruner
 * again at the last report of every pruned one. On one machine all is the same to the digit.
 * @throws StudyError for a sampler or a pruner of the user's own
 */
export function replayStudy(study: StudySnapshot, options: ReplayOptions = {}): Replay {
  expectOptions('replayStudy', options, { shape: 'object', onTrial: 'function' });
  const { shape, onTrial } = options;
  const { definition, trials } = study;
  const { name } = definition;
  for (const kind of ['sampler', 'pruner'] as const) {
    if ([definition, ...(definition.earlier ?? [])].some((one) => one[kind] === 'custom')) {
      throw new StudyError(`Study ${quoted(name)} has a custom ${kind}, which its record does not contain.`);
    }
  }
  const makersOf = new Map<StudySettings, TrialMakers>();
  const makersUnder = (settings: StudySettings): TrialMakers => {
    const known = new KnownTrials(definition, settings.space);
    for (const trial of trials) known.keep(trial);
    const makers: TrialMakers = {
      sampler: samplerByName(settings.sampler),
      pruner: prunerByName(settings.pruner, shape),
      inside: known.inside.bind(known),
    };
    makersOf.set(settings, makers);
    return makers;
  };
  const differences: ReplayDifference[] = [];
  let [count, suggestions, prunings] = [0, 0, 0];
  const finished = trials.filter(isFinished);
  const run = finished.filter(({ seen }) => seen?.added !== true);
  for (const record of run) {
    const { number } = record;
    // Trials of earlier versions do not say what they saw: the lag does.
    const seen = record.seen ?? whatIsSeen({ ...record, params: {} }, trials, definition);
    const settings = settingsOf(definition, seen);
    const makers = makersOf.get(settings) ?? makersUnder(settings);
    const again = beginTrial({ ...unbegun(record), seen }, trials, { ...definition, space: settings.space }, makers);
    for (const [parameter, recorded] of Object.entries(record.params)) {
      if (seen.given?.includes(parameter)) continue;
      // A trial that was begun again under other settings has kept its values.
      const replayed = Object.hasOwn(again.params, parameter)
        ? again.params[parameter]
        : again.suggest(parameter, record.distributions[parameter]);
      suggestions += 1;
      if (!Object.is(replayed, recorded)) differences.push({ trial: number, parameter, recorded, replayed });
    }
    for (const [step, value] of Object.entries(record.intermediateValues)) again.report(value, Number(step));
    // Without a pruner the objective has ended the trial by itself.
    if (record.state === 'PRUNED' && settings.pruner !== 'none') {
      prunings += 1;
      const replayed = again.shouldPrune();
      if (!replayed) differences.push({ trial: number, parameter: null, recorded: true, replayed });
    }
    count += 1;
    onTrial?.(count, run.length);
  }
  return { trials: count, suggestions, prunings, added: finished.length - run.length, differences };
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

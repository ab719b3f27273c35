/** How a trial begins: what it sees of its study, and what follows from that. */
import { isFeasible } from '../numerics/constraints.ts';
import type { Draw } from './distributions.ts';
import type { Pruner } from './pruners/pruner.ts';
import { randomStream, type Random } from './random.ts';
import type { Sampler } from './samplers/sampler.ts';
import { lagAt } from './storage/claims.ts';
import { type StudyDefinition, type StudySettings } from './storage/storage.ts';
import { StudyError } from './study-error.ts';
import { isFinished, type FrozenTrial, type Seen } from './frozen-trial.ts';
import { Trial } from './trial.ts';

/**
 * What a trial that begins for the first time sees: all that has finished, or what the lag allows.
 * @param trials all trials of the study, by number
 */
export function whatIsSeen(record: FrozenTrial, trials: readonly FrozenTrial[], definition: StudyDefinition): Seen {
  const { number } = record;
  const lag = lagAt(number, definition.lag);
  const given = Object.keys(record.params);
  const known = Math.max(number - lag + 1, 0);
  const isLate = (trial: FrozenTrial): boolean => lag !== Infinity || !isFinished(trial);
  const count = lag === Infinity ? trials.length : number;
  const first = lag === Infinity ? 0 : known;
  const late = trials.slice(first, count).filter((trial) => isLate(trial) && trial.number !== number);
  const running = late.filter(({ state }) => state !== 'WAITING');
  const waiting = late.filter(({ state }) => state === 'WAITING').map((trial) => trial.number);
  // Under a lag nothing may depend on how far others are.
  const namesOf = ({ params }: FrozenTrial): string[] => (lag === Infinity ? Object.keys(params) : []);
  return {
    count,
    running: running.map((trial) => trial.number),
    ...(waiting.length > 0 && { waiting }),
    ...(definition.space === null && running.length > 0 && { known: running.map(namesOf) }),
    ...(given.length > 0 && { given }),
    ...(definition.earlier && { settings: definition.earlier.length }),
  };
}

/** The settings under which a trial was begun for the first time. */
export function settingsOf(definition: StudyDefinition, { settings = 0 }: Seen): StudySettings {
  return definition.earlier?.[settings] ?? definition;
}

/** What draws and judges the trials of a study. */
export interface TrialMakers {
  readonly sampler: Sampler;
  readonly pruner: Pruner;
  /** The trials among these that samplers can place in the search space. */
  readonly inside: (trials: readonly FrozenTrial[]) => readonly FrozenTrial[];
}

/**
 * A trial at its beginning. It depends on the seed, its number and what it has seen alone.
 * @param record as claimed, with what it has seen
 * @param trials all trials of the study, by number, those that it saw running with at least the parameters of then
 */
export function beginTrial(
  record: FrozenTrial & { readonly seen: Seen },
  trials: readonly FrozenTrial[],
  definition: StudyDefinition,
  { sampler, pruner, inside }: TrialMakers,
): Trial {
  const { seed, direction, space } = definition;
  const { number, seen } = record;
  const { prior } = settingsOf(definition, seen);
  const history = without(trials.slice(0, seen.count), [...seen.running, ...(seen.waiting ?? []), number]);
  const pending = seen.running.map((one, i) => asKnown(trials[one], seen.known?.[i]));
  // With the seed of its prior a study would draw the points that the prior has tried already.
  const after = prior?.seed === seed ? ` after ${prior.study}` : '';
  const random = (stream: string): Random => randomStream(seed, number, stream + after);
  const given = (seen.given ?? []).filter((one) => Object.hasOwn(record.params, one));
  let draw: Draw | undefined;
  const sample: Draw = (name, distribution) => {
    draw ??= sampler({
      number,
      direction,
      directions: definition.directions,
      ...(prior && { prior }),
      space,
      history: inside(history),
      pending: inside(pending.filter(({ params }) => Object.keys(params).length > 0)),
      given: Object.fromEntries(given.map((one) => [one, record.params[one]])),
      random,
      studyRandom: (stream) => randomStream(seed, null, stream + after),
    });
    return draw(name, distribution);
  };
  let peers: readonly FrozenTrial[] | undefined;
  const prune = (trial: FrozenTrial, step: number): boolean => {
    // A trial that misses its constraints is no measure for others.
    peers ??= history.every(isFeasible) ? history : history.filter(isFeasible);
    if (definition.directions === undefined) return pruner({ direction, trial, step, history: peers, random });
    throw new StudyError('Expected one objective for pruning: which of two trials is better is open with several.');
  };
  const trial = new Trial(record, { draw: sample, prune, history, space });
  for (const [name, distribution] of Object.entries(space ?? {})) trial.suggest(name, distribution);
  return trial;
}

/** The trials, numbered from 0, but for these few numbers: whole stretches are copied, since a study may be long. */
function without(trials: readonly FrozenTrial[], numbers: readonly number[]): readonly FrozenTrial[] {
  const absent = numbers.filter((number) => number < trials.length).toSorted((a, b) => a - b);
  const stretches = absent.map((number, i) => trials.slice(i === 0 ? 0 : absent[i - 1] + 1, number));
  return new Array<FrozenTrial>().concat(...stretches, trials.slice((absent.at(-1) ?? -1) + 1));
}

/** A trial that ran, with the parameters that it had been given by then. */
function asKnown(trial: FrozenTrial, names?: readonly string[]): FrozenTrial {
  if (names === undefined || names.length === Object.keys(trial.params).length) return trial;
  const pick = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(names.map((name) => [name, values[name]]));
  return { ...trial, params: pick(trial.params), distributions: pick(trial.distributions) };
}

/** How far a study is, and how long it still takes. */
import type { StudyDefinition } from '../storage/storage.ts';
import { durationSeconds, type FrozenTrial, isFinished } from '../frozen-trial.ts';
import { mean, sum } from '../../numerics/statistics.ts';

/** Number of last trials whose mean duration is used, because pruning makes later trials shorter than the first. */
const LAST = 16;

export interface StudyProgress {
  readonly finished: number;
  /** Number of trials that are wanted; null if it was not given. */
  readonly wanted: number | null;
  /** Running trials whose process died: they will be run again. */
  readonly abandoned: number;
  /**
   * Seconds until the wanted trials are finished, if as many run at once as now. If no number was given, or as many
   * trials were begun, seconds until the running trials are finished. Null if no trial runs, or none is finished yet.
   */
  readonly secondsLeft: number | null;
}

/**
 * @param alive numbers of the trials that run and whose process lives
 * @param now milliseconds since 1970
 */
export function progressOf(
  { definition, trials }: { readonly definition: StudyDefinition; readonly trials: readonly FrozenTrial[] },
  alive: readonly number[],
  now: number,
): StudyProgress {
  const ended = trials.filter(isFinished);
  const wanted = definition.wantedTrials ?? null;
  const seconds = lastOf(ended).flatMap((trial) => durationSeconds(trial) ?? []);
  const abandoned = trials.filter(({ state }) => state === 'RUNNING').length - alive.length;
  const about = { finished: ended.length, wanted, abandoned: Math.max(0, abandoned) };
  if (alive.length === 0 || seconds.length === 0) return { ...about, secondsLeft: null };
  const usual = mean(seconds);
  const leftOfRunning = alive.map((number) => {
    const elapsed = (now - Date.parse(trials[number]?.startedAt ?? '')) / 1000;
    // The clock may have been set back since.
    return Math.max(0, usual - (elapsed > 0 ? elapsed : 0));
  });
  const notBegun = Math.max(0, (wanted ?? 0) - ended.length - alive.length);
  const work = notBegun * usual + sum(leftOfRunning);
  // The last trials end with the longest of them.
  return { ...about, secondsLeft: Math.max(work / alive.length, ...leftOfRunning) };
}

/** Those that were finished last, in that order. A list of thousands is not sorted for it, since pages ask often. */
function lastOf(ended: readonly FrozenTrial[]): FrozenTrial[] {
  const last: FrozenTrial[] = [];
  const time = ({ finishedAt }: FrozenTrial): string => finishedAt ?? '';
  for (const trial of ended) {
    if (last.length === LAST && time(trial) < time(last[0])) continue;
    const after = last.findIndex((other) => time(other) > time(trial));
    last.splice(after === -1 ? last.length : after, 0, trial);
    if (last.length > LAST) last.shift();
  }
  return last;
}

/** Rules by which all stores begin trials. */
import { describeOwner, type Owner } from '../../base/owner.ts';
import type { Params } from '../distributions.ts';
import { withFailedTry, type FrozenTrial } from '../frozen-trial.ts';
import type { Lag } from './storage.ts';

/** Trials that may run at once, at most, under a lag that grows. */
const longestLag = 8;
/** The first trials, which samplers draw at random: under a lag that grows they wait for as few as the last ones. */
const startupTrials = 10;

/**
 * The lag of trial k; Infinity if it waits for no other. One that grows leaves at most a quarter of the trials before k unknown to it: a young study has
 * little to learn from, and is the sooner ahead for waiting.
 */
export function lagAt(number: number, lag: Lag): number {
  if (lag === 'none') return Infinity;
  if (lag !== 'growing') return lag;
  return number < startupTrials ? longestLag : Math.min(Math.floor(number / 4), longestLag);
}

/** A trial that is not finished, as far as a claim must know it. */
export interface Unfinished {
  readonly number: number;
  /** It waits, or its owner is dead. */
  readonly isFree: boolean;
}

/**
 * Which trial a claim gets. Trial k may begin when all trials up to k − lag are finished: what it depends on is then
 * the same for any number of workers.
 * @param unfinished by number
 * @param count of all trials: the number of the next new one
 */
export function nextToClaim(unfinished: readonly Unfinished[], count: number, limit: number, lag: Lag): number | null {
  const number = unfinished.find(({ isFree }) => isFree)?.number ?? count;
  const lowest = unfinished[0]?.number ?? count;
  return number < limit && (lowest === number || lowest > number - lagAt(number, lag)) ? number : null;
}

export function newTrial(number: number, state: 'RUNNING' | 'WAITING', params: Params): FrozenTrial {
  const now = new Date().toISOString();
  return {
    number,
    state,
    value: null,
    params,
    distributions: {},
    intermediateValues: {},
    userAttributes: {},
    createdAt: now,
    startedAt: state === 'RUNNING' ? now : null,
    finishedAt: null,
  };
}

/**
 * A trial that waited, or whose owner is dead, begins again: with what it knew.
 * @param before its last owner, if it was running
 */
export function startedAgain(trial: FrozenTrial, before: Owner | null, claimant: Owner): FrozenTrial {
  const again = { ...trial, state: 'RUNNING', startedAt: new Date().toISOString() } as const;
  const isCutShort = trial.state === 'RUNNING' && before !== null && before.token !== claimant.token;
  return isCutShort ? withFailedTry(again, `${describeOwner(before)} ended, or was not heard of for too long`) : again;
}

/** The trials with numbers from `first`. */
export const numbered = (trials: readonly FrozenTrial[], first: number): readonly FrozenTrial[] =>
  trials.map((trial, i) => ({ ...trial, number: first + i }));

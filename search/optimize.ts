/** The loop of a search: ask, run the objective, tell, until the study has its trials. */
import { nextTurn } from '../base/next-turn.ts';
import { described } from '../base/printable.ts';
import { expectFunction, expectOptions, type OptionKinds } from './expect-options.ts';
import { expectOutcome, reasonOf } from './outcome.ts';
import type { Abandoned, Outcome, PutBack } from './outcome.ts';
import { expectRules, whyStop, type StopRules } from './early-stop.ts';
import { LeaseLostError } from './storage/refusals.ts';
import { directionsOf } from './direction.ts';
import type { EarlyStop, RunningTrial } from './storage/storage.ts';
import type { Study } from './study.ts';
import type { FrozenTrial } from './frozen-trial.ts';
import type { Trial } from './trial.ts';
import type { SearchSpace } from './distributions.ts';

/**
 * @param signal aborts when the trial should stop: its result is no longer waited for
 * @returns the value, or how else the trial ended
 */
export type Objective<Space extends SearchSpace = SearchSpace> = (
  trial: Trial<Space>,
  signal: AbortSignal,
) => Outcome | Promise<Outcome>;

type ErrorClass = abstract new (...parameters: never[]) => unknown;

export interface OptimizeOptions extends StopRules {
  /** Finished trials that the study has at the end, those of earlier runs and of other processes included. */
  readonly trials: number;
  /** Trials that this process runs at once. Default: 1. */
  readonly workers?: number;
  /** Stops the search after this time. */
  readonly timeoutMs?: number;
  /** Stops the search, for example on Ctrl-C. */
  readonly signal?: AbortSignal;
  /** Errors of these classes, thrown by the objective, fail the trial, and the search goes on. Default: none. */
  readonly catch?: readonly ErrorClass[];
  /**
   * How often a trial is begun again after its objective threw, or its process ended or did not renew its lease in
   * time; after that the trial fails with the last reason. Stops by a signal or the timeout do not count. An integer
   * from 0. Default: 3.
   */
  readonly maxRetries?: number;
  /** Called again and again while there is nothing to do here but to wait for trials that other processes run. */
  readonly onWait?: (awaited: readonly RunningTrial[]) => void;
  /**
   * Called when the number of workers that have no trial to run changes: near the end, with few trials, or while a lag
   * lets none begin. For objectives that can use them.
   */
  readonly onIdle?: (workers: number) => void;
  /** Called after each trial that this process finished. May call `study.stop()`. */
  readonly onTrial?: (trial: FrozenTrial) => void | Promise<void>;
}

const optionKinds: OptionKinds<OptimizeOptions> = {
  trials: 'any',
  workers: 'any',
  timeoutMs: 'any',
  signal: 'signal',
  catch: 'any',
  maxRetries: 'any',
  onWait: 'function',
  onIdle: 'function',
  onTrial: 'function',
  patienceTrials: 'any',
  standardError: 'any',
  differenceText: 'function',
};

export interface OptimizeResult {
  readonly stopped: 'finished' | 'timeout' | 'aborted' | 'stopped' | 'early';
  /** Why it stopped early; undefined unless it did. */
  readonly earlyStop?: EarlyStop;
  readonly finishedCount: number;
  /** Null with several objectives: `study.bestTrials` has the best. */
  readonly bestTrial: FrozenTrial | null;
}

/** Shorter waits are not reported: processes that share a study wait for each other all the time. */
const patienceMs = 1_500;

/**
 * Runs trials, several at once, until the study has exactly `trials` finished ones: those that other processes run are
 * waited for, and run again should these die. A trial that is cut short by the timeout, the signal or an exception of
 * the objective goes back to WAITING and is run again by the next call; the exception is passed on. If the trial was begun
 * too often, it fails before the exception is passed on. An exception that is one to be caught fails the trial, and the
 * search goes on.
 * @throws RangeError for a senseless option; TypeError if the objective returns no outcome; StudyError of the storage, or
 * if a trial from `ask` has not ended; whatever the objective throws
 */
export async function optimize<Space extends SearchSpace>(
  study: Study<Space>,
  objective: Objective<Space>,
  options: OptimizeOptions,
): Promise<OptimizeResult> {
  expectFunction('objective', objective);
  expectOptions('optimize', options, optionKinds);
  const { trials, workers = 1, maxRetries = 3, timeoutMs, signal, onTrial } = options;
  for (const [name, count, least] of [
    ['trials', trials, 1],
    ['workers', workers, 1],
    ['maxRetries', maxRetries, 0],
  ] as const) {
    if (!Number.isSafeInteger(count) || count < least) {
      throw new RangeError(`Expected \`${name}\` to be an integer from ${least}, got ${described(count)}.`);
    }
  }
  const caught: unknown = options.catch ?? [];
  if (!Array.isArray(caught) || !caught.every((one) => typeof one === 'function')) {
    throw new RangeError(`Expected \`catch\` to be a list of classes of errors, got ${described(options.catch)}.`);
  }
  expectRules(options);
  study.expectAllTold();
  const objectives = directionsOf(study.definition).length;
  // Longer timers fire at once.
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new RangeError(`Expected \`timeoutMs\` above 0 and below ${2 ** 31}, got ${described(timeoutMs)}.`);
  }
  const timeout = new AbortController();
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => timeout.abort(), timeoutMs);
  const failure = new AbortController();
  const stop = AbortSignal.any([timeout.signal, failure.signal, ...(signal === undefined ? [] : [signal])]);
  const putBack = { state: 'WAITING' } as const;
  const stopped = new Promise<typeof putBack>((resolve) => {
    stop.addEventListener('abort', () => resolve(putBack), { once: true });
  });

  const run = async (trial: Trial<Space>): Promise<Outcome | PutBack | Abandoned> => {
    const { failedTries } = trial;
    if (failedTries.length > maxRetries) {
      return {
        state: 'ABANDONED',
        reason: `${failedTries[failedTries.length - 1]} ${afterRetries(failedTries.length - 1)}`,
      };
    }
    const attempt = async (): Promise<Outcome> =>
      expectOutcome(await objective(trial, stop), 'what the objective returns', objectives);
    try {
      return await Promise.race([attempt(), stopped]);
    } catch (error) {
      if (stop.aborted || error instanceof LeaseLostError) return putBack;
      const reason = reasonOf(error);
      if (caught.some((one) => error instanceof one)) return { state: 'FAIL', reason };
      const isLast = failedTries.length >= maxRetries;
      const told = await study.tell(
        trial,
        isLast
          ? { state: 'FAIL', reason: `${reason} ${afterRetries(failedTries.length)}` }
          : { state: 'WAITING', reason },
      );
      if (isLast) await onTrial?.(told);
      throw error;
    }
  };
  const runTrial = async (trial: Trial<Space>): Promise<void> => {
    try {
      const told = await study.tell(trial, await run(trial));
      if (told.state !== 'WAITING') await onTrial?.(told);
    } catch (error) {
      // The process that has taken the trial over will report it.
      if (error instanceof LeaseLostError) return;
      throw error;
    }
  };
  let earlyStop = null as EarlyStop | null;
  let judgedCount = -1;
  const isWorthwhile = (): boolean => {
    if (earlyStop === null && study.finishedCount !== judgedCount) {
      judgedCount = study.finishedCount;
      earlyStop = whyStop(study.definition, study.trials, options);
    }
    return earlyStop === null;
  };
  let isTelling = false;
  const tellWait = async (): Promise<void> => {
    if (options.onWait === undefined || isTelling) return;
    isTelling = true;
    try {
      const awaited = await study.awaitedTrials();
      if (awaited.length > 0 && !stop.aborted) options.onWait(awaited);
    } finally {
      isTelling = false;
    }
  };
  const started = Math.min(workers, trials);
  let idle = workers - started;
  const changeIdle = (by: number): void => {
    idle += by;
    options.onIdle?.(idle);
  };
  changeIdle(0);
  const work = async (): Promise<void> => {
    for (let idleSince = performance.now(); ;) {
      // Lets timers and signals in, also if the objective never waits.
      await nextTurn();
      if (stop.aborted || study.isStopping || study.finishedCount >= trials || !isWorthwhile()) {
        changeIdle(1);
        return;
      }
      const trial = await study.tryAsk(trials);
      if (trial !== null) {
        await runTrial(trial);
        idleSince = performance.now();
      } else if (study.finishedCount < trials) {
        changeIdle(1);
        if (performance.now() - idleSince > patienceMs) await tellWait();
        await study.waitForChange(stop);
        changeIdle(-1);
      }
    }
  };
  try {
    const failures: unknown[] = [];
    const guarded = async (): Promise<void> =>
      work().catch((error: unknown) => {
        failures.push(error);
        failure.abort();
      });
    await Promise.all(Array.from({ length: started }, guarded));
    if (failures.length > 0) throw failures[0];
  } finally {
    clearTimeout(timer);
  }
  const { finishedCount } = study;
  const bestTrial = objectives === 1 ? study.bestTrial : null;
  const cut = signal?.aborted === true ? 'aborted' : timeout.signal.aborted ? 'timeout' : 'stopped';
  if (finishedCount >= trials) return { stopped: 'finished', finishedCount, bestTrial };
  if (earlyStop === null || stop.aborted) return { stopped: cut, finishedCount, bestTrial };
  // Trials that ran when it was decided have been finished.
  const recorded: EarlyStop = { ...earlyStop, finished: finishedCount };
  await study.recordStop(recorded);
  return { stopped: 'early', finishedCount, bestTrial, earlyStop: recorded };
}

const afterRetries = (count: number): string =>
  count === 0 ? '(not begun again)' : `(after ${count} ${count === 1 ? 'retry' : 'retries'})`;

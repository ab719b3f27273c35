/** The loop of a search: ask, run the objective, tell, until the study has its trials. */
import { setImmediate } from 'node:timers/promises';
import { LeaseLostError } from './storage/storage.ts';
import type { Outcome, Study } from './study.ts';
import type { FrozenTrial, Trial } from './trial.ts';

/**
 * @param signal aborts when the trial should stop: its result is no longer waited for
 * @returns the value, or how else the trial ended
 */
export type Objective = (trial: Trial, signal: AbortSignal) => Outcome | Promise<Outcome>;

export interface OptimizeOptions {
  /** Finished trials that the study has at the end, those of earlier runs and of other processes included. */
  readonly trials: number;
  /** Trials that this process runs at once. Default: 1. */
  readonly workers?: number;
  /** Stops the search after this time. */
  readonly timeoutMs?: number;
  /** Stops the search, for example on Ctrl-C. */
  readonly signal?: AbortSignal;
  /** Called after each trial that this process finished. May call `study.stop()`. */
  readonly onTrial?: (trial: FrozenTrial) => void | Promise<void>;
}

export interface OptimizeResult {
  readonly stopped: 'finished' | 'timeout' | 'aborted' | 'stopped';
  readonly finishedCount: number;
  readonly bestTrial: FrozenTrial | null;
}

/**
 * Runs trials, several at once, until the study has exactly `trials` finished ones: those that other processes run are
 * waited for, and run again should these die. A trial that is cut short by the timeout, the signal or an exception of
 * the objective goes back to WAITING and is run again by the next call; the exception is passed on.
 * @throws RangeError for a senseless option; StudyError of the storage; whatever the objective throws
 */
export async function optimize(study: Study, objective: Objective, options: OptimizeOptions): Promise<OptimizeResult> {
  const { trials, workers = 1, timeoutMs, signal, onTrial } = options;
  for (const [name, count] of Object.entries({ trials, workers })) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(`Expected \`${name}\` to be an integer from 1, got ${count}.`);
    }
  }
  // Longer timers fire at once.
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new RangeError(`Expected \`timeoutMs\` above 0 and below ${2 ** 31}, got ${timeoutMs}.`);
  }
  const timeout = new AbortController();
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => timeout.abort(), timeoutMs);
  const failure = new AbortController();
  const stop = AbortSignal.any([timeout.signal, failure.signal, ...(signal === undefined ? [] : [signal])]);
  const putBack = { state: 'WAITING' } as const;
  const stopped = new Promise<typeof putBack>((resolve) => {
    stop.addEventListener('abort', () => resolve(putBack), { once: true });
  });

  const runTrial = async (trial: Trial): Promise<void> => {
    const run = async (): Promise<Outcome> => objective(trial, stop);
    try {
      const outcome = await Promise.race([run(), stopped]).catch(async (error: unknown) => {
        if (stop.aborted || error instanceof LeaseLostError) return putBack;
        await study.tell(trial, putBack);
        throw error;
      });
      const told = await study.tell(trial, outcome);
      if (told.state !== 'WAITING') await onTrial?.(told);
    } catch (error) {
      // The process that has taken the trial over will tell.
      if (error instanceof LeaseLostError) return;
      throw error;
    }
  };
  const work = async (): Promise<void> => {
    for (;;) {
      // Lets timers and signals in, also if the objective never waits.
      await setImmediate();
      if (stop.aborted || study.isStopping || study.finishedCount >= trials) return;
      const trial = await study.tryAsk(trials);
      if (trial !== null) await runTrial(trial);
      else if (study.finishedCount < trials) await study.waitForChange(stop);
    }
  };
  try {
    const failures: unknown[] = [];
    const guarded = async (): Promise<void> =>
      work().catch((error: unknown) => {
        failures.push(error);
        failure.abort();
      });
    await Promise.all(Array.from({ length: Math.min(workers, trials) }, guarded));
    if (failures.length > 0) throw failures[0];
  } finally {
    clearTimeout(timer);
  }
  const { finishedCount, bestTrial } = study;
  const cut = signal?.aborted === true ? 'aborted' : timeout.signal.aborted ? 'timeout' : 'stopped';
  return { stopped: finishedCount >= trials ? 'finished' : cut, finishedCount, bestTrial };
}

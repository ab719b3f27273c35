/** The loop of a search: ask, run the objective, tell, until the study has its trials. */
import { setImmediate } from 'node:timers/promises';
import type { Outcome, Study } from './study.ts';
import type { FrozenTrial, Trial } from './trial.ts';

/**
 * @param signal aborts when the trial should stop: its result is no longer waited for
 * @returns the value, or how else the trial ended
 */
export type Objective = (trial: Trial, signal: AbortSignal) => Outcome | Promise<Outcome>;

export interface OptimizeOptions {
  /** Finished trials that the study has at the end, those of earlier runs included. */
  readonly trials: number;
  /** Stops the search after this time. */
  readonly timeoutMs?: number;
  /** Stops the search, for example on Ctrl-C. */
  readonly signal?: AbortSignal;
  /** Called after each finished trial. */
  readonly onTrial?: (trial: FrozenTrial) => void | Promise<void>;
}

export interface OptimizeResult {
  readonly stopped: 'finished' | 'timeout' | 'aborted';
  readonly finishedCount: number;
  readonly bestTrial: FrozenTrial | null;
}

/**
 * Runs trials one after another until the study has exactly `trials` finished ones. A trial that is cut short by the
 * timeout, the signal or an exception of the objective goes back to WAITING and is run again by the next call; the
 * exception is passed on.
 * @throws RangeError for a senseless option; StudyError of the storage; whatever the objective throws
 */
export async function optimize(study: Study, objective: Objective, options: OptimizeOptions): Promise<OptimizeResult> {
  const { trials, timeoutMs, signal, onTrial } = options;
  if (!Number.isSafeInteger(trials) || trials < 1) {
    throw new RangeError(`Expected \`trials\` to be an integer from 1, got ${trials}.`);
  }
  // Longer timers fire at once.
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new RangeError(`Expected \`timeoutMs\` above 0 and below ${2 ** 31}, got ${timeoutMs}.`);
  }
  const timeout = new AbortController();
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => timeout.abort(), timeoutMs);
  const stop = AbortSignal.any([timeout.signal, ...(signal === undefined ? [] : [signal])]);
  const putBack = { state: 'WAITING' } as const;
  const stopped = new Promise<typeof putBack>((resolve) => {
    stop.addEventListener('abort', () => resolve(putBack), { once: true });
  });
  try {
    for (;;) {
      // Lets timers and signals in, also if the objective never waits.
      await setImmediate();
      if (study.finishedCount >= trials || stop.aborted) break;
      const trial = await study.ask();
      let outcome: Outcome | typeof putBack;
      try {
        outcome = await Promise.race([objective(trial, stop), stopped]);
      } catch (error) {
        await study.tell(trial, putBack);
        if (stop.aborted) break;
        throw error;
      }
      const told = await study.tell(trial, outcome);
      if (told.state !== 'WAITING') await onTrial?.(told);
    }
  } finally {
    clearTimeout(timer);
  }
  const { finishedCount, bestTrial } = study;
  const cut = signal?.aborted === true ? 'aborted' : 'timeout';
  return { stopped: finishedCount >= trials ? 'finished' : cut, finishedCount, bestTrial };
}

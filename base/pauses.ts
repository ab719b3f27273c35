/** Lets timers, messages and Ctrl-C be heard during a long computation. */
import { nextTurn } from './next-turn.ts';

/** Several pauses fit into half a second, which a person waits without wondering. */
const BETWEEN_MS = 50;

export interface Pauses {
  /** Whether it is time for a pause. To be asked between small pieces of work. */
  isDue(): boolean;
  /** @throws what the signal was aborted with */
  take(): Promise<void>;
}

/** @param signal ends the computation at its next pause */
export function createPauses(signal?: AbortSignal): Pauses {
  let last = performance.now();
  return {
    isDue: () => performance.now() - last >= BETWEEN_MS,
    async take() {
      await nextTurn();
      signal?.throwIfAborted();
      last = performance.now();
    },
  };
}

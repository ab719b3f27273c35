/** Watches the clock while a member trains, and stops it where it would take the budget with it. */
import { setTimeout } from 'node:timers';

/** How much longer than its budget a submit may take, as a share. */
const TOLERANCE = 0.02;
/** Below it the pace says little; above it a member is trained to its end or to that of the budget. */
const [FIRST_SHARE, LAST_SHARE] = [0.05, 0.5];
/**
 * How far the pace at the beginning may lie above what is left, as a share of it for each share of the training that is
 * left until `LAST_SHARE`: the machine may have been busy for some minutes, and waiting costs little at first.
 */
const PATIENCE = 0.4;
const FIRST_SECONDS = 2;

export interface Watch {
  readonly signal: AbortSignal;
  /** @param share of the training that is done */
  readonly onShare: (share: number) => void;
  /** Why it was stopped: at its pace it would not end within the budget, or that has ended; null if it was not. */
  readonly stopped: () => 'slow' | 'late' | null;
  /** How many times as long as planned it would have taken. */
  readonly times: () => number;
  readonly end: () => void;
}

/**
 * @param planned seconds of the member
 * @param left seconds of the budget
 * @param now milliseconds of a clock
 */
export function watchClock(
  { planned, left, budget }: { planned: number; left: number; budget: number },
  now: () => number = () => performance.now(),
): Watch {
  const controller = new AbortController();
  const began = now();
  let stopped: 'slow' | 'late' | null = null;
  let times = 1;
  /** What was done when: the beginning, and later the last half of it. */
  const marks = [{ share: 0, seconds: 0 }];
  const stop = (why: 'slow' | 'late'): void => {
    stopped ??= why;
    controller.abort();
  };
  const most = left + TOLERANCE * budget;
  const timer = setTimeout(() => stop('late'), 1000 * Math.max(0, most));
  return {
    signal: controller.signal,
    onShare(share) {
      const seconds = (now() - began) / 1000;
      marks.push({ share, seconds });
      while (marks[1].share <= share / 2) marks.shift();
      if (share < FIRST_SHARE || share > LAST_SHARE || seconds < FIRST_SECONDS) return;
      const pace = Math.min(seconds / share, (seconds - marks[0].seconds) / (share - marks[0].share));
      if (seconds + (1 - share) * pace <= most * (1 + PATIENCE * (LAST_SHARE - share))) return;
      times = pace / planned;
      stop('slow');
    },
    stopped: () => stopped,
    times: () => times,
    end: () => clearTimeout(timer),
  };
}

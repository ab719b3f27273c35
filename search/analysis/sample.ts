/** A bound on the trials that an analysis looks at: a sample without replacement, the same for the same seed. */
import { randomStream } from '../random.ts';
import type { FrozenTrial } from '../frozen-trial.ts';

export interface Sample {
  /** In their order. */
  readonly trials: readonly FrozenTrial[];
  /** Number of trials that the sample was drawn from. */
  readonly of: number;
}

/** All trials if they are few enough, else `most` of them, each as likely as any other. */
export function drawTrials(trials: readonly FrozenTrial[], most: number, seed: number): Sample {
  const of = trials.length;
  if (of <= most) return { trials, of };
  const random = randomStream(seed, null, 'looked at');
  const drawn: FrozenTrial[] = [];
  // Selection sampling: Knuth, The Art of Computer Programming, volume 2, section 3.4.2, algorithm S.
  for (const [i, trial] of trials.entries()) {
    if (random() * (of - i) < most - drawn.length) drawn.push(trial);
  }
  return { trials: drawn, of };
}

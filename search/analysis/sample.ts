/** A bound on the trials that an analysis looks at: a sample without replacement, the same for the same seed. */
import { randomStream } from '../random.ts';
import type { FrozenTrial } from '../trial.ts';

/** @returns all trials if they are few enough, else `most` of them in their order, each as likely as any other */
export function drawTrials(trials: readonly FrozenTrial[], most: number, seed: number): readonly FrozenTrial[] {
  if (trials.length <= most) return trials;
  const random = randomStream(seed, null, 'looked at');
  const drawn: FrozenTrial[] = [];
  // Selection sampling: Knuth, The Art of Computer Programming, volume 2, section 3.4.2, algorithm S.
  for (const [i, trial] of trials.entries()) {
    if (random() * (trials.length - i) < most - drawn.length) drawn.push(trial);
  }
  return drawn;
}

/** Tells the scores of the averages of a training. */
import { scoreText } from '../base/format.ts';
import type { RunRecord } from './run.ts';

/** What else the trainings of a method could have predicted with; none where that was not scored. */
export function averagesSentences(method: string, averages: RunRecord['scores']['averages']): string[] {
  if (!averages) return [];
  const { last, ema, swa } = averages;
  const parts = `last weights ${scoreText(last)}, EMA ${scoreText(ema)}, SWA ${scoreText(swa)}`;
  return [`Out of fold from the same training of ${method}: ${parts}.`];
}

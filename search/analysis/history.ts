/** The course of a study: what the best value was after each trial. */
import type { StudySnapshot } from '../read-study.ts';

export interface HistoryPoint {
  /** Number of the trial. */
  readonly number: number;
  readonly value: number;
  /** Best value of the complete trials up to this one, by number. */
  readonly best: number;
  readonly finishedAt: string | null;
}

/** One point for each complete trial, by number. */
export function bestSoFar({ definition, trials }: StudySnapshot): HistoryPoint[] {
  const better = definition.direction === 'minimize' ? Math.min : Math.max;
  const points: HistoryPoint[] = [];
  for (const { number, value, finishedAt } of trials) {
    if (value === null) continue;
    points.push({ number, value, best: better(value, points.at(-1)?.best ?? value), finishedAt });
  }
  return points;
}

/** The course of a study: what the best value was after each trial. */
import { isFeasible } from '../../numerics/constraints.ts';
import type { StudySnapshot } from '../read-study.ts';

interface HistoryPoint {
  /** Number of the trial. */
  readonly number: number;
  readonly value: number;
  /** Best value of the feasible complete trials up to this one, by number. */
  readonly best: number;
  readonly finishedAt: string | null;
}

/** One point for each complete trial that keeps its constraints, by number. */
export function bestSoFar({ definition, trials }: StudySnapshot): HistoryPoint[] {
  const better = definition.direction === 'minimize' ? Math.min : Math.max;
  const points: HistoryPoint[] = [];
  for (const trial of trials) {
    const { number, value, finishedAt } = trial;
    if (value === null || !isFeasible(trial)) continue;
    points.push({ number, value, best: better(value, points.at(-1)?.best ?? value), finishedAt });
  }
  return points;
}

/**
 * A study as one JSON object: its definition, the number of its best trial, or of those of the Pareto front with several
 * objectives, and the records of all trials.
 */
import { visibleJson } from '../../base/printable.ts';
import { bestTrialsOf } from '../pareto.ts';
import type { StudySnapshot } from '../read-study.ts';

/** `null` among the intermediate values and the constraints stands for one that was not finite. */
export function toJson({ definition, bestTrial, trials }: StudySnapshot): string {
  const best =
    definition.directions === undefined
      ? { bestTrial: bestTrial?.number ?? null }
      : { bestTrials: bestTrialsOf(trials, definition).map(({ number }) => number) };
  return `${visibleJson({ definition, ...best, trials }, 2)}\n`;
}

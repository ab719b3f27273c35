/** A study as one JSON object: its definition, the number of its best trial, and the records of all trials. */
import { visibleJson } from '../../base/printable.ts';
import type { StudySnapshot } from '../read-study.ts';

/** `null` among the intermediate values stands for one that was not finite. */
export function toJson({ definition, bestTrial, trials }: StudySnapshot): string {
  return `${visibleJson({ definition, bestTrial: bestTrial?.number ?? null, trials }, 2)}\n`;
}

/** A column of scores, for tables of submissions. */
import { integer, NOTHING, scoreText } from '../base/format.ts';
import type { Score } from '../pipeline/index.ts';

export interface Column {
  readonly title: string;
  readonly align: 'l' | 'r';
  readonly cells: readonly string[];
}

/** Under a title that says of how many images the scores are, if all are of as many. */
export function scoreColumn(title: string, scores: readonly (Score | null | undefined)[]): Column {
  const counts = new Set(scores.flatMap((score) => score?.n ?? []));
  const isCommon = counts.size === 1;
  const cells = scores.map((score) => {
    if (!score) return NOTHING;
    return `${scoreText(score)}${isCommon ? '' : ` (${integer(score.n)})`}`;
  });
  return { title: isCommon ? `${title}\n(${integer([...counts][0])})` : title, align: 'r', cells };
}

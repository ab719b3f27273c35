/** Scores as keys to sort by: more is better, and scores by different metrics are not mixed. */
import type { Score } from '../../pipeline/index.ts';
import type { SortColumn } from './sort-rows.ts';

type MaybeScore = Score | null | undefined;

/** The columns' part that sorts by a score. */
export const byMerit = <Row>(scoreOf: (row: Row) => MaybeScore): Required<Omit<SortColumn<Row>, 'id'>> => ({
  value: (row) => meritOf(scoreOf(row)),
  group: (row) => metricOf(scoreOf(row)),
});

/** Null where there is no score. */
export const meritOf = (score: MaybeScore): number | null =>
  score ? turnedBy(score, score.metric?.value ?? score.accuracy) : null;

/** A value by the metric of a score. */
export const turnedBy = ({ metric }: Pick<Score, 'metric'>, value: number): number =>
  metric?.direction === 'minimize' ? -value : value;

export const metricOf = (score: MaybeScore): string => score?.metric?.name ?? 'accuracy';

/** Tables that are made of columns, for submissions. */
import { integer, NOTHING, scoreText } from '../base/format.ts';
import type { Score } from '../pipeline/index.ts';
import { table, type TableOptions } from './table.ts';

export interface Column {
  readonly title: string;
  readonly align: 'l' | 'r';
  readonly cells: readonly string[];
}

export const column = <Row>(
  rows: readonly Row[],
  title: string,
  align: Column['align'],
  cellOf: (row: Row) => string | undefined,
): Column => ({ title, align, cells: rows.map((row) => cellOf(row) ?? NOTHING) });

/** Under a title that says of how many images the scores are, if all are of as many. */
export function scoreColumn<Row>(
  rows: readonly Row[],
  title: string,
  scoreOf: (row: Row) => Score | null | undefined,
): Column {
  const counts = new Set(rows.flatMap((row) => scoreOf(row)?.n ?? []));
  const isCommon = counts.size === 1;
  const cellOf = (row: Row): string | undefined => {
    const score = scoreOf(row);
    return score ? `${scoreText(score)}${isCommon ? '' : ` (${integer(score.n)})`}` : undefined;
  };
  return column(rows, isCommon ? `${title}\n(${integer([...counts][0])})` : title, 'r', cellOf);
}

/** @param options.optional first lines of titles */
export function tableOfColumns(columns: readonly Column[], { optional = [], ...options }: TableOptions): string {
  const titles = columns.map(({ title }) => title);
  const lines = columns[0].cells.map((_, row) => columns.map(({ cells }) => cells[row]));
  return table(titles, lines, columns.map(({ align }) => align).join(''), {
    ...options,
    optional: optional.map((name) => titles.find((title) => title.split('\n')[0] === name) ?? name),
  });
}

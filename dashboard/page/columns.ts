/** Columns that several tables have. */
import { counted, NOTHING, scoreText } from '../../base/format.ts';
import type { Score } from '../../pipeline/index.ts';
import { h } from './dom.ts';
import { byMerit } from './merit.ts';
import type { Column } from './table.ts';

/** @param show the text of a value */
export const numberColumn = <Row, Value extends number | string | null>(
  id: string,
  title: string,
  value: (row: Row) => Value,
  show: (value: Value) => Node | string,
): Column<Row> => ({ id, title, isNumeric: true, value, cell: (row) => show(value(row)) });

export const scoreColumn = <Row>(
  id: string,
  title: string,
  scoreOf: (row: Row) => Score | null | undefined,
): Column<Row> => ({
  id,
  title,
  isNumeric: true,
  ...byMerit(scoreOf),
  cell: (row) => scoreCell(scoreOf(row)),
});

/** Pointing at a score shows on how many images it was measured. */
export const scoreCell = (score: Score | null | undefined): Node | string =>
  score ? h('span', { title: `on ${counted(score.n, 'image')}` }, scoreText(score)) : NOTHING;

export const scoreTextOf = (score: Score | null | undefined): string => (score ? scoreText(score) : NOTHING);

/** A setting of runs. Numbers are sorted numerically. */
export const settingColumn = <Row extends { readonly settings: Readonly<Record<string, string>> }>(
  name: string,
): Column<Row> => ({
  id: `setting-${name}`,
  title: name,
  isNumeric: true,
  value: ({ settings }) => {
    const text = settings[name];
    return text !== undefined && text !== '' && Number.isFinite(Number(text)) ? Number(text) : (text ?? null);
  },
  cell: ({ settings }) => settings[name] ?? NOTHING,
});

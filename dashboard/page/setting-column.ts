/** A column for a setting of runs. Numbers are sorted numerically. */
import { NOTHING } from '../../base/format.ts';
import type { Column } from './table.ts';

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

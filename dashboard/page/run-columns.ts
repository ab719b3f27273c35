/** Columns of the table of runs. */
import { duration, foldsShort } from '../../base/format.ts';
import type { Note, RunSummary } from '../api.ts';
import { numberColumn, scoreColumn, settingColumn } from './columns.ts';
import { briefTime, h } from './dom.ts';
import { tagList } from './notes.ts';
import type { Column } from './table.ts';

const competitionColumn: Column<RunSummary> = {
  id: 'competition',
  title: 'Competition',
  value: ({ configuration }) => configuration.competition,
};

/** @param shown runs in the table; a setting has a column if their values differ */
export function runColumns(notes: ReadonlyMap<string, Note>, shown: readonly RunSummary[]): Column<RunSummary>[] {
  const values = new Map<string, Set<string>>();
  for (const { settings } of shown) {
    for (const [name, value] of Object.entries(settings)) {
      values.set(name, (values.get(name) ?? new Set()).add(value));
    }
  }
  // These have a column in any case.
  for (const name of ['model', 'seed', 'folds', 'epochs']) values.delete(name);
  const differing = [...values].flatMap(([name, different]) => (different.size > 1 ? [name] : []));
  return [
    {
      id: 'name',
      title: 'Run',
      value: ({ name }) => name,
      cell: ({ id, name }) => h('span', {}, name, ' ', tagList(notes.get(id)?.tags ?? [])),
    },
    // Scores come first: a narrow screen shows them without scrolling.
    scoreColumn('test', 'Test', ({ scores }) => scores.test),
    scoreColumn('oof', 'Out-of-fold', ({ scores }) => scores.outOfFold),
    scoreColumn('train', 'Train', ({ scores }) => scores.train),
    { id: 'method', title: 'Method', value: ({ configuration }) => configuration.method },
    ...(new Set(shown.map(({ configuration }) => configuration.competition)).size > 1 ? [competitionColumn] : []),
    { id: 'model', title: 'Model', value: ({ configuration }) => configuration.model },
    { id: 'seed', title: 'Seed', isNumeric: true, value: ({ configuration }) => configuration.seed },
    {
      id: 'length',
      title: 'Folds × epochs',
      isNumeric: true,
      value: ({ configuration: { folds, trainFolds = folds, epochs } }) => trainFolds * epochs,
      cell: ({ configuration }) => `${foldsShort(configuration)} × ${configuration.epochs}`,
    },
    ...differing.map((name) => settingColumn<RunSummary>(name)),
    numberColumn('seconds', 'Time', ({ seconds }) => seconds, duration),
    numberColumn('began', 'Began', ({ startedAt }) => startedAt, briefTime),
  ];
}

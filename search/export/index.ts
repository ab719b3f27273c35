/** Every export format of a study, by its name. A new one is a file and a line. */
import type { StudySnapshot } from '../read-study.ts';
import { toCsv } from './csv.ts';
import { toJson } from './json.ts';
import { toOptunaJournal } from './optuna-journal.ts';

/** The text of a file, with a newline at its end. */
type Exporter = (study: StudySnapshot) => string;

export const exporters = {
  csv: toCsv,
  json: toJson,
  'optuna-journal': toOptunaJournal,
} satisfies Record<string, Exporter>;

export type ExportFormat = keyof typeof exporters;

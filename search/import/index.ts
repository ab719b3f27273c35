/** Studies that other programs have made: a journal or an SQLite file of Optuna. */
import { readOrdinary } from '../../base/ordinary-file.ts';
import { displayPath } from '../../base/paths.ts';
import { decodeText } from '../../base/text.ts';
import { StudyError } from '../study-error.ts';
import type { ImportedStudy } from './optuna.ts';

export type { ImportedStudy };

/** The longest text that is read, in bytes. */
const LARGEST_FILE = 2 ** 28;
const sqliteMark = 'SQLite format 3\0';

/**
 * All studies in a file, which its content tells from each other.
 * @throws StudyError or UserError if it is not such a file, or has what no study of ours can hold
 */
export async function importStudies(path: string): Promise<readonly ImportedStudy[]> {
  const file = displayPath(path);
  const bytes = await read(path, file);
  const isSqlite = bytes.subarray(0, sqliteMark.length).toString('latin1') === sqliteMark;
  const expected = 'a journal of Optuna, or an SQLite file of its RDBStorage';
  if (!isSqlite && !/^\s*\{/.test(bytes.subarray(0, 1_000).toString('latin1'))) {
    throw new StudyError(`${file}: expected ${expected}, found neither. Name another file.`);
  }
  // Loaded here, so that a study in memory does not wait for them.
  const { fromOptuna } = await import('./optuna.ts');
  const studies = isSqlite
    ? (await import('./optuna-sqlite.ts')).readOptunaSqlite(path, file)
    : (await import('./optuna-journal.ts')).readOptunaJournal(decodeText(bytes), file);
  if (studies.length === 0) throw new StudyError(`${file}: expected a study of Optuna, found none.`);
  return studies.map((study) => fromOptuna(study, file));
}

async function read(path: string, file: string): Promise<Buffer> {
  try {
    return await readOrdinary(path, LARGEST_FILE);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new StudyError(`${file}: expected a file of Optuna, found one that cannot be read (${error.message}).`, {
      cause: error,
    });
  }
}

/** Studies that other programs have made: a journal or an SQLite file of Optuna. */
import { openOrdinary, readOrdinary } from '../../base/ordinary-file.ts';
import { displayPath } from '../../base/paths.ts';
import { decodeText } from '../../base/text.ts';
import { StudyError } from '../study-error.ts';
import type { ImportedStudy } from './optuna.ts';

export type { ImportedStudy };

/** The longest text that is read, in bytes. */
const LARGEST_FILE = 2 ** 28;
/** Bytes that tell the kinds of files from each other. */
const BEGINNING = 1_000;
const sqliteMark = 'SQLite format 3\0';

/**
 * All studies in a file, which its content tells from each other.
 * @param onNotice is told in a sentence what was left out
 * @throws StudyError or UserError if it is not such a file, or has what no study of ours can hold
 */
export async function importStudies(
  path: string,
  onNotice?: (sentence: string) => void,
): Promise<readonly ImportedStudy[]> {
  const file = displayPath(path);
  const beginning = await read(file, () => readBeginning(path));
  const isSqlite = beginning.startsWith(sqliteMark);
  const expected = 'a journal of Optuna, or an SQLite file of its RDBStorage';
  // Every line of a journal is an object that says what it does.
  if (!isSqlite && !/^\s*\{[^\n]*"op_code"/.test(beginning)) {
    throw new StudyError(`${file}: expected ${expected}, found neither. Name another file.`);
  }
  // Loaded here, so that a study in memory does not wait for them.
  const { fromOptuna } = await import('./optuna.ts');
  const studies = isSqlite
    ? (await import('./optuna-sqlite.ts')).readOptunaSqlite(path, file)
    : (await import('./optuna-journal.ts')).readOptunaJournal(
        decodeText(await read(file, () => readOrdinary(path, LARGEST_FILE))),
        file,
        onNotice,
      );
  if (studies.length === 0) throw new StudyError(`${file}: expected a study of Optuna, found none.`);
  return studies.map((study) => fromOptuna(study, file));
}

/** A database may be larger than what is read as a text. */
async function readBeginning(path: string): Promise<string> {
  await using opened = await openOrdinary(path);
  const { buffer, bytesRead } = await opened.read(Buffer.alloc(BEGINNING), 0, BEGINNING, 0);
  return buffer.toString('latin1', 0, bytesRead);
}

async function read<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new StudyError(`${file}: expected a file of Optuna, found one that cannot be read (${error.message}).`, {
      cause: error,
    });
  }
}

/** Reads the tables of an RDBStorage of Optuna in an SQLite file: schema version 12, of Optuna 3 and 4. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { validate } from '../../base/validate.ts';
import type { JsonValue } from '../json-value.ts';
import { StudyError } from '../study-error.ts';
import type { OptunaStudy, OptunaTrial } from './optuna.ts';
import { parsePythonJson } from '../python-json.ts';

const knownVersion = 12;

const id = z.int();
const studyRows = z.array(z.object({ study_id: id, study_name: z.string() }));
const directionRows = z.array(z.object({ direction: z.enum(['NOT_SET', 'MINIMIZE', 'MAXIMIZE']) }));
const attributeRows = z.array(z.object({ id, key: z.string(), value_json: z.string() }));
const trialRows = z.array(
  z.object({
    trial_id: id,
    state: z.enum(['RUNNING', 'WAITING', 'COMPLETE', 'PRUNED', 'FAIL']),
    datetime_start: z.string().nullable(),
    datetime_complete: z.string().nullable(),
  }),
);
const paramRows = z.array(
  z.object({ id, param_name: z.string(), param_value: z.number(), distribution_json: z.string() }),
);
const valueType = z.enum(['FINITE', 'INF_POS', 'INF_NEG', 'NAN']);
const valueRows = z.array(z.object({ id, value: z.number().nullable(), type: valueType }));
const reportRows = z.array(z.object({ id, step: z.int(), value: z.number().nullable(), type: valueType }));

/**
 * The file is read from a copy, with its log, so that nothing is made beside it.
 * @throws StudyError if it is not such a file, or damaged; UserError if a row is none
 */
export function readOptunaSqlite(path: string, file: string): OptunaStudy[] {
  const folder = mkdtempSync(join(tmpdir(), 'wide-optima-'));
  try {
    const copy = join(folder, 'study.db');
    for (const end of ['', '-wal', '-journal']) {
      if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    }
    const database = new DatabaseSync(copy);
    try {
      expectOptuna(database, file);
      return readTables(database, file);
    } finally {
      database.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error)) throw error;
    throw new StudyError(`${file} is damaged (${error.message}): take another copy of it.`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function expectOptuna(database: DatabaseSync, file: string): void {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const names = new Set(tables.map(({ name }) => name));
  if (!['version_info', 'studies', 'trials', 'trial_params'].every((name) => names.has(name))) {
    throw new StudyError(
      `${file} is an SQLite file, but not one of Optuna: name a file of its RDBStorage. ` +
        'Studies of this program are opened with --storage, and copied with `study -- copy`.',
    );
  }
  const version = database.prepare('SELECT schema_version AS version FROM version_info').get()?.version;
  if (version !== knownVersion) {
    throw new StudyError(
      `${file}: expected tables of version ${knownVersion}, found ${String(version)}. ` +
        'Bring them up to date with `optuna storage upgrade` of Optuna 3 or 4.',
    );
  }
}

function readTables(database: DatabaseSync, file: string): OptunaStudy[] {
  const all = <T>(schema: z.ZodType<T>, table: string, sql: string, ...values: number[]): T =>
    validate(schema, database.prepare(sql).all(...values), `table ${table} of ${file}`);
  const attributes = (rows: z.output<typeof attributeRows>): Record<string, JsonValue> =>
    Object.fromEntries(
      rows.map(({ key, value_json: text }) => [key, parsePythonJson(text, `an attribute in ${file}`) as JsonValue]),
    );
  const ofTrials = <T extends { readonly id: number }>(
    schema: z.ZodType<T[]>,
    table: string,
    columns: string,
    study: number,
  ) => {
    const rows = all(
      schema,
      table,
      `SELECT r.trial_id AS id, ${columns} FROM ${table} r JOIN trials t USING (trial_id) WHERE t.study_id = ? ORDER BY 1, 2`,
      study,
    );
    return Map.groupBy(rows, (row) => row.id);
  };
  const studies = all(studyRows, 'studies', 'SELECT study_id, study_name FROM studies ORDER BY study_id');
  return studies.map(({ study_id: study, study_name: name }) => {
    const ofStudy = (table: string): Record<string, JsonValue> =>
      attributes(
        all(attributeRows, table, `SELECT study_id AS id, key, value_json FROM ${table} WHERE study_id = ?`, study),
      );
    const objectives = 'SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective';
    const params = ofTrials(paramRows, 'trial_params', 'param_id, param_name, param_value, distribution_json', study);
    const values = ofTrials(valueRows, 'trial_values', 'objective, value, value_type AS type', study);
    const reports = ofTrials(
      reportRows,
      'trial_intermediate_values',
      'step, intermediate_value AS value, intermediate_value_type AS type',
      study,
    );
    const users = ofTrials(attributeRows, 'trial_user_attributes', 'key, value_json', study);
    const systems = ofTrials(attributeRows, 'trial_system_attributes', 'key, value_json', study);
    const trials = all(
      trialRows,
      'trials',
      'SELECT trial_id, state, datetime_start, datetime_complete FROM trials WHERE study_id = ? ORDER BY number',
      study,
    );
    return {
      name,
      directions: all(directionRows, 'study_directions', objectives, study).map(({ direction }) => direction),
      userAttributes: ofStudy('study_user_attributes'),
      systemAttributes: ofStudy('study_system_attributes'),
      trials: trials.map((trial): OptunaTrial => {
        const own = <T>(rows: ReadonlyMap<number, T[]>): T[] => rows.get(trial.trial_id) ?? [];
        const found = own(values);
        return {
          state: trial.state,
          values: found.length === 0 ? null : found.map(numberOf),
          params: Object.fromEntries(own(params).map((row) => [row.param_name, row.param_value])),
          distributions: Object.fromEntries(own(params).map((row) => [row.param_name, row.distribution_json])),
          userAttributes: attributes(own(users)),
          systemAttributes: attributes(own(systems)),
          intermediateValues: Object.fromEntries(own(reports).map((row) => [row.step, numberOf(row)])),
          startedAt: trial.datetime_start,
          finishedAt: trial.datetime_complete,
        };
      }),
    };
  });
}

const infinite = { INF_POS: Infinity, INF_NEG: -Infinity, NAN: NaN };

const numberOf = ({ value, type }: { value: number | null; type: z.output<typeof valueType> }): number =>
  type === 'FINITE' ? (value ?? NaN) : infinite[type];

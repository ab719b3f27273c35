/** Reads run records, and ignores other files in the folder of runs. */
import { basename, join } from 'node:path';
import { printable, quoted } from '../../base/printable.ts';
import { readEach } from '../../base/read-each.ts';
import { UserError } from '../../base/user-error.ts';
import type { CurveMetric } from '../../charts/index.ts';
import { findMetric, type MetricName } from '../../data/index.ts';
import { settingsOfRun } from '../../submissions/index.ts';
import { listRuns, nameOfRun, readRecord, RECORD_FILE, type RunRecord, readLiveRuns } from '../../records/index.ts';
import type { RunAnswer, RunsAnswer, RunSummary } from '../api.ts';
import { UnknownError } from './answer.ts';
import { type KeptFile, KeptFiles, lookAt, namesIn } from './kept-files.ts';

export class RunReader {
  readonly #folder: string;
  /** Only the name of a run can change. */
  readonly #records: KeptFiles<RunRecord>;

  constructor(folder: string) {
    this.#folder = folder;
    this.#records = new KeptFiles(
      async () => Promise.all((await this.ids()).map((id) => this.#lookAt(id))),
      ({ id }) => readOwn(folder, id),
    );
  }

  /** Ids of all runs, newest first. */
  async ids(): Promise<string[]> {
    return (await listRuns(this.#folder)).map((folder) => basename(folder)).toReversed();
  }

  async list(): Promise<RunsAnswer> {
    const { found: runs, unreadable } = await readEach(await this.ids(), async (id): Promise<RunSummary> => {
      const { folds: _folds, ...summary } = withMetric(await this.#read(id));
      return { ...summary, settings: settingsOfRun(summary) };
    });
    const live = await readLiveRuns(this.#folder);
    return {
      runs,
      unreadable,
      live: live.map((run) => Object.assign(run, { metric: metricOf(run.configuration.metric) })),
    };
  }

  /** @throws UnknownError if no run has that name; UserError if its record is damaged */
  async find(id: string): Promise<RunAnswer> {
    await this.folderOf(id);
    return withMetric(await this.#read(id));
  }

  /** Names of those of the runs that are there and can be read, by their ids. */
  async namesOf(ids: readonly string[]): Promise<Record<string, string>> {
    const wanted = new Set(ids);
    const there = (await this.ids()).filter((id) => wanted.has(id));
    const { found } = await readEach(there, async (id) => [id, nameOfRun(await this.#read(id))] as const);
    return Object.fromEntries(found);
  }

  /**
   * Path of an existing run. Text from a request becomes part of a path only if it is the name of a run.
   * @throws UnknownError
   */
  async folderOf(id: string): Promise<string> {
    const known = (await this.ids()).find((name) => name === id);
    if (known === undefined) throw new UnknownError(`Unknown run ${quoted(id)}. It may have been deleted.`);
    return join(this.#folder, known);
  }

  /** A text that changes when runs appear, disappear or change. */
  async fingerprint(): Promise<string> {
    const live = await readLiveRuns(this.#folder);
    const progress = live.map(({ id, folds }) => [id, folds.map((epochs) => epochs.length)]);
    const sent = join(this.#folder, 'kaggle');
    const names = await namesIn(sent, (entry) => entry.isFile());
    // An entry of the ledger is replaced when its score is known.
    const scores = await Promise.all(names.map((name) => lookAt(name, join(sent, name))));
    return JSON.stringify([await this.ids(), await this.#records.fingerprint(), scores, progress]);
  }

  async #lookAt(id: string): Promise<KeptFile | null> {
    return lookAt(id, join(this.#folder, id, RECORD_FILE));
  }

  async #read(id: string): Promise<RunRecord> {
    const file = await this.#lookAt(id);
    return file === null ? readOwn(this.#folder, id) : this.#records.read(file);
  }
}

async function readOwn(runsDir: string, id: string): Promise<RunRecord> {
  const record = await readRecord(join(runsDir, id));
  if (record.id === id) return record;
  throw new UserError(`Run ${printable(id)}: expected its own record, got that of ${quoted(record.id)}.`);
}

const withMetric = (record: RunRecord): RunAnswer => ({
  ...record,
  name: nameOfRun(record),
  metric: metricOf(record.scores.outOfFold.metric?.name),
});

function metricOf(name: MetricName = 'accuracy'): CurveMetric | null {
  if (name === 'accuracy') return null;
  const { title, direction } = findMetric(name);
  return { title, direction };
}

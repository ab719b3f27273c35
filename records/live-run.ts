/**
 * Running trainings of submissions. A run record is written only at the end, so until then a small file in `runs/live`
 * holds the progress of the run. It is deleted when the run ends. The file of a dead process does not count, and the
 * next run deletes it. For processes of other machines, which may share the folder, the age of the file decides, so a
 * running process rewrites it.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../base/json.ts';
import { makeFolder } from '../base/make-folder.ts';
import { replaceFile } from '../base/replace-file.ts';
import { metricNames } from '../data/index.ts';
import { modelNames } from '../models/index.ts';
import { runMethodNames, type EpochMetrics, type TrainingEnd } from '../pipeline/index.ts';
import { fateOf, leaseMs, newOwner, renewalMs } from '../base/owner.ts';
import { ownerSchema } from '../base/owner-schema.ts';
import { endSchema, epochSchema } from './epoch.ts';

/** Shortest time between two writes of a file. */
const INTERVAL_MS = 500;

const liveRunSchema = z.object({
  owner: ownerSchema,
  startedAt: z.string(),
  configuration: z.object({
    competition: z.string(),
    model: z.enum(modelNames),
    method: z.enum(runMethodNames),
    epochs: z.int(),
    folds: z.int(),
    seed: z.int(),
    /** That of the competition. Default: accuracy */
    metric: z.enum(metricNames).optional(),
  }),
  /** Finished epochs of each fold. */
  folds: z.array(z.array(epochSchema)),
  /** How each fold ended; null while it is trained. */
  ends: z.array(endSchema.nullable()).default([]),
});

/** A running training of a submission. */
export type LiveRun = Readonly<Omit<z.output<typeof liveRunSchema>, 'owner'>> & { readonly id: string };

export interface LiveRunWriter {
  onEpoch(fold: number, metrics: EpochMetrics): void;
  onFold(fold: number, end: TrainingEnd): void;
  /** Deletes the file. */
  end(): Promise<void>;
}

const folderIn = (runsDir: string): string => join(runsDir, 'live');

/** Writes the progress of a run. Errors are ignored, since a run must go on even if it cannot be shown. */
export function writeLiveRun(runsDir: string, configuration: LiveRun['configuration']): LiveRunWriter {
  const owner = newOwner();
  const startedAt = new Date().toISOString();
  const folds: EpochMetrics[][] = Array.from({ length: configuration.folds }, () => []);
  const ends: (TrainingEnd | null)[] = folds.map(() => null);
  const file = join(folderIn(runsDir), `${randomUUID()}.json`);
  const write = async (): Promise<void> => {
    await makeFolder(folderIn(runsDir));
    await replaceFile(file, JSON.stringify({ owner, startedAt, configuration, folds, ends }));
  };
  let writing: Promise<void> = removeDead(runsDir)
    .then(write)
    .catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const writeNext = (): void => void (writing = writing.then(write).catch(() => {}));
  const renewal = setInterval(writeNext, renewalMs).unref();
  return {
    onEpoch(fold, metrics) {
      folds[fold].push(metrics);
      timer ??= setTimeout(() => {
        timer = undefined;
        writeNext();
      }, INTERVAL_MS).unref();
    },
    onFold(fold, { ended, restoredEpoch }) {
      ends[fold] = { ended, restoredEpoch };
      writeNext();
    },
    async end() {
      clearTimeout(timer);
      clearInterval(renewal);
      await writing;
      await rm(file, { force: true }).catch(() => {});
    },
  };
}

/** Reads the runs of live processes, oldest first. Damaged and foreign files are skipped. */
export async function readLiveRuns(runsDir: string): Promise<LiveRun[]> {
  const runs: LiveRun[] = [];
  for (const { file, isRunning, ...run } of await readAll(runsDir)) {
    if (isRunning) runs.push({ id: basename(file, '.json'), ...run });
  }
  return runs.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));
}

/** Deletes files of dead processes. */
async function removeDead(runsDir: string): Promise<void> {
  for (const { file, isRunning } of await readAll(runsDir)) if (!isRunning) await rm(file, { force: true });
}

async function readAll(runsDir: string) {
  const names = await readdir(folderIn(runsDir)).catch((): string[] => []);
  const files = names.filter((name) => /^[0-9a-f-]{36}\.json$/.test(name));
  const found = await Promise.all(files.map((name) => readLiveRun(join(folderIn(runsDir), name)).catch(() => null)));
  return found.filter((run) => run !== null);
}

async function readLiveRun(file: string) {
  const { owner, ...run } = await readJson(file, liveRunSchema);
  const fate = fateOf(owner);
  const isFresh = Math.abs(Date.now() - (await stat(file)).mtimeMs) < leaseMs;
  return { ...run, file, isRunning: fate === 'runs' || (fate === 'unknown' && isFresh) };
}

/** Every submission that was made here with its scores: the run records, and what the ledger knows of Kaggle. */
import { dirname, resolve } from 'node:path';
import { shortNumber } from '../base/format.ts';
import { findMetric, turned } from '../data/index.ts';
import { meritOf, type Score } from '../pipeline/index.ts';
import { readOrdinary } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { readEach, type Unreadable } from '../base/read-each.ts';
import { UserError } from '../base/user-error.ts';
import {
  LARGEST_SUBMISSION_BYTES,
  listRuns,
  nameOfRun,
  readRecord,
  type RunRecord,
  findEntry,
  type EntryKey,
  entryKey,
  keepEntry,
  LOWEST_SCORE,
  HIGHEST_SCORE,
  readLedger,
} from '../records/index.ts';
import { trainingImagesOf } from './settings.ts';
import { submissionDigest } from './submission.ts';

export interface LeaderboardRow {
  readonly competition: string;
  /** Path of the CSV. */
  readonly submission: string;
  /** SHA-256 of the bytes of the CSV. */
  readonly sha256: string;
  /** Whether they are still there: a later run may have replaced the CSV. */
  readonly isThere: boolean;
  /** When the run began, or, without a run, when the CSV was sent, if it was. ISO 8601. */
  readonly date: string | null;
  /** Public score that Kaggle gave, by the metric of the competition; accuracy as a share. */
  readonly kaggle: number | null;
  /** Null for a CSV that was sent but comes from no run of this folder. */
  readonly run: RunSummary | null;
}

export interface RunSummary
  extends
    Pick<
      RunRecord['configuration'],
      | 'method'
      | 'model'
      | 'engine'
      | 'parameters'
      | 'paramsFrom'
      | 'study'
      | 'epochs'
      | 'folds'
      | 'trainFolds'
      | 'seed'
      | 'tta'
      | 'pseudoLabels'
    >,
    Pick<RunRecord['scores'], 'train' | 'outOfFold' | 'test'> {
  readonly id: string;
  /** Short and unique, or what a person called it. */
  readonly name: string;
  readonly seconds: number;
  readonly commit: string | null;
  /** A short text that differs for other training images; absent for a run of an early version. */
  readonly trainingImages?: string;
}

/** Unreadable are records of runs and of what was sent. */
export interface Leaderboard extends Unreadable {
  readonly rows: readonly LeaderboardRow[];
}

const metricOfRow = (run: RunSummary | null) => findMetric(run?.outOfFold.metric?.name ?? 'accuracy');
const merit = (score: Score | null | undefined): number | undefined => (score ? meritOf(score) : undefined);

/** What the rows can be sorted by: the largest value comes first, rows without one last. */
export const leaderboardOrders = {
  /** By test scores; where nobody knows these, by those that Kaggle gave, and else out-of-fold. */
  best: ({ run }: LeaderboardRow) => merit(run?.test),
  test: ({ run }: LeaderboardRow) => merit(run?.test),
  kaggle: ({ kaggle, run }: LeaderboardRow) => (kaggle === null ? null : turned(metricOfRow(run), kaggle)),
  'out-of-fold': ({ run }: LeaderboardRow) => merit(run?.outOfFold),
  train: ({ run }: LeaderboardRow) => merit(run?.train),
  /** The fastest first. */
  seconds: ({ run }: LeaderboardRow) => (run ? -run.seconds : null),
  /** The newest first. */
  date: ({ date }: LeaderboardRow) => (date === null ? null : Date.parse(date)),
} satisfies Record<string, (row: LeaderboardRow) => number | null | undefined>;

export type LeaderboardOrder = keyof typeof leaderboardOrders;

/** The submissions of all competitions, unsorted. A damaged record keeps no other from being shown. */
export async function readLeaderboard(runsDir: string): Promise<Leaderboard> {
  const { entries: ledger, unreadable: unreadableEntries } = await readLedger(runsDir);
  const { records, unreadable } = await readRecords(runsDir);
  const scores = new Map(ledger.map((entry) => [entryKey(entry), entry.publicScore]));
  const digests = await digestsOf([
    ...records.map(({ submission }) => submission.file),
    ...ledger.map(({ file }) => file),
  ]);
  const isThere = (file: string, sha256: string): boolean => digests.get(file) === sha256;

  const runs = records.map((record): LeaderboardRow => {
    const { id, configuration, scores: own, seconds, startedAt, environment } = record;
    const { competition, ...settings } = configuration;
    const { file, sha256 } = record.submission;
    return {
      competition,
      submission: file,
      sha256,
      isThere: isThere(file, sha256),
      date: startedAt,
      kaggle: scores.get(entryKey({ competition, sha256 })) ?? null,
      run: {
        id,
        name: nameOfRun(record),
        ...settings,
        ...own,
        seconds,
        commit: environment.commit,
        trainingImages: trainingImagesOf(record),
      },
    };
  });
  const made = new Set(runs.map(entryKey));
  const others = ledger
    .filter((entry) => !made.has(entryKey(entry)))
    .map(({ competition, file, sha256, sent, publicScore }): LeaderboardRow => ({
      competition,
      submission: file,
      sha256,
      isThere: isThere(file, sha256),
      date: sent?.at ?? null,
      kaggle: publicScore,
      run: null,
    }));
  return { rows: [...runs, ...others], unreadable: [...unreadable, ...unreadableEntries] };
}

export interface Board {
  readonly competition: string;
  /** In order. */
  readonly submissions: readonly LeaderboardRow[];
}

/** One leaderboard for each competition, by name: scores of different ones cannot be compared. */
export function rankBoards(rows: readonly LeaderboardRow[], order: LeaderboardOrder): Board[] {
  const competitions = [...new Set(rows.map(({ competition }) => competition))].toSorted();
  return competitions.map((competition) => ({
    competition,
    submissions: rankRows(
      rows.filter((row) => row.competition === competition),
      order,
    ),
  }));
}

/**
 * Sorts the rows of one competition from the best to the worst; equal ones by out-of-fold score, then the newer first.
 */
export function rankRows(rows: readonly LeaderboardRow[], order: LeaderboardOrder): LeaderboardRow[] {
  const { kaggle, date, 'out-of-fold': outOfFold } = leaderboardOrders;
  const keys = [leaderboardOrders[order], ...(order === 'best' ? [kaggle] : []), outOfFold, date];
  return rows.toSorted((a, b) => {
    for (const key of keys) {
      const [first, second] = [key(a) ?? -Infinity, key(b) ?? -Infinity];
      if (first !== second) return first > second ? -1 : 1;
    }
    return 0;
  });
}

/**
 * Keeps the public score that Kaggle showed for a submission.
 * @param publicScore by the metric of the competition; accuracy as a share
 * @throws UserError if the file is missing, the score is none of the metric, or the bytes are those of no run and of nothing that was sent
 */
export async function addPublicScore(runsDir: string, file: string, publicScore: number): Promise<LeaderboardRow> {
  const name = displayPath(file);
  const bytes = await readOrdinary(file, LARGEST_SUBMISSION_BYTES).catch((cause: unknown) => {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${name}: expected a submission, found none. Name one that exists.`, { cause });
  });
  const sha256 = submissionDigest(bytes);
  const { rows } = await readLeaderboard(runsDir);
  const row = rowOfFile(
    file,
    rows.filter((known) => known.sha256 === sha256),
  );
  if (!row) {
    throw new UserError(
      `${name}: expected a submission of a run in ${displayPath(runsDir)}, got another or a changed one. ` +
        'Name exactly the file that was sent.',
    );
  }
  const { title, range } = metricOfRow(row.run);
  const [low, high] = row.run === null ? [LOWEST_SCORE, HIGHEST_SCORE] : range;
  if (!(publicScore >= low && publicScore <= high)) {
    const what = row.run === null ? 'a score' : `a score by ${title}`;
    throw new UserError(
      `Expected the public score of ${name} to be ${what} from ${low} to ${shortNumber(high)}, got ${publicScore}.`,
    );
  }
  // A damaged entry is replaced by a whole one.
  const known = await findEntry(runsDir, row).catch(() => null);
  const entry = { competition: row.competition, file, sha256, sent: null, ...known, publicScore };
  await keepEntry(runsDir, entry);
  return { ...row, kaggle: publicScore };
}

/**
 * The row that is meant, among those with the bytes of a file.
 * @throws UserError if they are of several competitions, and the file lies in the folder of none of them
 */
function rowOfFile(file: string, rows: readonly LeaderboardRow[]): LeaderboardRow | undefined {
  const [first] = rows;
  if (rows.every(({ competition }) => competition === first.competition)) return first;
  // A copy in `latest/` lies beside the folder of the submit.
  const place = (path: string): string => dirname(dirname(resolve(path)));
  const beside = rows.find((row) => resolve(row.submission) === resolve(file) || place(row.submission) === place(file));
  if (beside) return beside;
  const competitions = [...new Set(rows.map(({ competition }) => competition))].join(' and ');
  throw new UserError(
    `${displayPath(file)}: expected a submission of one competition, got one with the bytes of submissions of ${competitions}. ` +
      'Name the file in the folder of its submit.',
  );
}

/** The record of the newest run that made this submission; null if none did. */
export async function findRun(runsDir: string, key: EntryKey): Promise<RunRecord | null> {
  const { records } = await readRecords(runsDir);
  const isMade = ({ submission, configuration }: RunRecord): boolean =>
    submission.sha256 === key.sha256 && configuration.competition === key.competition;
  return records.findLast(isMade) ?? null;
}

/** All records that can be read, the oldest first. */
export async function readRecords(runsDir: string): Promise<Unreadable & { readonly records: RunRecord[] }> {
  const { found: records, unreadable } = await readEach(await listRuns(runsDir), readRecord);
  return { records, unreadable };
}

/** What the files hold now; null for one that is gone, and for what can be no submission. */
async function digestsOf(files: readonly string[]): Promise<Map<string, string | null>> {
  const digests = new Map<string, string | null>();
  for (const file of new Set(files)) {
    // A record can name anything, such as a device that never ends.
    digests.set(file, await readOrdinary(file, LARGEST_SUBMISSION_BYTES).then(submissionDigest, () => null));
  }
  return digests;
}

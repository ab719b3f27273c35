/** Finds the study that is meant, and puts studies and trials into words and tables. */
import { styleText } from 'node:util';
import { printable, quoted } from '../base/printable.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import {
  bestSoFar,
  type Importances,
  progressOf,
  type StudyProgress,
  describeDistribution,
  openStorage,
  type Storage,
  type StorageOptions,
  parseLocation,
  shownLocation,
  readStudy,
  type StudySnapshot,
  durationSeconds,
  failureOf,
  type FrozenTrial,
  lastUsed,
  type TrialState,
} from '../search/index.ts';
import { counted, duration, integer, localTime, parameterValue, percent, shortNumber } from '../base/format.ts';
import { meantBy } from './names.ts';
import type { Progress } from './progress.ts';
import { table } from './table.ts';
import { commandLine } from '../base/command-line.ts';
import { median, sum } from '../numerics/statistics.ts';

/** Where studies are, for messages: a path as a person would type it, or the URL of a database without its password. */
export function displayStorage(location: string): string {
  const shown = shownLocation(location);
  return parseLocation(location).kind === 'file' ? displayPath(shown) : shown;
}

/**
 * @param options.readOnly default: true
 * @throws StudyError if there is no such file, or it cannot be used; and the errors of `work`
 */
export async function withStorage<T>(
  location: string,
  work: (storage: Storage) => Promise<T>,
  { signal, readOnly = true }: Pick<StorageOptions, 'signal' | 'readOnly'> = {},
): Promise<T> {
  const storage = await openStorage(location, { mustExist: true, readOnly, signal });
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

/**
 * @param part the study's name, or a part of it; of several studies the one used last is taken
 * @param progress is told which; without it several are refused
 * @throws UserError if no study is meant
 */
export async function findStudy(storage: Storage, part: string, progress?: Progress): Promise<StudySnapshot> {
  const { names, meant } = await findNames(storage, part);
  if (meant.length === 1) return readStudy(storage, meant[0]);
  const place = displayStorage(storage.location);
  if (names.length === 0)
    throw new UserError(`${place}: expected a study, found none. Search first (${commandLine('search')}).`);
  if (meant.length === 0) {
    throw new UserError(
      `${place}: expected a study with ${quoted(part)} in its name, found none. There are:${listed(names)}`,
    );
  }
  if (!progress) throw severalMeant(part, meant);
  const snapshots: StudySnapshot[] = [];
  for (const name of meant) snapshots.push(await readStudy(storage, name));
  const [newest, ...others] = snapshots.toSorted((a, b) =>
    (lastUsed(a.trials) ?? '') < (lastUsed(b.trials) ?? '') ? 1 : -1,
  );
  const rest = listed(others.map(({ definition }) => definition.name));
  progress.note(`${printable(newest.definition.name)}, the study used last of ${meant.length}. The others:${rest}`);
  return newest;
}

/** All names of studies, of damaged ones too, and those that are meant. */
export async function findNames(storage: Storage, part: string): Promise<{ names: string[]; meant: string[] }> {
  const names: string[] = [];
  for (const { name } of await storage.listStudies((damaged) => names.push(damaged))) names.push(name);
  return { names, meant: meantBy(part, names) };
}

export const severalMeant = (part: string, meant: readonly string[]): UserError =>
  new UserError(
    `Expected a part of one study's name, got ${quoted(part)}, which is in ${meant.length}:${listed(meant)}`,
  );

const listed = (names: readonly string[]): string => names.map((name) => `\n  ${printable(name)}`).join('');

const stateNames = {
  COMPLETE: 'complete',
  PRUNED: 'pruned',
  FAIL: 'failed',
  RUNNING: 'running',
  WAITING: 'waiting',
} as const satisfies Record<TrialState, string>;

/** How many trials are in each state; states without any are left out. */
export function countStates(trials: readonly FrozenTrial[]): Record<string, number> {
  const counts = Object.entries(stateNames).map(([state, name]) => ({
    name,
    count: trials.filter((trial) => trial.state === state).length,
  }));
  return Object.fromEntries(counts.filter(({ count }) => count > 0).map(({ name, count }) => [name, count]));
}

/** 20 complete, 3 pruned */
export const stateCounts = (trials: readonly FrozenTrial[]): string =>
  Object.entries(countStates(trials))
    .map(([state, count]) => `${integer(count)} ${state}`)
    .join(', ');

/** The present progress of a study, and how long it will still take. */
export async function readProgress(storage: Storage, study: StudySnapshot): Promise<StudyProgress> {
  const running = await storage.readRunning(study.definition.name);
  const alive = running.filter(({ isAlive }) => isAlive).map(({ number }) => number);
  return progressOf(study, alive, Date.now());
}

/** Total and median duration of the finished trials, in seconds; null if no trial is finished. */
export function trialSeconds(trials: readonly FrozenTrial[]): { total: number; median: number } | null {
  const seconds = trials.map(durationSeconds).filter((time) => time !== null);
  return seconds.length === 0 ? null : { total: sum(seconds), median: median(seconds) };
}

/** One row for each trial. */
export function trialTable(trials: readonly FrozenTrial[]): string {
  const names = [...new Set(trials.flatMap(({ params }) => Object.keys(params)))];
  const rows = trials.map((trial) => {
    const { number, state, value, params, startedAt } = trial;
    const values = names.map((name) => (Object.hasOwn(params, name) ? parameterValue(params[name]) : ''));
    const seconds = durationSeconds(trial);
    return [
      String(number),
      stateNames[state],
      value === null ? '' : shortNumber(value),
      ...values,
      startedAt === null ? '' : localTime(startedAt),
      seconds === null ? '' : duration(seconds),
    ];
  });
  return table(['trial', 'state', 'value', ...names, 'started', 'time'], rows, `rlr${'r'.repeat(names.length)}rr`, {
    optional: ['started', 'time', 'state', ...names.toReversed()],
  });
}

/** Why trials failed, or were begun again: a line for each; empty if none did. */
export const failureLines = (trials: readonly FrozenTrial[]): string =>
  trials
    .flatMap((trial) => {
      const reason = failureOf(trial);
      return reason === null ? [] : [`Trial ${trial.number} (${stateNames[trial.state]}): ${printable(reason)}`];
    })
    .join('\n');

const SPARK_WIDTH = 40;
const sparks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** `▁▃▅███ 0.91 → 0.98, since trial 12`; empty without a complete trial. */
export function historyLine(study: StudySnapshot): string {
  const history = bestSoFar(study);
  if (history.length === 0) return '';
  const [first, last] = [history[0].best, history[history.length - 1].best];
  const span = Math.abs(last - first) || 1;
  const width = Math.min(history.length, SPARK_WIDTH);
  const line = Array.from({ length: width }, (_, i) => {
    const { best } = history[Math.floor(((i + 1) * history.length) / width) - 1];
    const low = Math.min(first, last);
    return sparks[Math.round(((best - low) / span) * (sparks.length - 1))];
  }).join('');
  const since = history.find(({ best }) => best === last)?.number;
  return `${line} ${shortNumber(first)} → ${shortNumber(last)}, since trial ${since}`;
}

/** Pairs below this share are noise of the forest more often than not. */
const LEAST_PAIR_SHARE = 0.02;
const BAR_WIDTH = 20;

/** One row for each parameter, with its distribution, and for each pair that is worth a look. */
export function importanceTable({ shares, leftOut, trials, of }: Importances, study: StudySnapshot): string {
  const shown = shares.filter(({ parameters, share }) => parameters.length === 1 || share >= LEAST_PAIR_SHARE);
  const rows = shown.map(({ parameters, share }) => [
    parameters.map((name) => printable(name)).join(' × '),
    parameters.length === 1 ? rangeInWords(study, parameters[0]) : 'together, beyond each alone',
    percent(share, 0),
    '█'.repeat(Math.round(share * BAR_WIDTH)),
  ]);
  const looked = of > trials ? `${trials} of ${counted(of, 'trial')}, drawn at random` : counted(trials, 'trial');
  const note = leftOut.length === 0 ? '' : `\nNot in all trials: ${leftOut.map((name) => printable(name)).join(', ')}.`;
  return `${table(['parameter', 'range', 'importance', ''], rows, 'llrl')}\nFrom ${looked}.${note}`;
}

/** The parameter's range in words, as in the newest trial that has the parameter. */
function rangeInWords({ trials }: StudySnapshot, name: string): string {
  const having = trials.findLast(({ distributions }) => Object.hasOwn(distributions, name));
  return having === undefined ? '' : printable(describeDistribution(having.distributions[name]));
}

export const heading = (text: string): string => styleText('bold', printable(text), { stream: process.stdout });

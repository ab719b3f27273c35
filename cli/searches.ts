/** Runs the searches of all methods side by side over one pool, and tells of them. */
import { join } from 'node:path';
import type { Piscina } from 'piscina';
import { describeOwner } from '../base/owner.ts';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { planFolds } from '../data/index.ts';
import { methodFor, trainingCount, type MethodName } from '../pipeline/index.ts';
import {
  measuredBy,
  type PublishedTrials,
  type SearchOutcome,
  type SearchProgress,
  type SearchTask,
  expectSearchable,
  searchMethod,
} from '../tuning/index.ts';
import { clockTime, type Params, isMemory, samplerByName } from '../search/index.ts';
import { imageNotes } from './competition.ts';
import type { Session } from './command.ts';
import { counted, duration, integer, parametersInWords, shortNumber, valueText } from '../base/format.ts';
import { padNames } from './format.ts';
import type { Bar, Progress } from './progress.ts';
import { displayStorage, priorName, withStorage } from './studies.ts';
import { withError } from './search-tables.ts';
import { shared } from './options.ts';
import { effectiveSpace } from './unused.ts';
import { RUNS_DIRECTORY } from './submissions.ts';
import type { Training } from './training.ts';
import { largest } from '../numerics/statistics.ts';

/** What prunes where nobody has chosen. */
const USUAL_PRUNER = shared('pruner').pruner.fallback;

/** Folder for trials that could not be saved. */
export const UNSAVED_DIRECTORY = join(RUNS_DIRECTORY, 'unsaved');

/** Sentence that is shown after Ctrl-C in a search, followed by a command line. */
export const stoppedSearch = ({ storage }: Pick<SearchPlan, 'storage'>): string =>
  isMemory(storage)
    ? 'Nothing is kept of a search in memory; start again, best with a file as --storage,'
    : 'Finished trials are kept; go on with';

/** `prior` may be a part of its name; with several methods each adds its own name to `name`. */
export interface SearchPlan extends Omit<
  SearchTask,
  'competition' | 'model' | 'plan' | 'images' | 'method' | 'fixed' | 'enqueue' | 'unsavedDir'
> {
  readonly methods: readonly MethodName[];
  readonly fix?: Params;
  readonly enqueue?: PublishedTrials;
}

/**
 * Runs one search for each method, side by side. Its result depends neither on the other searches nor on the number of
 * threads.
 * @throws AbortError when the session is stopped; finished trials are kept
 */
export async function searchAll(
  { competition, images: loaded, model, plan, pool }: Training,
  { methods, fix, enqueue, name, prior: part, ...settings }: SearchPlan,
  session: Session,
): Promise<Record<string, SearchOutcome>> {
  const { progress } = session;
  const { trials, folds, epochs, storage } = settings;
  const isFront = (settings.objectives ?? []).length > 0;
  if (isFront) expectForFronts(settings);
  const spaces = new Map(methods.map((method) => [method, effectiveSpace(method, model, settings.space, fix)]));
  const prior = part === undefined ? undefined : await withStorage(storage, (store) => priorName(store, part), session);
  const images = await loaded.train();
  // Finds too many folds for the data before a study is made.
  planFolds(images, folds, settings.seed);
  for (const note of imageNotes(images, folds, competition)) progress.note(note);
  const announce = (): void => {
    progress.step(
      `Searching ${methods.join(' and ')} on ${integer(images.count)} images: ${counted(trials, 'trial')} each, ` +
        `${counted(folds, 'fold')} × ${counted(epochs, 'epoch')}, kept in ` +
        `${isMemory(storage) ? 'memory until the end' : displayStorage(storage)}.`,
    );
    if (isFront && settings.pruner === USUAL_PRUNER)
      progress.note('  With several objectives nothing is pruned: every trial trains all of its folds.');
    for (const note of enqueue?.notes ?? []) progress.note(`  ${note}`);
    for (const [method, { note }] of spaces) if (note !== null) progress.note(`  ${method}: ${note}`);
  };
  const pruner = isFront ? 'none' : settings.pruner;
  const tasks = methods.map((method): SearchTask => ({
    ...settings,
    pruner,
    name: name === undefined || methods.length === 1 ? name : `${name}-${method}`,
    space: spaces.get(method)!.space,
    method,
    competition: competition.id,
    model,
    plan,
    images,
    fixed: fix,
    enqueue: enqueue?.trials,
    prior,
    unsavedDir: UNSAVED_DIRECTORY,
  }));
  return runSearches(pool, tasks, session, announce);
}

/** @throws UserError if the sampler, the pruner, the terminator or a confirmation needs one objective */
function expectForFronts({
  sampler,
  pruner,
  terminator,
  confirm,
}: Pick<SearchPlan, 'sampler' | 'pruner' | 'terminator' | 'confirm'>): void {
  if (confirm !== undefined) {
    throw new UserError(
      'Expected no --confirm with several objectives: it looks for the luck in a single best score. Leave it out.',
    );
  }
  if (terminator === true) {
    throw new UserError(
      'Expected no --terminator with several objectives, which have no single best trial to gain on. Use --patience-trials.',
    );
  }
  if (pruner !== USUAL_PRUNER && pruner !== 'none') {
    throw new UserError(
      `Expected --pruner none with several objectives, got "${pruner}": it is open which of two trials is better before ` +
        'they end. Leave it out.',
    );
  }
  try {
    samplerByName(sampler, 2);
  } catch (error) {
    throw error instanceof RangeError ? new UserError(error.message, { cause: error }) : error;
  }
}

/**
 * One search for each task, side by side; the failure of one ends the others too.
 * @param announce is called once, when nothing was found that would stop them
 * @throws AbortError when the session is stopped; finished trials are kept
 */
export async function runSearches(
  pool: Piscina,
  tasks: readonly SearchTask[],
  { signal, progress }: Session,
  announce: () => void,
): Promise<Record<string, SearchOutcome>> {
  for (const task of tasks) expectSearchable(task);
  let isAnnounced = false;
  const begin = (): void => {
    if (!isAnnounced) announce();
    isAnnounced = true;
  };
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const padded = padNames(tasks.map(({ method }) => method));
  const told = new Set<string>();
  /** Searches that share a storage get the same sentences about it; each is shown once. */
  const onNotice = (sentence: string): void => {
    if (!told.has(sentence)) progress.note(`  ${sentence}`);
    told.add(sentence);
  };
  const running = tasks.map(async (task) => {
    const watcher = watch(task, padded(task.method), progress, begin);
    try {
      return [task.method, await searchMethod(pool, task, { signal: stop, onNotice, ...watcher })] as const;
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(running);
  progress.clear();
  signal.throwIfAborted();
  failure.signal.throwIfAborted();
  const outcomes = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  for (const [method, { repeated, trials }] of outcomes) {
    if (repeated === 0) continue;
    const finished = trials.complete + trials.pruned + trials.failed;
    progress.note(
      `  ${method}: ${integer(repeated)} of ${counted(finished, 'trial')} repeat parameters that were tried before, and ` +
        'so tell nothing new: widen the search space, or take fewer trials.',
    );
  }
  for (const [method, { waiting, stopped }] of outcomes) {
    if (stopped !== 'finished' || waiting.length === 0) continue;
    progress.note(
      `  ${method}: ${counted(waiting.length, 'trial')} wait${waiting.length === 1 ? 's' : ''}, as the study has all ` +
        `that were wanted; --trials ${largest(waiting) + 1} runs what waits.`,
    );
  }
  return Object.fromEntries(outcomes);
}

/** One bar for each study, which moves with every epoch; a line for every finished trial. */
function watch(
  { method, model, trials, folds, epochs, fixed, images }: SearchTask,
  name: string,
  progress: Progress,
  begin: () => void,
): SearchProgress {
  const epochsPerTrial = folds * epochs * trainingCount({ ...methodFor(method, model).defaults, ...fixed });
  let bar: Bar | undefined;
  const measured = measuredBy(images.metric);
  let finishedTrials = 0;
  let detail = '';
  const waitedFor = new Set<string>();
  /** Epochs that the running trials have trained, by their numbers. */
  const running = new Map<number, number>();
  const show = (): void => {
    const begun = running.values().reduce((sum, trained) => sum + trained / epochsPerTrial, 0);
    bar?.update(Math.min(finishedTrials + begun, trials), detail, finishedTrials);
  };
  return {
    onOpen(_method, finished) {
      begin();
      bar = progress.bar(name, trials, 'trials', 0);
      const all = finished < trials ? 'goes on after' : 'has all of its';
      if (finished > 0) progress.note(`  ${name} ${all} ${counted(finished, 'finished trial')}`);
      finishedTrials = Math.min(finished, trials);
      bar.begin(finishedTrials);
    },
    onEpoch(_method, number) {
      running.set(number, (running.get(number) ?? 0) + 1);
      show();
    },
    onWait(_method, awaited) {
      const [{ number, owner, leaseLeftMs }] = awaited;
      const until = leaseLeftMs === null ? '' : ` until ${clockTime(leaseLeftMs)}`;
      const others = awaited.length === 1 ? '' : ` (and for ${counted(awaited.length - 1, 'other')})`;
      const wait = `waiting for trial ${number}, which ${describeOwner(owner)} holds${until}${others}`;
      const holder = `${number} ${owner.token}`;
      // Noted once for each holder: a process that goes on renews its lease.
      if (!waitedFor.has(holder)) progress.note(`  ${name} ${wait}, or longer if it goes on`);
      waitedFor.add(holder);
      detail = wait;
      show();
    },
    onConfirm(_method, count) {
      progress.note(`  ${name} trains its best ${counted(count, 'trial')} again, on a new seed and new folds`);
    },
    onConfirmed(_method, { trial, value: second, standardError }, value) {
      const found = second === null ? 'diverged' : withError(second, standardError, measured);
      progress.row(`  ${name} trial ${trial}: ${valueText(value, measured)} in the search, then ${found}`);
    },
    onTrial(_method, trial) {
      const { number, state, value, values = [], params, best, finished, total, seconds, failure } = trial;
      running.delete(number);
      finishedTrials = Math.min(finished, trials);
      detail = best === null ? '' : `best ${valueText(best, measured)}`;
      const count = `${finished}/${total}`.padStart(2 * String(total).length + 1);
      const result = value === null ? state.toLowerCase() : valueText(value, measured);
      const mark = value === null ? '' : !trial.isFeasible ? 'miss' : value === best ? 'best' : '';
      const facts = [
        count,
        result.padStart(7),
        ...values.slice(1).map((measure) => shortNumber(measure).padStart(7)),
        mark.padEnd(4),
        duration(seconds).padStart(7),
        parametersInWords(params),
        failure === null ? '' : printable(failure),
      ].filter((fact, i, all) => i < all.length - 1 || fact !== '');
      progress.row(`  ${name} ${facts.join('  ')}`);
      show();
    },
  };
}

/**
 * A sentence about studies that moved during the search; undefined if none moved. It is shown at the end, since notes
 * are not shown to scripts.
 */
export function movedInWords(outcomes: Readonly<Record<string, SearchOutcome>>, storage: string): string | undefined {
  const places = new Set(Object.values(outcomes).map((outcome) => displayStorage(outcome.storage)));
  places.delete(displayStorage(storage));
  if (places.size === 0) return undefined;
  const now = [...places].join(' and ');
  return `${displayStorage(storage)} was replaced meanwhile: the studies are in ${now}. Name that with --storage from now on.`;
}

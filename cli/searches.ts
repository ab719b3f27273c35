/** Runs the searches of all methods side by side over one pool, and tells of them. */
import { displayPath } from '../data/archive.ts';
import { loadTrain } from '../data/load.ts';
import { stratifiedFolds } from '../data/split.ts';
import type { SearchedParameter } from '../pipeline/method.ts';
import { type SearchOutcome, type SearchProgress, type SearchTask, searchMethod } from '../search/objective.ts';
import type { SamplerName } from '../search/samplers/index.ts';
import { databaseAddress } from '../search/storage/index.ts';
import type { Session } from './command.ts';
import { counted, duration, integer, parameterNames, percent, rounded, searchedParameters, table } from './format.ts';
import type { Progress } from './progress.ts';
import type { Training } from './training.ts';

export interface SearchPlan {
  readonly dataDir: string | undefined;
  readonly model: string;
  readonly methods: readonly string[];
  readonly trials: number;
  readonly epochs: number;
  readonly folds: number;
  readonly seed: number;
  readonly sampler: SamplerName;
  readonly timeoutMs: number | undefined;
  readonly storage: string;
  readonly engine: string;
}

/**
 * Each study is sequential by itself, so what it finds depends neither on the others nor on the number of threads.
 * @throws AbortError when the session is stopped; finished trials are kept
 */
export async function searchAll(
  { competition, plan, pool }: Training,
  { dataDir, methods, ...settings }: SearchPlan,
  { signal, progress }: Session,
): Promise<Record<string, SearchOutcome>> {
  const { trials, folds, epochs, storage } = settings;
  const images = await loadTrain(competition, { dataDir });
  // Too many folds for the data shall come out before a study is made.
  stratifiedFolds(images.labels, folds, settings.seed, { classes: plan.classes, source: images.source });
  progress.step(
    `Searching ${methods.join(' and ')} on ${integer(images.count)} images: ${counted(trials, 'trial')} each, ` +
      `${counted(folds, 'fold')} × ${counted(epochs, 'epoch')}, kept in ${databaseAddress(storage) ?? displayPath(storage)}.`,
  );
  // The failure of one search ends the others too.
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const running = methods.map(async (method) => {
    const task: SearchTask = { ...settings, method, competition: competition.id, plan, images };
    try {
      return [method, await searchMethod(pool, task, { signal: stop, ...watch(task, progress) })] as const;
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  });
  const results = await Promise.allSettled(running);
  progress.clear();
  signal.throwIfAborted();
  failure.signal.throwIfAborted();
  return Object.fromEntries(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
}

/** One bar for each study, which moves with every epoch; a line for every finished trial. */
function watch({ method, trials, folds, epochs }: SearchTask, progress: Progress): SearchProgress {
  const epochsPerTrial = folds * epochs;
  const bar = progress.bar(method, trials * epochsPerTrial, 'epochs', 0);
  let done = 0;
  let detail = '';
  return {
    onOpen(_method, finished) {
      const all = finished < trials ? 'goes on after' : 'has all of its';
      if (finished > 0) progress.note(`  ${method.padEnd(6)} ${all} ${counted(finished, 'finished trial')}`);
      done = Math.min(finished, trials) * epochsPerTrial;
      bar.update(done);
    },
    onEpoch() {
      done += 1;
      bar.update(done, detail);
    },
    onTrial(_method, { state, value, params, best, finished, total, seconds }) {
      // Some trainings end before their last epoch.
      done = finished * epochsPerTrial;
      detail = best === null ? '' : `best ${percent(best)}`;
      const count = `${finished}/${total}`.padStart(2 * String(total).length + 1);
      const result = value === null ? state.toLowerCase() : percent(value);
      const mark = value !== null && value === best ? 'best' : '';
      const facts = [
        count,
        result.padStart(7),
        mark.padEnd(4),
        duration(seconds).padStart(7),
        searchedParameters(params),
      ];
      progress.note(`  ${method.padEnd(6)} ${facts.join('  ')}`);
      bar.update(done, detail);
    },
  };
}

/** The outcomes as a table, one row for each method. */
export function searchTable(outcomes: Readonly<Record<string, SearchOutcome>>): string {
  const head = ['method', 'trials', 'out of fold', ...Object.values(parameterNames), 'time'];
  const rows = Object.entries(outcomes).map(([method, { trials, best, seconds }]) => {
    const found = Object.keys(parameterNames).map((key) =>
      best ? rounded(best.params[key as SearchedParameter]) : '',
    );
    return [method, trialCounts(trials), best ? percent(best.value) : 'none'].concat(found, duration(seconds));
  });
  return table(head, rows, 'llrrrrrr');
}

function trialCounts({ complete, pruned, failed }: SearchOutcome['trials']): string {
  const others = [pruned > 0 && `${integer(pruned)} pruned`, failed > 0 && `${integer(failed)} failed`];
  return [`${integer(complete)} complete`, ...others.filter(Boolean)].join(', ');
}

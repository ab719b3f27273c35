/** Searches the parameters of one method. */
import { findMetric } from '../data/index.ts';
import type { Piscina } from 'piscina';
import { type Parameters, parametersSchema } from '../pipeline/index.ts';
import { differenceText } from '../base/format.ts';
import { validate } from '../base/validate.ts';
import {
  contains,
  type Params,
  type ParameterValue,
  optimize,
  openStorage,
  type Storage,
  openStudy,
  type Study,
  bestOf,
  byValue,
  confirmedBestOf,
  confirmedOf,
  type Direction,
  durationSeconds,
  failureOf,
  isFeasible,
  isFinished,
  type FrozenTrial,
  type TrialState,
} from '../search/index.ts';
import {
  earlierStudyName,
  measuredBy,
  type SearchTask,
  type Settings,
  settingsOf,
  studyName,
  studyTask,
} from './task.ts';
import { isMeasure, measureNames } from './measures.ts';
import { unknownName } from '../base/own-value.ts';
import { UserError } from '../base/user-error.ts';
import { crossValidation, standardErrorOf } from './cross-validation.ts';
import { confirmTrials } from './confirm.ts';
import { FoldCrew } from './fold-crew.ts';
import type { SearchOutcome, SearchProgress } from './search-outcome.ts';
import { expectTrainable } from './trainable.ts';
import { otherNetworkInWords } from './trained-network.ts';

/**
 * Searches the parameters of one method, beginning with its defaults. The study goes on where an earlier run with the
 * same settings and images stopped; other processes may run it at the same time.
 * @throws UserError for parameters that the method does not have or cannot be trained with; StudyError when the storage
 *   cannot be used
 */
export async function searchMethod(
  pool: Piscina,
  task: SearchTask,
  progress: SearchProgress = {},
): Promise<SearchOutcome> {
  const settings = expectSearchable(task);
  const { signal, onNotice } = progress;
  const storage = await openStorage(task.storage, { signal, onNotice, unsavedDir: task.unsavedDir });
  try {
    const outcome = await searchIn(storage, pool, task, settings, progress);
    return { ...outcome, storage: storage.location };
  } finally {
    await storage.close();
  }
}

/** Finds out before there is a study what cannot be searched. @throws UserError as `searchMethod` */
export function expectSearchable(task: SearchTask): Settings {
  const settings = settingsOf(task);
  expectTrainable(task, settings);
  objectivesOf(task);
  return settings;
}

/** A study of an earlier version goes on under its name. */
async function nameIn(storage: Storage, task: SearchTask, settings: Settings): Promise<string> {
  const name = studyName(task, settings);
  if (task.name !== undefined) return name;
  const earlier = earlierStudyName(task, settings);
  const names = new Set((await storage.listStudies(() => {})).map((study) => study.name));
  return names.has(earlier) && !names.has(name) ? earlier : name;
}

async function searchIn(
  storage: Storage,
  pool: Piscina,
  task: SearchTask,
  settings: Settings,
  { signal, onOpen, onTrial, onEpoch, onWait, onConfirm, onConfirmed, onNotice }: SearchProgress,
): Promise<Omit<SearchOutcome, 'storage'>> {
  const started = performance.now();
  const { epochs, folds } = task;
  const { space, fixed } = settings;
  const study = await openStudy({
    storage,
    name: await nameIn(storage, task, settings),
    ...objectivesOf(task),
    seed: task.seed,
    sampler: task.sampler,
    pruner: task.pruner,
    lag: task.lag,
    shape: { folds, stepsPerFold: epochs },
    space,
    task: studyTask(task, settings),
    wantedTrials: task.joins ? undefined : task.trials,
    prior: task.prior,
    onChange: onNotice,
  });
  using crew = new FoldCrew(pool);
  let isDone = false;
  const parametersOf = (params: Params): Parameters =>
    validate(parametersSchema, { ...fixed, ...params }, `trial parameters of ${task.method}`);
  try {
    await enqueue(study, [...(task.enqueue ?? []), defaultsIn(settings)]);
    const network = otherNetworkInWords(study.definition, study.trials, task);
    if (network !== undefined) onNotice?.(network);
    onOpen?.(task.method, study.finishedCount);
    const objective = crossValidation(pool, task, study, crew, parametersOf, (...epoch) =>
      onEpoch?.(task.method, ...epoch),
    );
    const { stopped, earlyStop } = await optimize(study, objective, {
      trials: task.trials,
      workers: task.workers,
      timeoutMs: task.timeoutMs,
      patienceTrials: task.patienceTrials,
      standardError: task.terminator ? standardErrorOf : undefined,
      differenceText: (difference) => differenceText(difference, measuredBy(task.images.metric)),
      onIdle: (count) => crew.setIdle(count),
      signal,
      onWait: (awaited) => onWait?.(task.method, awaited),
      onTrial(trial) {
        onTrial?.(task.method, {
          number: trial.number,
          state: trial.state,
          value: trial.value,
          ...(trial.values && { values: trial.values }),
          isFeasible: isFeasible(trial),
          params: trial.params,
          best: bestOf(study.trials, study.definition)?.value ?? null,
          finished: study.finishedCount,
          total: task.trials,
          seconds: durationSeconds(trial) ?? 0,
          failure: failureOf(trial),
        });
      },
    });
    const { trials } = study;
    const hasEnded = stopped === 'finished' || stopped === 'early';
    const confirmations =
      task.confirm !== undefined && hasEnded
        ? await confirmTrials(pool, task, study, parametersOf, {
            signal,
            onBegin: (count) => onConfirm?.(task.method, count),
            onConfirmed: ({ value }, confirmation) => onConfirmed?.(task.method, confirmation, value!),
          })
        : study.definition.confirmations;
    const definition = { ...study.definition, ...(confirmations && { confirmations }) };
    const bestTrial = confirmedBestOf(definition, trials);
    const confirmed = confirmedOf(definition, trials);
    const count = (state: TrialState): number => trials.filter((trial) => trial.state === state).length;
    const finished = count('COMPLETE') + count('PRUNED') + count('FAIL');
    isDone = true;
    return {
      study: study.definition.name,
      ...(task.images.metric && { metric: task.images.metric }),
      trials: { complete: count('COMPLETE'), pruned: count('PRUNED'), failed: count('FAIL') },
      waiting: trials.filter(({ state }) => state === 'WAITING').map(({ number }) => number),
      repeated: countRepeated(trials.filter(isFinished)),
      epochs: {
        trained: trials.reduce((sum, { intermediateValues }) => sum + Object.keys(intermediateValues).length, 0),
        planned: finished * folds * epochs,
      },
      best: bestTrial && {
        number: bestTrial.number,
        value: bestTrial.value!,
        params: bestTrial.params,
        parameters: parametersOf(bestTrial.params),
      },
      ...(confirmed && {
        confirmed: {
          trials: confirmed.trials.map(({ trial: { number, value }, confirmation }) => ({
            number,
            value: value!,
            confirmed: confirmation.value,
            standardError: confirmation.standardError,
          })),
          luck: confirmed.luck,
          standardError: confirmed.standardError,
        },
      }),
      ...(definition.directions && {
        objectives: definition.metricNames,
        front: study.bestTrials
          .toSorted(byValue(definition.direction))
          .map(({ number, values, params }) => ({ number, values, params })),
      }),
      seconds: (performance.now() - started) / 1000,
      stopped,
      ...(earlyStop && { earlyStop }),
    };
  } finally {
    await study.close().catch((error: unknown) => {
      // What went wrong first is what has to be told.
      if (isDone) throw error;
    });
  }
}

/**
 * The score first, so that what looks at one value looks at the score.
 * @throws UserError for a constraint on something that is neither the score nor a measure
 */
function objectivesOf({ images, objectives = [], constraints = [] }: SearchTask) {
  const score = images.metric ?? 'accuracy';
  const { direction } = findMetric(score);
  const unknown = constraints.find(({ of }) => of !== score && !isMeasure(of));
  if (unknown !== undefined) throw new UserError(unknownName('measure', unknown.of, [score, ...measureNames]));
  if (objectives.length === 0) return { direction };
  const directions: Direction[] = [direction, ...objectives.map(() => 'minimize' as const)];
  return { directions, metricNames: [score, ...objectives] };
}

function countRepeated(trials: readonly FrozenTrial[]): number {
  const points = trials.map(({ params }) => JSON.stringify(Object.entries(params).toSorted(byName)));
  return points.length - new Set(points).size;
}

const byName = ([a]: [string, ParameterValue], [b]: [string, ParameterValue]): number => (a < b ? -1 : 1);

/** Adds those trials that the study does not have yet: of several processes that begin a study at once one succeeds. */
export async function enqueue(study: Study, wanted: readonly Params[]): Promise<void> {
  const isThere = (params: Params): boolean =>
    study.trials.some((trial) => Object.entries(params).every(([name, value]) => trial.params[name] === value));
  for (const params of wanted) {
    while (!isThere(params) && (await study.enqueueTrial(params, study.trials.length)) === null);
  }
}

/** The defaults that lie in the search space. */
const defaultsIn = ({ space, defaults }: Settings): Params =>
  Object.fromEntries(Object.entries(defaults).filter(([name, value]) => contains(space[name], value)));

/**
 * Hyperparameter search: studies, samplers, pruners, stores and what can be seen in them. It knows nothing of training.
 *
 *     const study = await openStudy({ name: 'parabola', direction: 'minimize' });
 *     await optimize(study, (trial) => (trial.suggestFloat('x', -5, 5) - 2) ** 2, { trials: 50 });
 *     console.log(study.bestTrial?.params);
 */
export { contour, contourTrials, type Contour, type ContourAxis } from './analysis/contour.ts';
export { bestSoFar } from './analysis/history.ts';
export { variedParameters, type Importances } from './analysis/importance/importance.ts';
export { importanceMethods, importanceTrials, type ImportanceMethodName } from './analysis/importance/index.ts';
export {
  importanceDoubt,
  importanceMeaning,
  importanceWithRanges,
  type RangedImportances,
} from './analysis/importance/ranges.ts';
export { isFeasible, missedConstraints, violationOf } from '../numerics/constraints.ts';
export { progressOf, type StudyProgress } from './analysis/progress.ts';
export { computeGain, gainOf, gainTask, type Gain, type GainTask } from './analysis/gain.ts';
export { bestByMean, leastTrialsOfMean } from './analysis/posterior-mean.ts';
export { slice, type Slice } from './analysis/slice.ts';
export { confirmedBestOf, confirmedOf, topTrials, type Confirmed, type ConfirmedTrial } from './confirmations.ts';
export { surrogateSlices, surrogateTask, type SurrogateSlice, type SurrogateTask } from './analysis/surrogate.ts';
export { directionsOf, type Direction } from './direction.ts';
export { bestTrialsOf } from './pareto.ts';
export {
  contains,
  describeDistribution,
  expectValues,
  parseSpace,
  type Distribution,
  type ParameterValue,
  type Params,
  type ParamsOf,
  type SearchSpace,
} from './distributions.ts';
export { exporters, type ExportFormat } from './export/index.ts';
export { processObjective, type ProcessOptions } from './programs/process.ts';
export { threadObjective, type ThreadObjective, type ThreadTrial } from './programs/thread.ts';
export { optimize, type Objective, type OptimizeOptions, type OptimizeResult } from './optimize.ts';
export type { Outcome } from './outcome.ts';
export { foldOrder } from './pruners/folds.ts';
export { pruners, type PrunerName } from './pruners/index.ts';
export type { Pruner, TrialShape } from './pruners/pruner.ts';
export { replayStudy, type Replay, type ReplayDifference, type ReplayOptions } from './replay.ts';
export { replayInWords } from './replay-words.ts';
export { samplerByName, samplers, type SamplerName } from './samplers/index.ts';
export type { Sampler, SamplerContext } from './samplers/sampler.ts';
export { openStorage, storageExists } from './storage/index.ts';
export { isMemory, parseLocation, shownLocation, withoutPasswords } from './storage/location.ts';
export { StoreLostError, clockTime } from './storage/refusals.ts';
export {
  type Confirmation,
  type EarlyStop,
  type Lag,
  type RunningTrial,
  type Storage,
  type StorageOptions,
  type StudyDefinition,
} from './storage/storage.ts';
export { StudyError } from './study-error.ts';
export { bestOf } from './known-trials.ts';
export type { AddedTrialDetails } from './added-trial.ts';
export { addTrial, copyStudy, mergeStudies, type Merged } from './manage-studies.ts';
export { importStudies, type ImportedStudy } from './import/index.ts';
export { openStudy, type StudyOptions } from './open-study.ts';
export type { Study } from './study.ts';
export { readStudy, type StudySnapshot } from './read-study.ts';
export type { JsonValue } from './json-value.ts';
export {
  byValue,
  durationSeconds,
  failureOf,
  isFinished,
  lastUsed,
  valuesOf,
  type FrozenTrial,
  type TrialState,
} from './frozen-trial.ts';
export type { Trial } from './trial.ts';

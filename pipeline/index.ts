/** Training: the loop, schedules, optimizers, collectors, methods, parameters and folds. */
export { describeAugmentation } from './augment.ts';
export { createBatches } from './batches.ts';
export { calibrationOf, type Calibration } from './calibration.ts';
export { lastWeights } from './collector.ts';
export { snapshots } from './collectors/snapshots.ts';
export { averageWeights } from './collectors/swa.ts';
export {
  crossValidate,
  makeFolds,
  outOfFoldRows,
  predictValidation,
  validateWeights,
  type ValidatedFolds,
} from './cross-validate.ts';
export { createGradient, createOptimizer } from './descent.ts';
export { digestOf, digestOfImages, digestOfSources, sourcesIn } from './digest.ts';
export { averageNames, type Averages } from './averages.ts';
export { DivergedError } from './diverged-error.ts';
export { describeDivergence, divergenceRemedy } from './divergence.ts';
export {
  countCorrect,
  logLoss,
  predictedLabels,
  meritOf,
  predictionsOf,
  score,
  SCORED_TRAINING_IMAGES,
  scorePredictions,
  valueOf,
  type Score,
} from './evaluate.ts';
export type { Gradient } from './gradient.ts';
export { asam } from './gradients/asam.ts';
export { sam } from './gradients/sam.ts';
export { findLearningRate, type RangeTestResult } from './learning-rate-finder.ts';
export type { Method } from './method.ts';
export {
  averageOf,
  BLEND,
  blendDefaults,
  findMethod,
  methodFor,
  methodName,
  methodNames,
  methodOfRun,
  methods,
  runMethodNames,
  type MethodName,
  type RunMethodName,
} from './methods/index.ts';
export { averagingPoints, averagingStart, swa } from './methods/swa.ts';
export type { OptimizerName } from './optimizers/index.ts';
export { parametersSchema, recordedParametersSchema, trainingCount, type Parameters } from './parameters.ts';
export { createPool, defaultWorkers, withPool } from './pool.ts';
export { averageProbabilities, ensemble, measureAll, pickRows, placeRows } from './predict.ts';
export type { PseudoLabelling } from './pseudo-labels.ts';
export { foldSeed, runFold, type CrossValidationTask, type FoldResult, type FoldRun } from './run-fold.ts';
export { join, totalSteps } from './schedule.ts';
export { cosine } from './schedules/cosine.ts';
export { createSchedule } from './schedules/index.ts';
export { isBeginningOf } from './shared-trajectory.ts';
export { usedParameters } from './used-parameters.ts';
export { compositionOf, expectTwoPoints, stepsPerEpoch } from './enough-points.ts';
export type { Alongside, EpochMetrics, TrainingEnd } from './train.ts';
export { methodsUsing, reasonOf, unusedParameters, type Values } from './used-parameters.ts';
export { ensembleOfViews, foldsOfViews, MOST_VIEWS, movesImages, ttaOf, type TestTimeAugmentation } from './tta.ts';
export { ttaSchema } from './tta-schema.ts';
export { fit, MONITOR_IMAGES, networkFor, type PredictTask, type Speed, type SpeedTask } from './worker.ts';

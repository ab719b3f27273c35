/** Where search meets training: a trial is a cross-validation. */
export { bestParameters } from './best-parameters.ts';
export { expectSearchable, searchMethod } from './search-method.ts';
export type { SearchOutcome, SearchProgress } from './search-outcome.ts';
export {
  measuredBy,
  measuredIn,
  readTask,
  scoreConstraints,
  settingsOf,
  shapeOf,
  studyName,
  studyTask,
  type SearchTask,
  type StudyTask,
} from './task.ts';
export { isMeasure, type Limit, measureNames, type MeasureName, measures, parseLimit } from './measures.ts';
export { parametersIn, trainedParams } from './parameters-in.ts';
export { constraintsOf, expectPossible } from './trainable.ts';
export { type PublishedTrials, publishedTrials } from './published-trials.ts';

/** Experiments: claims of the literature, tested over several seeds. */
export { experiments } from './catalogue/index.ts';
export type { Experiment } from './experiment.ts';
export { rangeTestFile, type RangeTestTask } from './range-test.ts';
export type { ExperimentReport } from './report.ts';
export { runExperiment, type Result, type RunOptions, type RunTask } from './run.ts';
export type { Source } from './split.ts';
export * as experimentReport from './report.ts';

/**
 * What of the search runs in a web page, with studies in memory: bundlers for browsers take this in place of `index.ts`.
 *
 *     const study = await openStudy({ name: 'colours', direction: 'maximize' });
 *     await optimize(study, async (trial) => rate(trial.suggestFloat('hue', 0, 360)), { trials: 30 });
 */
import { quoted } from '../base/printable.ts';
import type { SearchSpace } from './distributions.ts';
import { openStudyIn, type OpenStorage, type StudyOptions } from './open-study-in.ts';
import { memoryStorage } from './storage/memory.ts';
import { memoryLocation } from './storage/storage.ts';
import { StudyError } from './study-error.ts';
import type { Study } from './study.ts';

export { bestSoFar } from './analysis/history.ts';
export { gainOf, type Gain } from './analysis/gain.ts';
export { bestByMean } from './analysis/posterior-mean.ts';
export { importanceMethods, type ImportanceMethodName } from './analysis/importance/index.ts';
export type { Direction } from './direction.ts';
export type { Distribution, ParameterValue, Params, ParamsOf, SearchSpace } from './distributions.ts';
export { optimize, type Objective, type OptimizeOptions, type OptimizeResult } from './optimize.ts';
export type { Outcome } from './outcome.ts';
export { bestTrialsOf } from './pareto.ts';
export { pruners, type PrunerName } from './pruners/index.ts';
export type { Pruner } from './pruners/pruner.ts';
export { replayStudy, type Replay, type ReplayOptions } from './replay.ts';
export { samplerByName, samplers, type SamplerName } from './samplers/index.ts';
export type { Sampler, SamplerContext } from './samplers/sampler.ts';
export type { StudySnapshot } from './snapshot.ts';
export type { Lag, StudyDefinition } from './storage/storage.ts';
export { StudyError } from './study-error.ts';
export type { StudyOptions } from './open-study-in.ts';
export type { Study } from './study.ts';
export { isFinished, type FrozenTrial, type TrialState } from './frozen-trial.ts';
export type { Trial } from './trial.ts';

const openMemory: OpenStorage = async (location) => {
  if (location === memoryLocation) return memoryStorage();
  throw new StudyError(
    `Expected no \`storage\` in a browser, where studies are in memory, got ${quoted(location)}: leave it out.`,
  );
};

/** As in Node, with studies that live as long as the page. */
export const openStudy = <const Space extends SearchSpace = SearchSpace>(
  options: StudyOptions<Space>,
): Promise<Study<Space>> => openStudyIn(openMemory, options);

/** The task of `lr-finder` on a worker thread, so that Ctrl-C can stop it. */
import type { LabelledImages } from '../data/index.ts';
import type { Plan } from '../models/index.ts';
import { type Parameters, findLearningRate, type RangeTestResult, networkFor } from '../pipeline/index.ts';

export interface RangeTestTask {
  readonly plan: Plan;
  readonly engine: string;
  readonly images: LabelledImages;
  readonly parameters: Parameters;
  readonly seed: number;
}

export async function rangeTest({ plan, engine, ...task }: RangeTestTask): Promise<RangeTestResult> {
  return findLearningRate({ network: await networkFor(plan, engine), ...task });
}

export const rangeTestFile = import.meta.url;

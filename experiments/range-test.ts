/** What runs on a worker thread for `lr-finder`, so that Ctrl-C can end it. */
import type { LabelledImages } from '../data/images.ts';
import type { Plan } from '../models/engine/plan.ts';
import type { Parameters } from '../pipeline/parameters.ts';
import { findLearningRate, type RangeTestResult } from '../pipeline/learning-rate-finder.ts';
import { networkFor } from '../pipeline/worker.ts';

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

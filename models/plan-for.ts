/** The plan of a model for the images of a competition. */
import { channelMoments, type Competition, type Images } from '../data/index.ts';
import type { ModelName } from './architectures/index.ts';
import { normalizationOf, type Plan, withNormalization } from './engine/plan.ts';
import { loadPlan } from './engine/plans.ts';

/** Decimals of means and deviations. They are usually given so, and a few other images give the same. */
const DECIMALS = 4;

/**
 * As `loadPlan`. Where the model normalises pixels, it does so by the mean and the deviation of each channel over all
 * training images; a channel without a deviation keeps its scale.
 * @param train loads the training images; called only if they matter
 * @throws UserError when the model cannot be compiled for these images, or as `train`
 */
export async function planFor(
  model: ModelName,
  { shape, classes }: Pick<Competition, 'shape' | 'classes'>,
  train: () => Promise<Images>,
): Promise<Plan> {
  const plan = await loadPlan(model, shape, classes.length);
  if (!normalizationOf(plan)) return plan;
  const { mean, deviation } = channelMoments(await train());
  const rounded = (value: number): number => Number(value.toFixed(DECIMALS));
  return withNormalization(plan, {
    mean: mean.map(rounded),
    deviation: deviation.map((value) => rounded(value) || 1),
  });
}

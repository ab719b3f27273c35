/** What tells runs apart: the settings that are not the same in all of them. */
import { foldsShort, integer } from '../base/format.ts';
import { methodOfRun, type Parameters, usedParameters } from '../pipeline/index.ts';
import type { RunRecord } from '../records/index.ts';
import { valueText } from './table.ts';

export interface Configured extends Pick<
  RunRecord['configuration'],
  'method' | 'model' | 'parameters' | 'epochs' | 'folds' | 'trainFolds' | 'seed' | 'tta' | 'pseudoLabels' | 'skipBroken'
> {
  /** As {@link trainingImagesOf} names them. */
  readonly trainingImages?: string;
}

/**
 * A short text that differs for other training images: their number and the beginning of the digest of their labels.
 * Undefined for a run of an early version, which kept no digest.
 */
export function trainingImagesOf({ probabilities }: Pick<RunRecord, 'probabilities'>): string | undefined {
  if (probabilities === undefined) return undefined;
  const { images, of: digest } = probabilities.outOfFold;
  return `${integer(images)} (${digest.slice(0, 6)})`;
}

/** Settings of a run as texts; parameters without an effect on its training are left out. */
export function settingsOf({
  method,
  model,
  parameters,
  epochs,
  folds: all,
  trainFolds,
  seed,
  tta,
  pseudoLabels,
  skipBroken,
  trainingImages,
}: Configured): Record<string, string> {
  const folds = foldsShort({ folds: all, trainFolds });
  const data: Record<string, string> = {
    ...(skipBroken && { skipBroken: 'true' }),
    ...(trainingImages !== undefined && { trainingImages }),
  };
  // Its members have the others.
  if (method === 'blend') return { folds, seed: String(seed), ...data };
  const used = usedParameters(methodOfRun(method), parameters);
  const names = (Object.keys(parameters) as (keyof Parameters)[]).filter((name) => used.has(name));
  return {
    model,
    ...Object.fromEntries(names.map((name) => [name, valueText(parameters[name])])),
    folds,
    epochs: String(epochs),
    seed: String(seed),
    tta: String(tta?.views ?? 0),
    pseudoLabels: pseudoLabels === undefined ? 'none' : String(pseudoLabels.confidence),
    ...data,
  };
}

/** The same of a recorded run, with its training images. */
export const settingsOfRun = (record: Pick<RunRecord, 'configuration' | 'probabilities'>): Record<string, string> =>
  settingsOf({ ...record.configuration, trainingImages: trainingImagesOf(record) });

/** Names of the settings in which the runs differ, as far as they have them. */
export function differingSettings(runs: readonly Configured[]): string[] {
  const values = new Map<string, Set<string>>();
  for (const run of runs) {
    for (const [name, value] of Object.entries(settingsOf(run))) {
      values.set(name, (values.get(name) ?? new Set()).add(value));
    }
  }
  return [...values].flatMap(([name, different]) => (different.size > 1 ? [name] : []));
}

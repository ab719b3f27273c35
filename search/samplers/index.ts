/** Every sampler by its name. A new one is a file and a line. */
import { unknownName } from '../../base/own-value.ts';
import { autoSampler } from './auto.ts';
import { cmaEsSampler } from './cma-es.ts';
import { gpSampler } from './gp.ts';
import { gridSampler } from './grid.ts';
import { nsga2Sampler } from './nsga-ii.ts';
import { qmcSampler } from './qmc.ts';
import { randomSampler } from './random.ts';
import type { Sampler } from './sampler.ts';
import { tpeSampler } from './tpe.ts';
import { unrepeated } from './unrepeated.ts';

export const samplers = {
  auto: () =>
    autoSampler({
      early: gpSampler(),
      late: cmaEsSampler(),
      // From 80 trials it learns within milliseconds, however long the study is.
      lateOfCategories: [gpSampler({ observations: 80 }), cmaEsSampler()],
      wide: tpeSampler({ joint: true }),
      conditional: tpeSampler(),
      finite: gridSampler(),
      several: tpeSampler({ joint: true }),
    }),
  grid: () => gridSampler(),
  qmc: qmcSampler,
  random: randomSampler,
  tpe: () => tpeSampler(),
  'tpe-joint': () => tpeSampler({ joint: true }),
  'cma-es': cmaEsSampler,
  gp: gpSampler,
  'nsga-ii': nsga2Sampler,
} satisfies Record<string, () => Sampler>;

export type SamplerName = keyof typeof samplers;

/** Samplers that learn from the trials of another study. */
export const samplersWithPrior: readonly string[] = ['auto', 'tpe', 'tpe-joint', 'gp'] satisfies SamplerName[];

/** Samplers that cannot place a trial among others if there are several objectives. */
const ofOneObjective: ReadonlySet<string> = new Set(['cma-es']);

/**
 * The sampler, which repeats no trial where that would be a waste.
 * @param objectives of the study
 * @throws RangeError that lists the known names, or those that know several objectives
 */
export function samplerByName(name: string, objectives = 1): Sampler {
  const make = Object.entries(samplers).find(([known]) => known === name)?.[1];
  if (make === undefined) {
    throw new RangeError(unknownName('sampler', name, Object.keys(samplers)));
  }
  if (objectives > 1 && ofOneObjective.has(name)) {
    const others = Object.keys(samplers).filter((known) => !ofOneObjective.has(known));
    throw new RangeError(
      `The sampler ${name} knows one objective, not ${objectives}. Use one of ${others.join(', ')}.`,
    );
  }
  return unrepeated(make());
}

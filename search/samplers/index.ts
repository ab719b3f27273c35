/** Every sampler by its name. A new one is a file and a line. */
import { unknownName } from '../../base/own-value.ts';
import { autoSampler } from './auto.ts';
import { cmaEsSampler } from './cma-es.ts';
import { gpSampler } from './gp.ts';
import { gridSampler } from './grid.ts';
import { qmcSampler } from './qmc.ts';
import { randomSampler } from './random.ts';
import type { Sampler } from './sampler.ts';
import { tpeSampler } from './tpe.ts';

export const samplers = {
  auto: () =>
    autoSampler({
      early: gpSampler(),
      late: cmaEsSampler(),
      wide: tpeSampler({ joint: true }),
      conditional: tpeSampler(),
      finite: gridSampler(),
    }),
  grid: () => gridSampler(),
  qmc: qmcSampler,
  random: randomSampler,
  tpe: () => tpeSampler(),
  'tpe-joint': () => tpeSampler({ joint: true }),
  'cma-es': cmaEsSampler,
  gp: gpSampler,
} satisfies Record<string, () => Sampler>;

export type SamplerName = keyof typeof samplers;

/** @throws RangeError that lists the known names */
export function samplerByName(name: string): Sampler {
  const make = Object.entries(samplers).find(([known]) => known === name)?.[1];
  if (make === undefined) {
    throw new RangeError(unknownName('sampler', name, Object.keys(samplers)));
  }
  return make();
}

/** `npm run analyze`: what the surroundings of trained networks look like. */
import { curve } from '../analyses/curve.ts';
import { line } from '../analyses/line.ts';
import { plane } from '../analyses/plane.ts';
import { rays } from '../analyses/rays.ts';
import { spectrum } from '../analyses/spectrum.ts';
import { trajectory } from '../analyses/trajectory.ts';
import type { CommandGroup } from '../command.ts';

export const analyze: CommandGroup = {
  name: 'analyze',
  summary: 'measure loss, error and curvature around trained networks',
  commands: [plane, rays, line, spectrum, curve, trajectory],
};

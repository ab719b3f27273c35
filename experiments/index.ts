/** Every experiment: a new one is a file in `catalogue` and a line here. */
import { clr } from './catalogue/clr.ts';
import { connectivity } from './catalogue/connectivity.ts';
import { curvature } from './catalogue/curvature.ts';
import { digitStudy } from './catalogue/digit-study.ts';
import { fashionMlp } from './catalogue/fashion-mlp.ts';
import { iterates } from './catalogue/iterates.ts';
import { labelNoise } from './catalogue/label-noise.ts';
import { optimizers } from './catalogue/optimizers.ts';
import { samSweep } from './catalogue/sam.ts';
import { snapshot } from './catalogue/snapshot.ts';
import { swaBudgets } from './catalogue/swa-budgets.ts';
import { swaFromScratch } from './catalogue/swa-from-scratch.ts';
import { swaLr } from './catalogue/swa-lr.ts';
import { swaVsFge } from './catalogue/swa-vs-fge.ts';
import { trajectory } from './catalogue/trajectory.ts';
import { valley } from './catalogue/valley.ts';
import type { Experiment } from './experiment.ts';

export const experiments: Readonly<Record<string, Experiment>> = {
  'fashion-mlp': fashionMlp,
  'digit-study': digitStudy,
  optimizers,
  clr,
  'swa-budgets': swaBudgets,
  'swa-lr': swaLr,
  'swa-from-scratch': swaFromScratch,
  snapshot,
  'swa-vs-fge': swaVsFge,
  sam: samSweep,
  'label-noise': labelNoise,
  trajectory,
  iterates,
  valley,
  curvature,
  connectivity,
};

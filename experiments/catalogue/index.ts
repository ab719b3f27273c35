/** The registry of experiments. To add one: write a file in this folder and add its line here. */
import { cifarSwaBudgets } from './cifar-swa-budgets.ts';
import { clr } from './clr.ts';
import { connectivity } from './connectivity.ts';
import { curvature } from './curvature.ts';
import { digitStudy } from './digit-study.ts';
import { fashionMlp } from './fashion-mlp.ts';
import { ingredientsDigits } from './ingredients.ts';
import { iterates } from './iterates.ts';
import { labelNoise } from './label-noise.ts';
import { optimizers } from './optimizers.ts';
import { samSweep } from './sam.ts';
import { snapshot } from './snapshot.ts';
import { swaBudgets } from './swa-budgets.ts';
import { swaFromScratch } from './swa-from-scratch.ts';
import { swaLr } from './swa-lr.ts';
import { swaTodayCifar, swaTodayDigits, swaTodayFashion } from './swa-today.ts';
import { swaVsFge } from './swa-vs-fge.ts';
import { trajectory } from './trajectory.ts';
import { valley } from './valley.ts';
import type { Experiment } from '../experiment.ts';

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
  'ingredients-digits': ingredientsDigits,
  'cifar-swa-budgets': cifarSwaBudgets,
  'swa-today-digits': swaTodayDigits,
  'swa-today-fashion': swaTodayFashion,
  'swa-today-cifar': swaTodayCifar,
};

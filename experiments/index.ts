/** Every experiment: a new one is a file in `catalogue` and a line here. */
import { digitStudy } from './catalogue/digit-study.ts';
import { fashionMlp } from './catalogue/fashion-mlp.ts';
import type { Experiment } from './experiment.ts';

export const experiments: Readonly<Record<string, Experiment>> = {
  'fashion-mlp': fashionMlp,
  'digit-study': digitStudy,
};

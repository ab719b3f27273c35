/** Every importance method by its name. A new one is a file and a line. */
import { fanova } from './fanova.ts';
import type { ImportanceMethod } from './importance.ts';
import { pedAnova } from './ped-anova.ts';

export const importanceMethods = {
  'ped-anova': pedAnova,
  fanova,
} satisfies Record<string, ImportanceMethod>;

export type ImportanceMethodName = keyof typeof importanceMethods;

/** Every importance method by its name. A new one is a file and a line. */
import type { StudySnapshot } from '../../read-study.ts';
import type { Sample } from '../sample.ts';
import { fanova, fanovaTrials } from './fanova.ts';
import type { ImportanceMethod } from './importance.ts';
import { pedAnova, pedAnovaTrials } from './ped-anova.ts';

export const importanceMethods = {
  'ped-anova': pedAnova,
  fanova,
} satisfies Record<string, ImportanceMethod>;

export type ImportanceMethodName = keyof typeof importanceMethods;

/** For each method, the trials that it uses: other trials do not change its result. */
export const importanceTrials: Readonly<Record<ImportanceMethodName, (study: StudySnapshot) => Sample>> = {
  'ped-anova': pedAnovaTrials,
  fanova: fanovaTrials,
};

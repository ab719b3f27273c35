/** How sure an importance is: the range of its share over bootstrap samples of the trials. */
import { randomStream } from '../../random.ts';
import type { StudySnapshot } from '../../read-study.ts';
import { StudyError } from '../../study-error.ts';
import type { Importance, Importances } from './importance.ts';
import { type ImportanceMethodName, importanceMethods, importanceTrials } from './index.ts';

/** Enough for the 5 % and 95 % points of a bar that is some pixels long. */
const RESAMPLES = 20;
/** Trials of a sample: of larger ones a forest would take minutes. */
const MOST_DRAWN = 200;

interface RangedImportance extends Importance {
  /** 5 % and 95 % points of the share over the bootstrap samples. */
  readonly low: number;
  readonly high: number;
}

export interface RangedImportances extends Importances {
  readonly method: ImportanceMethodName;
  readonly shares: readonly RangedImportance[];
  /** Bootstrap samples that the ranges come from. */
  readonly samples: number;
}

/** What each method measures, in one sentence. */
export const importanceMeaning: Readonly<Record<ImportanceMethodName, string>> = {
  'ped-anova': 'Share in what tells the best tenth of the trials from the others: what good trials have in common.',
  fanova: 'Share of the variance over the whole search space, by a random forest: what also makes bad trials bad.',
};

/**
 * The importances of a study, each with its range over samples of the trials, drawn with replacement. The same study
 * gives the same numbers. Samples of a long study have fewer trials than it: deviations shrink with √(m/n), as those of
 * an m out of n bootstrap.
 * Source: Bickel, Götze & van Zwet 1997, Resampling fewer than n observations.
 * @param onPart told how many of about equally long parts are done
 * @throws StudyError as the method
 */
export function importanceWithRanges(
  method: ImportanceMethodName,
  study: StudySnapshot,
  onPart: (done: number, total: number) => void = () => {},
): RangedImportances {
  onPart(0, 1 + RESAMPLES);
  const result = importanceMethods[method](study);
  const { definition, bestTrial } = study;
  const { trials } = importanceTrials[method](study);
  const random = randomStream(definition.seed, null, `bootstrap of ${method}`);
  const drawnTrials = Math.min(trials.length, MOST_DRAWN);
  const scale = Math.sqrt(drawnTrials / trials.length);
  const found: Map<string, number>[] = [];
  for (let sample = 1; sample <= RESAMPLES; sample += 1) {
    onPart(sample, 1 + RESAMPLES);
    const drawn = Array.from({ length: drawnTrials }, () => trials[Math.floor(random() * trials.length)]);
    // Another seed for each: what the forest owes to chance is in the range too.
    const again = { definition: { ...definition, seed: definition.seed + sample }, trials: drawn, bestTrial };
    try {
      found.push(new Map(importanceMethods[method](again).shares.map((one) => [keyOf(one), one.share])));
    } catch (error) {
      // A sample of few trials may have the same value throughout, and says nothing.
      if (!(error instanceof StudyError)) throw error;
    }
  }
  const shares = result.shares.map((one) => {
    const values = found.map((sample) => sample.get(keyOf(one)) ?? 0);
    const [low, middle, high] = values.length === 0 ? [-1, 0, 1] : [0.05, 0.5, 0.95].map((at) => pointOf(values, at));
    const end = (value: number): number => Math.min(Math.max(one.share + scale * (value - middle), 0), 1);
    return { ...one, low: end(low), high: end(high) };
  });
  return { ...result, method, shares, samples: found.length };
}

/** The value below which a share of the others lie, one of the values. */
const pointOf = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.round(share * (values.length - 1))];

const keyOf = ({ parameters }: Importance): string => JSON.stringify(parameters);

/** A sentence where the trials are too few to tell which of the first two parameters matters more; else nothing. */
export function importanceDoubt({ shares, trials }: Pick<RangedImportances, 'shares' | 'trials'>): string | null {
  const [first, second] = shares.filter(({ parameters }) => parameters.length === 1);
  if (second === undefined || first.low > second.high) return null;
  return (
    `${trials} trials are too few to tell whether ${first.parameters[0]} or ${second.parameters[0]} matters more: ` +
    'their ranges overlap.'
  );
}

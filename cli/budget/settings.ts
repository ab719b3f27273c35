/** What a submit within a budget is asked to do. */
import type { SharedValues } from '../options.ts';

export interface BudgetOptions extends Pick<
  SharedValues,
  'dataDir' | 'engine' | 'workers' | 'tta' | 'solution' | 'probabilities' | 'outDir' | 'name' | 'tag' | 'restart'
> {
  /** In milliseconds. Default: none, for a plan. */
  readonly budget?: number;
  /** Name or file. Default: chosen by the images and the budget. */
  readonly recipe?: string;
  readonly dryRun: boolean;
  readonly seed?: number;
  readonly folds?: number;
  readonly trainFolds?: number;
}

/** What all of its members share. */
export interface Settings extends Omit<BudgetOptions, 'budget' | 'recipe' | 'dryRun'> {
  readonly outDir: string;
  readonly folds: number;
  readonly seed: number;
}

/** What a search tells while it runs, and what has come of it in the end. */
import type { MetricName } from '../data/index.ts';
import type { EpochMetrics, MethodName, Parameters } from '../pipeline/index.ts';
import type { Confirmation, FrozenTrial, OptimizeResult, Params, RunningTrial, TrialState } from '../search/index.ts';

export interface FinishedTrial {
  readonly number: number;
  readonly state: TrialState;
  readonly value: number | null;
  /** All values with several objectives. */
  readonly values?: readonly number[];
  /** Whether it keeps all constraints. */
  readonly isFeasible: boolean;
  readonly params: Params;
  /** Best value of the study so far. */
  readonly best: number | null;
  readonly finished: number;
  readonly total: number;
  readonly seconds: number;
  /** Why it failed; null unless it did. */
  readonly failure: string | null;
}

export interface SearchProgress {
  readonly signal?: AbortSignal;
  /** Called when the study is open, with the number of trials that it has finished already. */
  readonly onOpen?: (method: MethodName, finished: number) => void;
  readonly onTrial?: (method: MethodName, trial: FinishedTrial) => void;
  /** @param isTeacher whether the epoch was one of a teacher, whose predictions the network that counts will learn */
  readonly onEpoch?: (
    method: MethodName,
    trialNumber: number,
    fold: number,
    metrics: EpochMetrics,
    isTeacher: boolean,
  ) => void;
  /** Called again and again while nothing is left to do here but to wait for trials that other processes run. */
  readonly onWait?: (method: MethodName, awaited: readonly RunningTrial[]) => void;
  /** Called when the search has ended and some of its best trials are trained again. */
  readonly onConfirm?: (method: MethodName, trials: number) => void;
  /** Called after each of them. @param value its value in the search */
  readonly onConfirmed?: (method: MethodName, confirmation: Confirmation, value: number) => void;
  /** What became of a storage that was lost or moved, in a sentence. */
  readonly onNotice?: (sentence: string) => void;
}

export interface SearchOutcome {
  readonly study: string;
  /** What the values of the trials are; absent for accuracy. */
  readonly metric?: MetricName;
  readonly trials: { readonly complete: number; readonly pruned: number; readonly failed: number };
  /** Trials that were to be run first and are not, since the study has its trials: the numbers that they have. */
  readonly waiting: readonly number[];
  /** Finished trials with the parameters of an earlier one: such a trial is the same training again. */
  readonly repeated: number;
  /** Epochs of all trials and their folds that were trained, and that would have been without pruning. */
  readonly epochs: { readonly trained: number; readonly planned: number };
  /** The best trial; where the best ones were confirmed, the one with the best second value. */
  readonly best: {
    readonly number: number;
    readonly value: number;
    readonly params: Params;
    /** All parameters of the training. */
    readonly parameters: Parameters;
  } | null;
  /** What the best trials were worth on a new seed and new folds, the best first; absent unless the best was confirmed. */
  readonly confirmed?: {
    readonly trials: readonly {
      readonly number: number;
      readonly value: number;
      /** Its second value. */
      readonly confirmed: number;
      readonly standardError: number | null;
    }[];
    /** By how much the best value of the search is better than its second value. */
    readonly luck: number;
    readonly standardError: number | null;
  };
  /** With several objectives: their names, and the trials of the Pareto front, the best score first. */
  readonly objectives?: readonly string[];
  readonly front?: readonly Pick<FrozenTrial, 'number' | 'values' | 'params'>[];
  readonly seconds: number;
  readonly stopped: OptimizeResult['stopped'];
  /** Why it stopped early; absent unless it did. */
  readonly earlyStop?: OptimizeResult['earlyStop'];
  /** Where the study is: not where it was opened, if its file was replaced meanwhile. */
  readonly storage: string;
}

/** What a submit is asked to do, and what it tells while it works. */
import type { Competition, LoadedOnce } from '../data/index.ts';
import type { Plan } from '../models/index.ts';
import type { SubmitResult } from '../records/index.ts';
import type { EpochMetrics, FoldResult, MethodName, Parameters, TrainingEnd } from '../pipeline/index.ts';

export interface SubmitMethod {
  readonly id: MethodName;
  readonly parameters: Parameters;
  /** Where the parameters came from, for the records. */
  readonly paramsFrom: string;
  /** Name of the study that has them, if one has. */
  readonly study?: string;
}

export interface SubmitTask {
  readonly competition: Competition;
  /** Folder of the competition's files. Default: that of the competition. */
  readonly dataDir?: string;
  /** Its images, where other work needs them too. Default: loaded from the folder. */
  readonly images?: LoadedOnce;
  readonly plan: Plan;
  /** `simd` or `tfjs[:backend]`. */
  readonly engine: string;
  /** One or more, all different. */
  readonly methods: readonly SubmitMethod[];
  readonly epochs: number;
  readonly folds: number;
  /** Folds that are trained, the first ones; scores and predictions out of fold are of these. Default: all. */
  readonly trainFolds?: number;
  readonly seed: number;
  /**
   * Trains each fold a second time, on the test images besides of which the first network gives a class at least this
   * probability. Default: once.
   */
  readonly pseudoLabels?: number;
  /** Whether the last weights, their EMA and their SWA of each training are scored out of fold besides. Default: false. */
  readonly withAverages?: boolean;
  /** Augmented views of each image that are predicted too. Default: none. */
  readonly ttaViews?: number;
  /** Default: the competition's own answers, where it has any. */
  readonly solutionFile?: string;
  /** Whether folds that an interrupted submit has kept are thrown away and trained again. */
  readonly restart?: boolean;
  /** Whether tables of all probabilities go beside the submissions. */
  readonly probabilities?: boolean;
  /** Receives a folder with `<method>.csv`, `comparison.json` and `comparison.md`, and a copy of it as `latest`. */
  readonly outDir: string;
  /** Name of that folder and its runs, if no other folder has it. Default: the time and the methods. */
  readonly name?: string;
  /** Receives a folder for each method's run. */
  readonly runsDir: string;
  /** The recipe that each run keeps, which trains it again. Default: none. */
  readonly recipe?: object;
}

export interface SubmitProgress {
  readonly signal?: AbortSignal;
  /** When nothing was found that would stop the work. */
  onBegin?(): void;
  /** Before a method's first fold. */
  onMethod?(id: MethodName): void;
  /** @param isTeacher whether the epoch was one of a teacher, whose predictions the network that counts will learn */
  onEpoch?(method: MethodName, fold: number, metrics: EpochMetrics, isTeacher: boolean): void;
  onFold?(method: MethodName, fold: number, end: TrainingEnd): void;
  /** A fold that an interrupted submit has kept, with all of its epochs; before the first epoch of others. */
  onTakenFold?(method: MethodName, fold: number, result: FoldResult): void;
  /** Something else that a person should know, in a sentence. */
  onNote?(sentence: string): void;
  /** Whether the submit becomes the latest. Default: it does. */
  becomesLatest?(result: SubmitResult): boolean;
  /** Something could not be written where it was meant to be: why, and where it is. */
  onMoved?(sentence: string): void;
}

/** What decides data and folds of a submission, and where it goes. */
export interface SubmissionTask extends Omit<SubmitTask, 'methods'> {
  /** What to call the run of a method. */
  readonly runName?: (method: string) => string;
}

/** Answers about studies and their trials. */
import type {
  Contour,
  Gain,
  RangedImportances,
  StudyProgress,
  SurrogateSlice,
  Slice,
  ParameterValue,
  SearchSpace,
  StudyDefinition,
  FrozenTrial,
  TrialState,
} from '../../search/index.ts';
import type { Measured } from '../../base/format.ts';
import type { Process } from '../../charts/index.ts';

export interface StudySummary {
  /** Without what only replays need. */
  readonly definition: Omit<StudyDefinition, 'earlier' | 'prior'>;
  /** What the first value of its trials is. */
  readonly measured: Measured;
  /** Names of the constraints on that value. */
  readonly scoreConstraints: readonly string[];
  /** The study that this one learns from too, and the number of its trials that it does; null if there is none. */
  readonly prior: { readonly study: string; readonly trials: number } | null;
  readonly revision: number;
  readonly trials: Readonly<Record<TrialState, number>>;
  readonly best: FrozenTrial | null;
  /** Time at which a trial last began or ended. ISO 8601. */
  readonly lastUsed: string | null;
  /** Median duration of the complete trials. */
  readonly medianSeconds: number | null;
  /** Processes that run a trial of the study now, in words. */
  readonly workers: readonly string[];
  readonly progress: StudyProgress;
}

export interface StudiesAnswer {
  /** Path of the SQLite file, or URL of the database without its password. */
  readonly location: string;
  /** Reason why the studies cannot be read. */
  readonly problem: string | null;
  readonly studies: readonly StudySummary[];
}

/** A column with few distinct values, each of which is sent once. */
export interface Repeated<T> {
  readonly known: readonly T[];
  /** For each row the index of its value in `known`. */
  readonly at: readonly number[];
}

/** What trials with the same search space share. */
export interface ParameterShape {
  /** Names of the parameters, in the order of their values. */
  readonly names: readonly string[];
  readonly distributions: SearchSpace;
}

/** Trials sorted by number, without their intermediate values. The page asks for those when it shows them. */
export interface TrialColumns {
  readonly number: readonly number[];
  readonly state: Repeated<TrialState>;
  readonly value: readonly (number | null)[];
  /** Values of trials with several objectives; null if no trial has several. */
  readonly values: readonly (readonly number[] | null)[] | null;
  /** Values of the constraints by name, null for an unknown one; null if no trial has constraints. */
  readonly constraints: readonly (Readonly<Record<string, number | null>> | null)[] | null;
  readonly shape: Repeated<ParameterShape>;
  /** Parameter values of all trials, concatenated. The shape of a trial names its values. */
  readonly params: readonly ParameterValue[];
  /** Milliseconds since 1970. */
  readonly startedAt: readonly (number | null)[];
  readonly finishedAt: readonly (number | null)[];
  /** Numbers of reported steps. */
  readonly steps: readonly number[];
  /** The last value that a running trial has reported. */
  readonly lastValue: readonly (number | null)[];
  /** The process that ran the trial last; null if unknown. */
  readonly process: Repeated<Process | null>;
  /** Reason why the trial, or its last attempt, failed. */
  readonly failure: Repeated<string | null>;
}

export interface StudyAnswer {
  readonly summary: StudySummary;
  /** Trials that changed after the revision in the question. */
  readonly trials: TrialColumns;
}

/** Intermediate values: for each number of a trial a value by step, null if it was not finite. */
export interface CurvesAnswer {
  readonly curves: Readonly<Record<number, Readonly<Record<number, number | null>>>>;
  /** Number of trials that were left out because there are too many. */
  readonly leftOut: number;
}

export type ImportanceAnswer = RangedImportances;
export type ContourAnswer = Contour;

export interface CommandsAnswer {
  /** Command lines that use a trial. `what` says what each does. */
  readonly commands: readonly { readonly what: string; readonly command: string }[];
}

export interface GainAnswer {
  /** Null if it cannot be estimated, for example from few trials. */
  readonly gain: Gain | null;
}

/** What came of a replay. */
export interface ReplayAnswer {
  readonly sentence: string;
  /** The first ones, a sentence each. */
  readonly differences: readonly string[];
}

/** One slice for each parameter with more than one possible value. */
export interface SlicesAnswer {
  readonly slices: readonly Slice[];
}

/** Predictions of a model of the trials along each parameter; empty if it can say nothing. */
export interface SurrogateAnswer {
  readonly slices: readonly SurrogateSlice[];
}

/** Types of all answers of `/api/…`. The server and the page import them, and neither imports the other. */
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
} from '../search/index.ts';
import type { CurveMetric, ExperimentFigure, Process } from '../charts/index.ts';
import type { Fit, Ground } from '../data/index.ts';
import type { Plan } from '../models/index.ts';
import type { RunRecord, Findings, LiveRun, KeptNotes, Note, NoteKind } from '../records/index.ts';
import type {
  Calibration,
  ClassReports,
  Confusion,
  LeaderboardRow,
  TestScore,
  PairedDifference,
  Table,
} from '../submissions/index.ts';

export type { Note, NoteKind };

/** Body of an answer with an HTTP status of 400 or more. */
export interface Refusal {
  readonly error: string;
}

export interface StudySummary {
  readonly definition: StudyDefinition;
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

/** One slice for each parameter with more than one possible value. */
export interface SlicesAnswer {
  readonly slices: readonly Slice[];
}

/** What a model of the trials predicts along each parameter; empty where it can say nothing. */
export interface SurrogateAnswer {
  readonly slices: readonly SurrogateSlice[];
}

export interface RunsAnswer {
  /** Runs without their learning curves, newest first. */
  readonly runs: readonly RunSummary[];
  /** A sentence for each record that cannot be read. */
  readonly unreadable: readonly string[];
  /** Trainings of submissions that run now. */
  readonly live: readonly LiveRunAnswer[];
}

/** With what the competition scores by, where that is not accuracy. */
export type RunAnswer = RunRecord & { readonly metric: CurveMetric | null };
export type LiveRunAnswer = LiveRun & { readonly metric: CurveMetric | null };

export type RunSummary = Omit<RunAnswer, 'folds'> & {
  /** The name that a person gave, or else a short unique name. */
  readonly name: string;
  /** By name, as texts. */
  readonly settings: Readonly<Record<string, string>>;
};

/** What a deletion of runs would do, in the order of the question. */
export interface KeptRunsAnswer {
  readonly runs: readonly KeptRun[];
}

export interface KeptRun {
  readonly id: string;
  readonly name: string;
  /** Total size of its files. */
  readonly bytes: number;
  /** Reason why it is only deleted on request; null if nothing needs it. */
  readonly needed: string | null;
}

export interface RenameOrder {
  readonly id: string;
  readonly name: string;
}

export interface DeleteOrder {
  readonly ids: readonly string[];
  /** Also deletes runs that are needed. */
  readonly evenNeeded: boolean;
}

export interface DeletedAnswer {
  readonly deleted: readonly KeptRun[];
  readonly kept: readonly KeptRun[];
}

/** Errors of the networks of a run on images that they were not trained on. */
export interface DiagnosisAnswer {
  readonly images: number;
  readonly confusion: Confusion;
  readonly calibration: Calibration;
  readonly classes: ClassReports;
  readonly mistakes: readonly PicturedMistake[];
  /** All of them; the list may be shorter. */
  readonly mistakeCount: number;
  readonly shape: ImageSize;
}

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export interface PicturedMistake {
  readonly row: number;
  readonly label: string;
  readonly predicted: string;
  /** Probability of the predicted class. */
  readonly confidence: number;
  /** u8[height × width × channels] in base 64. */
  readonly pixels: string;
}

/** Competitions whose images are on this machine. */
export interface DataSetsAnswer {
  readonly sets: readonly { readonly id: string; readonly title: string }[];
}

/** Images of a competition. Rows count from 0. Pixels are u8[height × width × channels] in base 64. */
export interface DataAnswer {
  readonly id: string;
  readonly title: string;
  readonly folder: string;
  readonly shape: ImageSize;
  /** Number of images. */
  readonly train: number;
  readonly test: number;
  /** Sentences about what is unusual. */
  readonly notes: readonly string[];
  readonly classes: readonly {
    readonly name: string;
    readonly count: number;
    /** Pixels of the mean image; null for a class without images. */
    readonly mean: string | null;
    readonly samples: readonly { readonly row: number; readonly pixels: string }[];
  }[];
  readonly duplicates: {
    readonly says: readonly string[];
    readonly pairs: readonly PicturedPair[];
    /** All of them; the list may be shorter. */
    readonly count: number;
  };
  /** The same eight images under each augmentation preset. */
  readonly augmentations: readonly { readonly name: string; readonly pixels: readonly string[] }[];
}

export interface PicturedPair {
  readonly first: PicturedPlace;
  readonly second: PicturedPlace;
  /** Correlation of their pixels; 1 if they are identical. */
  readonly similarity: number;
  /** Number of identical images, of which two are shown. */
  readonly images: number;
}

export interface PicturedPlace {
  readonly of: 'train' | 'test';
  readonly row: number;
  /** Name of the class; null for test images. */
  readonly label: string | null;
  readonly pixels: string;
}

/** Labels that the out-of-fold predictions of a run suspect. */
export interface LabelErrorsAnswer {
  readonly run: string;
  readonly shape: ImageSize;
  readonly images: number;
  /** All suspected labels; the list may be shorter. */
  readonly count: number;
  readonly suspected: readonly {
    readonly row: number;
    readonly label: string;
    readonly suggested: string;
    readonly labelProbability: number;
    readonly suggestedProbability: number;
    readonly pixels: string;
  }[];
}

/** Progress of a long computation. */
export interface Progress {
  readonly step: string;
  /** Number of finished parts, which take about equally long. */
  readonly done: number;
  readonly total: number;
}

export interface ProgressAnswer {
  /** Null if no computation runs for that address, or it has not reported yet. */
  readonly progress: Progress | null;
}

/** The networks of a run, for a page that runs them itself. */
export interface NetworksAnswer {
  readonly run: string;
  readonly name: string;
  readonly method: string;
  readonly competition: string;
  readonly plan: Plan;
  readonly classes: readonly string[];
  /** How images of another aspect ratio are fitted to the size of the network. */
  readonly fit: Fit;
  /** Background of grey images; null if unknown. */
  readonly ground: Ground | null;
  /** The networks of each fold: weights, then statistics, as little-endian 32-bit floats in base 64. */
  readonly folds: readonly (readonly string[])[];
  /** Whether the submission of the run used test-time augmentation, which the page does not have. */
  readonly hasViews: boolean;
}

export interface LeaderboardAnswer {
  /** Rows grouped by competition, each from best to worst. */
  readonly rows: readonly RankedRow[];
  /** Names of settings in which runs of one competition differ. */
  readonly differing: readonly string[];
  readonly unreadable: readonly string[];
}

export type RankedRow = LeaderboardRow & {
  /** Rank among the submissions of its competition, from 1. */
  readonly rank: number;
  /** Settings by name; empty without a run. */
  readonly settings: Readonly<Record<string, string>>;
  /** What its scores are measured by. */
  readonly metric: string;
};

export interface AgreementAnswer {
  readonly n: number;
  readonly equal: number;
  readonly share: number;
  readonly differing: readonly {
    readonly id: string;
    /** Names of classes. */
    readonly first: string;
    readonly second: string;
    readonly pixels: string | null;
  }[];
  readonly differingCount: number;
  readonly scores: readonly [first: TestScore, second: TestScore] | null;
  readonly difference: PairedDifference | null;
  readonly sentence: string;
  readonly shape: ImageSize | null;
}

export interface AnalysesAnswer {
  /** Analyses without their charts, newest first. */
  readonly analyses: readonly AnalysisSummary[];
  /** A sentence for each analysis that cannot be shown. */
  readonly unreadable: readonly string[];
}

export interface AnalysisSummary extends Pick<Findings, 'kind' | 'title' | 'about'> {
  /** Name of its folder. */
  readonly id: string;
  /** Time of the last change; a plane is rewritten while it is refined. ISO 8601. */
  readonly writtenAt: string;
}

export interface AnalysisAnswer extends AnalysisSummary, Findings {}

export interface ExperimentsAnswer {
  /** The newest first. */
  readonly experiments: readonly ExperimentSummary[];
  /** Results that cannot be shown, in words. */
  readonly unreadable: readonly string[];
}

/** A result of an experiment. */
export interface ExperimentSummary {
  /** Names of its folder and its file. */
  readonly id: string;
  readonly experiment: string;
  /** What a person called it, or else `full` or `quick`. */
  readonly name: string;
  readonly question: string;
  /** One for each claim. */
  readonly verdicts: readonly string[];
  readonly trainings: number;
  /** ISO 8601. */
  readonly writtenAt: string;
}

export interface ExperimentAnswer extends ExperimentSummary {
  readonly claims: Table;
  readonly arms: Table;
  /** What was trained on what, how to read the tables, and where the claims are from. */
  readonly says: readonly string[];
  readonly figures: readonly ExperimentFigure[];
}

export type NotesAnswer = KeptNotes;

/** An event of `/api/events`: something changed. The page then asks for what it shows. */
export type Happening =
  | { readonly kind: 'studies' }
  | { readonly kind: 'study'; readonly name: string; readonly revision: number }
  | { readonly kind: 'runs' }
  | { readonly kind: 'notes' }
  | { readonly kind: 'analyses' }
  | { readonly kind: 'experiments' }
  /** Events were lost: the page must ask for everything. */
  | { readonly kind: 'reset' };

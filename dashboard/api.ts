/** What the server says to the page: every answer of `/api/…` as a type. Both sides import them, neither the other. */
import type {
  Contour,
  Gain,
  RangedImportances,
  StudyProgress,
  Slice,
  ParameterValue,
  SearchSpace,
  StudyDefinition,
  FrozenTrial,
  TrialState,
} from '../search/index.ts';
import type { CurveMetric, Process } from '../charts/index.ts';
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
} from '../submissions/index.ts';

export type { Note, NoteKind };

/** What went wrong, in a sentence; with a status of 400 or more. */
export interface Refusal {
  readonly error: string;
}

export interface StudySummary {
  readonly definition: StudyDefinition;
  readonly revision: number;
  readonly trials: Readonly<Record<TrialState, number>>;
  readonly best: FrozenTrial | null;
  /** When one of its trials was begun or ended last. ISO 8601. */
  readonly lastUsed: string | null;
  /** Median of the complete trials. */
  readonly medianSeconds: number | null;
  /** Processes that run one of its trials at this moment, in words. */
  readonly workers: readonly string[];
  readonly progress: StudyProgress;
}

export interface StudiesAnswer {
  /** Where they are; a database without its password. */
  readonly location: string;
  /** Why they cannot be read. */
  readonly problem: string | null;
  readonly studies: readonly StudySummary[];
}

/** A column in which few things come again and again: each is told once. */
export interface Repeated<T> {
  readonly known: readonly T[];
  /** For each row a place among them. */
  readonly at: readonly number[];
}

/** What trials with the same parameters share. */
export interface ParameterShape {
  /** The names of the parameters, in the order of their values. */
  readonly names: readonly string[];
  readonly distributions: SearchSpace;
}

/** Trials by number, without what they reported on their way, which the page fetches when it shows it. */
export interface TrialColumns {
  readonly number: readonly number[];
  readonly state: Repeated<TrialState>;
  readonly value: readonly (number | null)[];
  /** All values of trials with several objectives; null if no trial has them. */
  readonly values: readonly (readonly number[] | null)[] | null;
  /** By name, null for one that could not be found out; null if no trial has any. */
  readonly constraints: readonly (Readonly<Record<string, number | null>> | null)[] | null;
  readonly shape: Repeated<ParameterShape>;
  /** Those of one trial after the other, each as its shape names them. */
  readonly params: readonly ParameterValue[];
  /** Milliseconds since 1970. */
  readonly startedAt: readonly (number | null)[];
  readonly finishedAt: readonly (number | null)[];
  /** Steps that were reported. */
  readonly steps: readonly number[];
  /** The last value that a running one has reported. */
  readonly lastValue: readonly (number | null)[];
  /** That ran it last; null where it is not known. */
  readonly process: Repeated<Process | null>;
  /** Why it failed, or its last try did. */
  readonly failure: Repeated<string | null>;
}

export interface StudyAnswer {
  readonly summary: StudySummary;
  /** Those that changed after the revision that was asked for. */
  readonly trials: TrialColumns;
}

/** By trial number: the reported values by step; null where a value was not finite. */
export interface CurvesAnswer {
  readonly curves: Readonly<Record<number, Readonly<Record<number, number | null>>>>;
  /** Trials that were left out, since there are too many. */
  readonly leftOut: number;
}

export type ImportanceAnswer = RangedImportances;
export type ContourAnswer = Contour;

export interface CommandsAnswer {
  /** Command lines of a trial, each with what it does. */
  readonly commands: readonly { readonly what: string; readonly command: string }[];
}

export interface GainAnswer {
  /** Null where nothing can be said, as with few trials. */
  readonly gain: Gain | null;
}

/** One for each parameter that had a choice. */
export interface SlicesAnswer {
  readonly slices: readonly Slice[];
}

export interface RunsAnswer {
  /** The newest first, without their learning curves. */
  readonly runs: readonly RunSummary[];
  /** Records that cannot be read, in words. */
  readonly unreadable: readonly string[];
  /** Trainings for a submission that run at this moment. */
  readonly live: readonly LiveRunAnswer[];
}

/** With what the competition scores by, where that is not accuracy. */
export type RunAnswer = RunRecord & { readonly metric: CurveMetric | null };
export type LiveRunAnswer = LiveRun & { readonly metric: CurveMetric | null };

export type RunSummary = Omit<RunAnswer, 'folds'> & {
  /** What a person called it, or else short and unlike all others. */
  readonly name: string;
  /** By name, as texts. */
  readonly settings: Readonly<Record<string, string>>;
};

/** Runs that may be deleted, in the order that was asked for. */
export interface KeptRunsAnswer {
  readonly runs: readonly KeptRun[];
}

export interface KeptRun {
  readonly id: string;
  readonly name: string;
  /** Size of all of its files. */
  readonly bytes: number;
  /** Why it stays unless a person asks for it; null if nothing needs it. */
  readonly needed: string | null;
}

export interface RenameOrder {
  readonly id: string;
  readonly name: string;
}

export interface DeleteOrder {
  readonly ids: readonly string[];
  /** Deletes runs too that are needed. */
  readonly evenNeeded: boolean;
}

export interface DeletedAnswer {
  readonly deleted: readonly KeptRun[];
  readonly kept: readonly KeptRun[];
}

/** What the networks of a run say of the images that they did not train on. */
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

/** Competitions whose images are there. */
export interface DataSetsAnswer {
  readonly sets: readonly { readonly id: string; readonly title: string }[];
}

/** What the images of a competition look like. Rows are counted from 0, pixels are u8[height × width × channels] in base 64. */
export interface DataAnswer {
  readonly id: string;
  readonly title: string;
  readonly folder: string;
  readonly shape: ImageSize;
  /** Images. */
  readonly train: number;
  readonly test: number;
  /** What is odd, in sentences. */
  readonly notes: readonly string[];
  readonly classes: readonly {
    readonly name: string;
    readonly count: number;
    /** Pixels of the mean; null for a class without images. */
    readonly mean: string | null;
    readonly samples: readonly { readonly row: number; readonly pixels: string }[];
  }[];
  readonly duplicates: {
    readonly says: readonly string[];
    readonly pairs: readonly PicturedPair[];
    /** All of them; the list may be shorter. */
    readonly count: number;
  };
  /** The same eight images as each preset changes them. */
  readonly augmentations: readonly { readonly name: string; readonly pixels: readonly string[] }[];
}

export interface PicturedPair {
  readonly first: PicturedPlace;
  readonly second: PicturedPlace;
  /** Correlation of their pixels; 1 if they are identical. */
  readonly similarity: number;
  /** Identical images, of which two are shown. */
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

/** How far a long computation has come. */
export interface Progress {
  readonly step: string;
  /** Parts of the total that are done; they take about equally long. */
  readonly done: number;
  readonly total: number;
}

export interface ProgressAnswer {
  /** Null if nothing is computed for that address, or it has told nothing yet. */
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
  /** How images of other proportions were brought to the size of the network. */
  readonly fit: Fit;
  /** What grey images are drawn on; null where it is not known. */
  readonly ground: Ground | null;
  /** The networks of each fold: weights, then statistics, as little-endian 32-bit floats in base 64. */
  readonly folds: readonly (readonly string[])[];
  /** Whether the submission of the run has test-time augmentation, which the page has not. */
  readonly hasViews: boolean;
}

export interface LeaderboardAnswer {
  /** One competition after the other, each from its best to its worst. */
  readonly rows: readonly RankedRow[];
  /** Names of the settings in which runs of one competition differ. */
  readonly differing: readonly string[];
  readonly unreadable: readonly string[];
}

export type RankedRow = LeaderboardRow & {
  /** Place among the submissions of its competition, from 1. */
  readonly rank: number;
  /** By name, as texts; none without a run. */
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
  /** The newest first, without their charts. */
  readonly analyses: readonly AnalysisSummary[];
  /** Analyses that cannot be shown, in words. */
  readonly unreadable: readonly string[];
}

export interface AnalysisSummary extends Pick<Findings, 'kind' | 'title' | 'about'> {
  /** Name of its folder. */
  readonly id: string;
  /** A plane is written again and again while it gets sharper. ISO 8601. */
  readonly writtenAt: string;
}

export interface AnalysisAnswer extends AnalysisSummary, Findings {}

export type NotesAnswer = KeptNotes;

/** What `/api/events` tells: that something is not as it was. The page fetches what it shows. */
export type Happening =
  | { readonly kind: 'studies' }
  | { readonly kind: 'study'; readonly name: string; readonly revision: number }
  | { readonly kind: 'runs' }
  | { readonly kind: 'notes' }
  | { readonly kind: 'analyses' }
  /** What happened in between is not known any more: fetch all. */
  | { readonly kind: 'reset' };

/** Answers about runs, their networks, and submissions. */
import type { Unreadable } from '../../base/read-each.ts';
import type { CurveMetric } from '../../charts/index.ts';
import type { Fit, Ground, ImageShape } from '../../data/index.ts';
import type { Plan } from '../../models/index.ts';
import type { LiveRun, RunRecord } from '../../records/index.ts';
import type { Agreement, LeaderboardRow } from '../../submissions/index.ts';

export interface RunsAnswer extends Unreadable {
  /** Runs without their learning curves, newest first. */
  readonly runs: readonly RunSummary[];
  /** Trainings of submissions that run now. */
  readonly live: readonly LiveRunAnswer[];
}

export type RunAnswer = RunRecord & {
  /** The name that the user gave, or else a short unique name. */
  readonly name: string;
  /** The metric of its competition; null for accuracy. */
  readonly metric: CurveMetric | null;
};
export type LiveRunAnswer = LiveRun & { readonly metric: CurveMetric | null };

export type RunSummary = Omit<RunAnswer, 'folds'> & {
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

export interface LeaderboardAnswer extends Unreadable {
  /** Rows grouped by competition, each from best to worst. */
  readonly rows: readonly RankedRow[];
  /** Names of settings in which runs of one competition differ. */
  readonly differing: readonly string[];
}

export type RankedRow = LeaderboardRow & {
  /** Rank among the submissions of its competition, from 1. */
  readonly rank: number;
  /** Settings by name; empty without a run. */
  readonly settings: Readonly<Record<string, string>>;
  /** Title of the metric of its scores. */
  readonly metric: string;
};

export interface AgreementAnswer extends Omit<Agreement, 'files' | 'differing' | 'distance'> {
  readonly differing: readonly {
    readonly id: string;
    /** Names of classes. */
    readonly first: string;
    readonly second: string;
    readonly pixels: string | null;
  }[];
  readonly differingCount: number;
  readonly shape: ImageShape | null;
}

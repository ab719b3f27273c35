/** Answers about the results of experiments. */
import type { ExperimentFigure } from '../../charts/index.ts';
import type { Table } from '../../submissions/index.ts';

export interface ExperimentsAnswer {
  /** Newest first. */
  readonly experiments: readonly ExperimentSummary[];
  /** A sentence for each result that cannot be read. */
  readonly unreadable: readonly string[];
}

/** A result of an experiment. */
export interface ExperimentSummary {
  /** Names of its folder and its file. */
  readonly id: string;
  readonly experiment: string;
  /** The name that a person gave, or else `full` or `quick`. */
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
  /** Sentences about the setting, how to read the tables, and the sources of the claims. */
  readonly says: readonly string[];
  readonly figures: readonly ExperimentFigure[];
}

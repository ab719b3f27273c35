/** Answers about the results of experiments. */
import type { Unreadable } from '../../base/read-each.ts';
import type { ExperimentFigure } from '../../charts/index.ts';
import type { Table } from '../../submissions/index.ts';

export interface ExperimentsAnswer extends Unreadable {
  /** Newest first. */
  readonly experiments: readonly ExperimentSummary[];
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

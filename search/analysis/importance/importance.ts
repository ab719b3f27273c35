/** Contract of an importance method: how much of a study's outcome each of its parameters explains. */
import { onlyValue } from '../../distributions.ts';
import { StudyError } from '../../study-error.ts';
import type { StudySnapshot } from '../../read-study.ts';
import type { FrozenTrial } from '../../frozen-trial.ts';

export interface Importance {
  /** One name, or the two of a pair whose interaction is meant. */
  readonly parameters: readonly string[];
  /** From 0 to 1. */
  readonly share: number;
}

export interface Importances {
  /** The most important first; together at most 1. Parameters with one possible value are not among them. */
  readonly shares: readonly Importance[];
  /** Parameters that the method can say nothing about: not in every trial, or with different ranges. */
  readonly leftOut: readonly string[];
  /** Trials that were looked at. */
  readonly trials: number;
  /** Trials that could have been: where there are more, a sample of them was drawn. */
  readonly of: number;
}

/** @throws StudyError if the study has too few finished trials to say anything */
export type ImportanceMethod = (study: StudySnapshot) => Importances;

/** Parameters that had a choice in some trial, in the order of appearance. */
export function variedParameters(trials: readonly FrozenTrial[]): string[] {
  // Trials of one space share it.
  const spaces = [...new Set(trials.map((trial) => trial.distributions))];
  const distributions = spaces.flatMap((space) => Object.entries(space));
  return [...new Set(distributions.flatMap(([name, known]) => (onlyValue(known) === undefined ? [name] : [])))];
}

/** Sorts by importance, the most important first; equal ones keep their order. */
export function byShare(shares: readonly Importance[]): Importance[] {
  return shares.toSorted((a, b) => b.share - a.share);
}

export function tooFewTrials(study: string, trials: number): StudyError {
  return new StudyError(
    `Importance needs trials with different outcomes, and study "${study}" has ${trials}, which are too few or too ` +
      'much alike: run more trials.',
  );
}

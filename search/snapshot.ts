/** A study as it is at one moment. */
import { bestOf } from './known-trials.ts';
import type { FrozenTrial } from './frozen-trial.ts';
import { type Storage, type StudyDefinition } from './storage/storage.ts';
import { unknownStudy } from './storage/refusals.ts';

export interface StudySnapshot {
  readonly definition: StudyDefinition;
  readonly trials: readonly FrozenTrial[];
  /** With several objectives: the trial of the Pareto front that is best by the first one. */
  readonly bestTrial: FrozenTrial | null;
}

/** @throws StudyError if the store has no such study */
export async function snapshotOf(store: Storage, name: string): Promise<StudySnapshot> {
  const definition = await definitionOf(store, name);
  const { trials } = await store.readTrials(name);
  return { definition, trials, bestTrial: bestOf(trials, definition) };
}

/** @throws StudyError if the store has no such study */
export async function definitionOf(store: Storage, name: string): Promise<StudyDefinition> {
  const definitions = await store.listStudies((study, problem) => {
    if (study === name) throw problem;
  });
  const definition = definitions.find((study) => study.name === name);
  if (definition === undefined) {
    const known = definitions.map((study) => study.name);
    throw unknownStudy(name, store.location, known);
  }
  return definition;
}

/** Reads studies that nobody here runs. */
import { bestOf } from './known-trials.ts';
import { openStorage } from './storage/index.ts';
import { type Storage, type StudyDefinition, unknownStudy } from './storage/storage.ts';
import type { FrozenTrial } from './frozen-trial.ts';

export interface StudySnapshot {
  readonly definition: StudyDefinition;
  readonly trials: readonly FrozenTrial[];
  /** With several objectives: the trial of the Pareto front that is best by the first one. */
  readonly bestTrial: FrozenTrial | null;
}

/**
 * Reads a study without running it, also while others do.
 * @throws StudyError if there is no such store or study
 */
export async function readStudy(storage: string | Storage, name: string): Promise<StudySnapshot> {
  const store = typeof storage === 'string' ? await openStorage(storage, { readOnly: true }) : storage;
  try {
    const definitions = await store.listStudies((study, problem) => {
      if (study === name) throw problem;
    });
    const definition = definitions.find((study) => study.name === name);
    if (definition === undefined) {
      const known = definitions.map((study) => study.name);
      throw unknownStudy(name, store.location, known);
    }
    const { trials } = await store.readTrials(name);
    return { definition, trials, bestTrial: bestOf(trials, definition) };
  } finally {
    if (store !== storage) await store.close();
  }
}

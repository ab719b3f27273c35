/** The format of bench/learning-curves.json: learning curves of real studies, recorded by `npm run bench -- curves`. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Params, SearchSpace } from '../search/distributions.ts';

/** Numbers of correct predictions on the validation images of a fold. */
export interface RecordedFold {
  /** Number after each epoch; shorter if the training diverged. */
  readonly epochs: readonly number[];
  /** Number for the weights that predict; null if the training diverged. */
  readonly final: number | null;
}

export interface RecordedTrial {
  readonly params: Params;
  readonly folds: readonly RecordedFold[];
}

export interface RecordedStudy {
  readonly method: string;
  /** Seed of the sampler. */
  readonly seed: number;
  readonly space: SearchSpace;
  readonly trials: readonly RecordedTrial[];
}

export interface Recording {
  readonly competition: string;
  readonly model: string;
  readonly images: number;
  /** Number of validation images of each fold. */
  readonly validationImages: number;
  readonly folds: number;
  readonly epochs: number;
  /** Seed of split, initial weights and order, the same for all trials, so that folds can be compared in pairs. */
  readonly seed: number;
  readonly studies: readonly RecordedStudy[];
}

export const recordingFile = path.join(import.meta.dirname, 'learning-curves.json');

export async function readRecording(): Promise<Recording> {
  return JSON.parse(await readFile(recordingFile, 'utf8'));
}

/** JSON with one line for each trial. */
export function formatRecording({ studies, ...head }: Recording): string {
  const lines = studies.map(
    ({ trials, ...study }) =>
      `${JSON.stringify(study).slice(0, -1)},"trials":[\n${trials.map((trial) => JSON.stringify(trial)).join(',\n')}\n]}`,
  );
  return `${JSON.stringify(head).slice(0, -1)},"studies":[\n${lines.join(',\n')}\n]}\n`;
}

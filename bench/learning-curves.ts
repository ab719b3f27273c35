/** The form of bench/learning-curves.json: learning curves of real studies, made by `npm run bench -- curves`. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Params, SearchSpace } from '../search/distributions.ts';

/** Correct predictions among a fold's validation images. */
export interface RecordedFold {
  /** After each epoch; fewer than the epochs where the training diverged. */
  readonly epochs: readonly number[];
  /** Score of the weights that predict; null if the training diverged. */
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
  /** Seed of split, weights and order: the same for all trials, so that their folds can be compared in pairs. */
  readonly seed: number;
  readonly studies: readonly RecordedStudy[];
}

export const recordingFile = path.join(import.meta.dirname, 'learning-curves.json');

export async function readRecording(): Promise<Recording> {
  return JSON.parse(await readFile(recordingFile, 'utf8'));
}

/** JSON with a trial a line. */
export function formatRecording({ studies, ...head }: Recording): string {
  const lines = studies.map(
    ({ trials, ...study }) =>
      `${JSON.stringify(study).slice(0, -1)},"trials":[\n${trials.map((trial) => JSON.stringify(trial)).join(',\n')}\n]}`,
  );
  return `${JSON.stringify(head).slice(0, -1)},"studies":[\n${lines.join(',\n')}\n]}\n`;
}

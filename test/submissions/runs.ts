/** Run records for tests, without training. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { score } from '../../pipeline/evaluate.ts';
import type { RunMethodName } from '../../pipeline/methods/index.ts';
import type { Parameters } from '../../pipeline/parameters.ts';
import { plain } from '../../pipeline/methods/plain.ts';
import type { Probabilities } from '../../records/probabilities.ts';
import { digestOfLabels } from '../../submissions/image-digests.ts';
import { writeRun } from '../../records/write-run.ts';
import type { EpochMetrics } from '../../pipeline/train.ts';
import { submissionDigest } from '../../submissions/submission.ts';

export interface RecordedRun {
  readonly competition?: string;
  readonly method?: RunMethodName;
  readonly parameters?: Parameters;
  readonly paramsFrom?: string;
  readonly study?: string;
  /** Right images of 1,000. */
  readonly outOfFold?: number;
  /** Right images of 100; null where no answers are known. */
  readonly test?: number | null;
  readonly startedAt?: string;
  readonly seconds?: number;
  /** Epochs of the only fold. */
  readonly epochs?: EpochMetrics[];
  /** Labels of all training images; without them the run keeps no probabilities. */
  readonly labels?: Uint16Array;
  /** The CSV that the run has made. */
  readonly file: string;
  readonly csv: string;
}

/** Writes the CSV and its record. @returns the digest of the CSV */
export async function recordRun(runsDir: string, run: RecordedRun): Promise<string> {
  const { competition = 'small-digits', method = 'plain', outOfFold = 900, test = 90, seconds = 1.5, file, csv } = run;
  const vector = Float32Array.of(0);
  const sha256 = submissionDigest(csv);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, csv);
  await writeRun(runsDir, {
    configuration: {
      competition,
      model: 'digit-cnn',
      engine: 'simd',
      method,
      parameters: run.parameters ?? plain.defaults,
      paramsFrom: run.paramsFrom ?? 'default',
      ...(run.study !== undefined && { study: run.study }),
      epochs: 1,
      folds: 1,
      seed: 7,
    },
    startedAt: new Date(run.startedAt ?? '2026-01-02T03:04:05Z'),
    seconds,
    folds: [
      {
        train: score(950, 1000),
        validation: score(outOfFold, 1000),
        seconds,
        epochs: run.epochs ?? [],
        solutions: [{ weights: vector, statistics: vector }],
      },
    ],
    scores: {
      train: score(950, 1000),
      outOfFold: score(outOfFold, 1000),
      test: test === null ? null : score(test, 100),
    },
    submission: { file, sha256 },
    ...(run.labels && { probabilities: certain(run.labels) }),
  });
  return sha256;
}

/** Those of a network that knows all labels. */
const certain = (labels: Uint16Array): Probabilities => {
  const classes = Math.max(...labels) + 1;
  const probabilities = new Float32Array(labels.length * classes);
  for (const [image, label] of labels.entries()) probabilities[image * classes + label] = 1;
  return { classes, test: null, outOfFold: { probabilities, of: digestOfLabels(labels) } };
};

/** Ids from 1 in order. */
export const csvOf = (labels: readonly number[]): string =>
  `ImageId,Label\n${labels.map((label, row) => `${row + 1},${label}\n`).join('')}`;

export const runsIn = (folder: string): string => join(folder, 'runs');

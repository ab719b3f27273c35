/**
 * A cache of finished trainings as JSON files, so that an interrupted experiment can resume. A file is used only if its
 * digest matches everything that decides the result, including the sources.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../base/json.ts';
import { writeAtomically } from '../base/output-files.ts';
import type { ArmOutcome } from './train-arm.ts';
import { epochSchema } from '../records/index.ts';

/** All sources that run on a training thread, and those that say what it gets. */
export const SOURCES = [
  'base',
  'numerics',
  'data',
  'kernels',
  'models',
  'pipeline',
  'analysis',
  'experiments/measurements',
  'experiments/methods',
  'experiments/shared-trainings',
  'experiments/split',
  'experiments/train-arm',
];

const number = z.number();
const outcomeSchema: z.ZodType<ArmOutcome> = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('done'),
    metrics: z.object({ accuracy: number, loss: number, trainAccuracy: number }).catchall(number),
    curve: z.array(epochSchema),
    seconds: number,
  }),
  z.object({ status: z.literal('diverged'), epoch: number, step: number, seconds: number }),
]);
const fileSchema = z.object({ digest: z.string(), arm: z.string(), seed: number, outcome: outcomeSchema });

export interface Kept {
  readonly digest: string;
  readonly arm: string;
  readonly seed: number;
}

/** @returns null if there is no result, or it is damaged, or its digest differs */
export async function readResult(folder: string, kept: Kept): Promise<ArmOutcome | null> {
  try {
    const content = await readJson(fileOf(folder, kept), fileSchema);
    return content.digest === kept.digest ? content.outcome : null;
  } catch {
    return null;
  }
}

/** @throws UserError when the file cannot be written */
export const writeResult = (folder: string, kept: Kept, outcome: ArmOutcome): Promise<void> =>
  writeAtomically(fileOf(folder, kept), `${JSON.stringify({ ...kept, outcome })}\n`);

/** The name contains a part of the digest, so that results of several scales can coexist. */
const fileOf = (folder: string, { arm, seed, digest }: Kept): string =>
  join(folder, `${arm}-seed-${seed}-${digest.slice(0, 8)}.json`);

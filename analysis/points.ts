/**
 * Saves evaluated points one by one in a file of JSON lines, whose first line holds the digest of the analysis. An
 * incomplete last line of a killed process is cut off. A file with another digest is replaced.
 */
import { appendFileSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson } from '../base/json.ts';
import { readOrdinary } from '../base/ordinary-file.ts';
import { isMissing } from '../base/system-error.ts';
import { replaceFile } from '../base/replace-file.ts';
import type { Values } from './evaluate.ts';

/** Largest accepted file. A point has about 150 bytes. */
const LARGEST_FILE_BYTES = 2 ** 28;

/** JSON has no NaN; the file has null in its place. */
const value = z.number().or(z.null().transform(() => NaN));
const headSchema = z.object({ digest: z.string() });
const lineSchema = z.object({ id: z.string(), trainLoss: value, trainError: value, testLoss: value, testError: value });

export interface Points {
  /** Points of earlier runs, by id. */
  readonly kept: ReadonlyMap<string, Values>;
  append(id: string, values: Values): void;
}

/**
 * @param digest digest of everything that decides the values of a point besides its id
 * @throws UserError if it is not a regular file, or is too large; the error of the file system if it can neither be
 *   read nor created
 */
export async function openPoints(file: string, digest: string): Promise<Points> {
  const bytes = await readOrdinary(file, LARGEST_FILE_BYTES).catch((error: unknown) => {
    if (isMissing(error)) return Buffer.alloc(0);
    throw error;
  });
  const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
  const [head, ...lines] = whole.toString().split('\n').slice(0, -1);
  const kept = new Map<string, Values>();
  if (headSchema.safeParse(parse(head)).data?.digest === digest) {
    if (whole.length < bytes.length) await truncate(file, whole.length);
    for (const line of lines) {
      const { data } = lineSchema.safeParse(parse(line));
      if (!data) continue;
      const { id, ...values } = data;
      kept.set(id, values);
    }
  } else {
    await replaceFile(file, `${JSON.stringify({ digest })}\n`);
  }
  return { kept, append: (id, values) => appendFileSync(file, `${JSON.stringify({ id, ...values })}\n`) };
}

function parse(line: string | undefined): unknown {
  try {
    return parseJson(line ?? '', 'a line');
  } catch {
    return undefined;
  }
}

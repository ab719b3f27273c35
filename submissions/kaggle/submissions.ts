/** Sends a submission to Kaggle, and lists those that it has. */
import { basename } from 'node:path';
import { z } from 'zod';
import type { Competition } from '../../data/competition.ts';
import { UserError } from '../../base/user-error.ts';
import type { Client } from './client.ts';

export interface Sent {
  /** What Kaggle says to it. */
  readonly message: string;
  /** Kaggle's number of the submission. */
  readonly ref: number | null;
}

const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || null);

const uploadSchema = z.object({ token: z.string().min(1), createUrl: z.url() });

const sentSchema = z.object({
  message: z.string().default(''),
  ref: z
    .int()
    .nullish()
    .transform((ref) => ref ?? null),
});

const submissionSchema = z.object({
  ref: z.int(),
  /** ISO 8601 */
  date: optionalText,
  description: optionalText,
  fileName: optionalText,
  /** `pending`, `complete` or `error`, in whatever case. */
  status: z.coerce.string(),
  errorDescription: optionalText,
  /** Decimal numbers as texts, empty until they are known. */
  publicScore: optionalText,
  privateScore: optionalText,
});

/** The older interface answers with the list itself, and numbers its pages; a newer one names the next, or none. */
const pageSchema = z.union([
  z.array(submissionSchema).transform((submissions) => ({ submissions, nextPageToken: undefined })),
  z.object({ submissions: z.array(submissionSchema), nextPageToken: z.string().optional() }),
]);

export type KaggleSubmission = z.output<typeof submissionSchema>;

/**
 * Name of a competition in Kaggle's addresses.
 * @throws UserError if it is not one of Kaggle's
 */
export function kaggleName({ id, page }: Competition): string {
  const name = /^https:\/\/www\.kaggle\.com\/competitions\/([\w-]+)/.exec(page ?? '')?.[1];
  if (name !== undefined) return name;
  const remedy = page === null ? '' : ` Its files are at ${page}.`;
  throw new UserError(`Expected a competition of Kaggle, got ${id}, which is none.${remedy}`);
}

/**
 * Uploads a CSV and submits it: Kaggle names an address for the bytes and a token that stands for them.
 * @param csv its bytes
 * @param file whose name Kaggle shows
 * @throws UserError if one of the three requests is refused, and nothing was submitted; or if an answer is lost, which
 *   leaves that open
 */
export async function sendSubmission(
  client: Client,
  competition: string,
  { file, csv, message, modifiedAt }: { file: string; csv: Buffer; message: string; modifiedAt: Date },
): Promise<Sent> {
  const upload = await client.post('/competitions/submission-url', competition, {
    competitionName: competition,
    contentLength: csv.length,
    lastModifiedEpochSeconds: Math.floor(modifiedAt.getTime() / 1000),
    fileName: basename(file),
  });
  const { token, createUrl } = await answer(client, upload, uploadSchema, 'an address for the upload');
  await client.put(createUrl, competition, Uint8Array.from(csv));

  const form = new FormData();
  form.set('blobFileTokens', token);
  form.set('submissionDescription', message);
  const sent = await client.post(`/competitions/submissions/submit/${competition}`, competition, form);
  return answer(client, sent, sentSchema, 'a confirmation');
}

/** All submissions of the user, the newest first, page by page until one has no new ones. */
export async function listSubmissions(client: Client, competition: string): Promise<KaggleSubmission[]> {
  const found = new Map<number, KaggleSubmission>();
  let place = 'page=1';
  for (let page = 2; ; page += 1) {
    const response = await client.get(`/competitions/submissions/list/${competition}?${place}`, competition, {
      accept: 'application/json',
    });
    const { submissions, nextPageToken } = await answer(client, response, pageSchema, 'a list of submissions');
    const known = found.size;
    for (const submission of submissions) found.set(submission.ref, submission);
    if (found.size === known || nextPageToken === '') return [...found.values()];
    place = nextPageToken === undefined ? `page=${page}` : `pageToken=${encodeURIComponent(nextPageToken)}`;
  }
}

/** The answer is not quoted: it may hold what opens a door. */
async function answer<T>({ host }: Client, response: Response, schema: z.ZodType<T>, what: string): Promise<T> {
  const { success, data } = schema.safeParse(await response.json().catch(() => null));
  if (success) return data;
  throw new UserError(
    `${host}: expected ${what}, got something else. Its interface may have changed; use its website.`,
  );
}

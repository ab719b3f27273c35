/** Sends a submission to Kaggle, and lists those that it has. */
import { basename } from 'node:path';
import { z } from 'zod';
import type { Competition } from '../../data/index.ts';
import { displayPath } from '../../base/paths.ts';
import { printable } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import type { Client } from './client.ts';
import { commandLine } from '../../base/command-line.ts';

export interface Sent {
  /** What Kaggle says to it. */
  readonly message: string;
  /** Kaggle's number of the submission. */
  readonly ref: number | null;
  /** Whether the answer was a confirmation; if not, `message` says what came in its place. */
  readonly isConfirmed: boolean;
}

/** More pages of submissions than any user has. */
const MOST_PAGES = 200;

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
  /** `pending`, `complete` or `error`, in upper or lower case. */
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
export function kaggleName({ id, page, description }: Competition): string {
  const name = /^https:\/\/www\.kaggle\.com\/competitions\/([\w-]+)/.exec(page ?? '')?.[1];
  if (name !== undefined) return name;
  const place = page === null ? '' : ` Its files are at ${page}.`;
  const remedy =
    description === undefined
      ? ''
      : ` If it is one, write "page": "https://www.kaggle.com/competitions/SLUG" into ${displayPath(description)}.`;
  throw new UserError(`Expected a competition of Kaggle, got ${id}, which is not one.${place}${remedy}`);
}

/** What to do if no answer comes to who hands in a submission. */
const LOOK_FIRST = `Look with \`${commandLine('kaggle', 'submissions')}\` whether it took the submission before you start again.`;

/**
 * Uploads a submission and hands it in: Kaggle names an address for the bytes and a token that stands for them.
 * @param content its bytes
 * @param file whose name Kaggle shows
 * @param onUploaded called before it is handed in: until then nothing is submitted
 * @throws RefusedError if Kaggle says that it takes nothing; another UserError if something is not answered, which leaves
 *   open what was submitted if it has been handed in
 */
export async function sendSubmission(
  client: Client,
  competition: string,
  { file, content, message, modifiedAt }: { file: string; content: Buffer; message: string; modifiedAt: Date },
  onUploaded: () => Promise<void> = async () => {},
): Promise<Sent> {
  const upload = await client.post('/competitions/submission-url', competition, {
    competitionName: competition,
    contentLength: content.length,
    lastModifiedEpochSeconds: Math.floor(modifiedAt.getTime() / 1000),
    fileName: basename(file),
  });
  const { token, createUrl } = await expectAnswer(client, upload, uploadSchema, 'an address for the upload');
  await client.put(createUrl, competition, Uint8Array.from(content));

  const form = new FormData();
  form.set('blobFileTokens', token);
  form.set('submissionDescription', message);
  await onUploaded();
  const path = `/competitions/submissions/submit/${competition}`;
  const { json, text, fault } = await client.read(await client.post(path, competition, form, LOOK_FIRST));
  const { success, data } = sentSchema.safeParse(json);
  // Kaggle has accepted the file, even if a later step fails.
  if (!success) {
    const said = ['', 'no JSON'].includes(fault) ? printable(text.replaceAll(token, '***')) : fault;
    return { message: said, ref: null, isConfirmed: false };
  }
  return { ...data, message: printable(data.message), isConfirmed: true };
}

/** All submissions of the user, the newest first, page by page until one has no new ones. */
export async function listSubmissions(client: Client, competition: string): Promise<KaggleSubmission[]> {
  const found = new Map<number, KaggleSubmission>();
  let place = 'page=1';
  for (let page = 2; page <= MOST_PAGES + 1; page += 1) {
    const response = await client.get(`/competitions/submissions/list/${competition}?${place}`, competition, {
      accept: 'application/json',
    });
    const { submissions, nextPageToken } = await expectAnswer(client, response, pageSchema, 'a list of submissions');
    const known = found.size;
    for (const submission of submissions) found.set(submission.ref, submission);
    if (found.size === known || nextPageToken === '') return [...found.values()];
    place = nextPageToken === undefined ? `page=${page}` : `pageToken=${encodeURIComponent(nextPageToken)}`;
  }
  throw new UserError(
    `${client.host}: expected at most ${MOST_PAGES} pages of submissions, got more. Use its website.`,
  );
}

/** The answer is not quoted: it may hold what opens a door. */
async function expectAnswer<T>(client: Client, response: Response, schema: z.ZodType<T>, what: string): Promise<T> {
  const { json, fault } = await client.read(response);
  const { success, data } = schema.safeParse(json);
  if (success) return data;
  throw new UserError(
    `${client.host}: expected ${what}, got ${fault || 'something else'}. ` +
      'Start again; if it stays so, its interface may have changed: use its website.',
  );
}

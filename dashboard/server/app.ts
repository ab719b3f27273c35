/** The dashboard's server without a network: a function from requests to answers. */
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { HTTPException } from 'hono/http-exception';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { parseJson } from '../../base/json.ts';
import { UserError } from '../../base/user-error.ts';
import { validate } from '../../base/validate.ts';
import { importanceMethods, type ImportanceMethodName } from '../../search/index.ts';
import type * as api from '../api.ts';
import { AnalysisPool } from './analysis-pool.ts';
import { RefusedError } from './answer.ts';
import type { Asset } from './assets.ts';
import { EventLog } from './events.ts';
import { onlyOwnPage, pageHeaders } from './guard.ts';
import { noteSchema } from '../../records/index.ts';
import { deleteSchema, renameSchema } from './manage-runs.ts';
import { ReaderThread, type StartReader } from './reader-thread.ts';
import { onlyWithToken, tokenKeeper } from './token.ts';

export interface DashboardOptions {
  /** Store of the studies: an SQLite file, which need not exist, or the URL of a database. */
  readonly storage: string;
  /** Folder of the run records, which need not exist. */
  readonly runsDir: string;
  /** Folder of the images. Default: the folder of each competition. */
  readonly dataDir?: string;
  /** Competition whose images `dataDir` holds, as its kept folder. Default: those of any competition. */
  readonly dataDirOf?: string;
  /** Port that the server listens on. Requests for another port are refused. */
  readonly port: number;
  /** Only requests with this token may change notes and runs. Default: null, every request may */
  readonly token?: string | null;
  /** Files of the page, from `loadAssets`. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** Pause between two checks for changes while a page listens, in milliseconds. Default: 500 */
  readonly intervalMs?: number;
  /** Called with internal errors. */
  readonly onError?: (error: unknown) => void;
  /** Default: a thread, so that the server answers while it reads. */
  readonly startReader?: StartReader;
}

export interface Dashboard {
  readonly app: Hono;
  /** Starts to read the studies before the first request. */
  readonly begin: () => void;
  /** Ends the streams of events, and closes the store. */
  readonly close: () => Promise<void>;
}

const LARGEST_BODY_BYTES = 64 * 2 ** 10;
/** Most pages that listen at once. More are a mistake or an attack. */
const MOST_LISTENERS = 64;
/** Interval of messages that show that an idle connection lives. */
const HEARTBEAT_MS = 15_000;

export function createDashboard(options: DashboardOptions): Dashboard {
  const { runsDir, dataDirOf, port, assets, token = null, onError } = options;
  const dataDir = dataDirOf === undefined ? options.dataDir : undefined;
  const log = new EventLog(crypto.randomUUID().slice(0, 8));
  const reader = new ReaderThread(
    { storage: options.storage, runsDir, intervalMs: options.intervalMs ?? 500 },
    (happening) => log.add(happening),
    options.startReader,
  );
  const pool = new AnalysisPool();
  const closing = new AbortController();
  let listeners = 0;
  /** Tells the reader whether anybody listens. */
  const watch = (): void => void reader.ask('watch', { isOn: listeners > 0 }).catch(() => {});

  const app = new Hono();
  app.use(pageHeaders, onlyOwnPage(port), compress());
  app.use('/api/*', async ({ header }, next) => {
    header('Cache-Control', 'no-store');
    await next();
  });
  if (token !== null) app.use(tokenKeeper(token, port));

  app.get('/api/studies', async (c) => json(c, reader.ask('studies')));
  app.get('/api/study', async (c) =>
    json(c, reader.ask('study', query(c, { name: text, after: revision.optional() }))),
  );
  app.get('/api/study/curves', async (c) => json(c, reader.ask('curves', query(c, { name: text }))));
  app.get('/api/study/slices', async (c) => json(c, reader.ask('slices', query(c, { name: text }))));
  app.get('/api/study/importance', async (c) => {
    const { name, method } = query(c, { name: text, method: importanceMethod });
    const version = await reader.get('version', { name });
    const prepare = async () => ({ study: await reader.ask('importanceTrials', { name, method }), method });
    return json(c, pool.run('importance', [method, version], prepare, c.req.raw));
  });
  app.get('/api/study/commands', async (c) =>
    json(
      c,
      reader.ask('commands', { ...query(c, { name: text, trial: revision }), dataDir: options.dataDir, dataDirOf }),
    ),
  );
  for (const task of ['gain', 'surrogate'] as const) {
    app.get(`/api/study/${task}`, async (c) => {
      const { name } = query(c, { name: text });
      const version = await reader.get('version', { name });
      const prepare = async () => ({ study: await reader.ask(`${task}Task`, { name }) });
      return json(c, pool.run(task, [version], prepare, c.req.raw));
    });
  }
  app.get('/api/study/replay', async (c) => {
    const { name } = query(c, { name: text });
    const version = await reader.get('version', { name });
    const prepare = async () => ({ storage: options.storage, name });
    return json(c, pool.run('replay', [version], prepare, c.req.raw));
  });
  app.get('/api/study/contour', async (c) => {
    const { name, x, y } = query(c, { name: text, x: text, y: text });
    const version = await reader.get('version', { name });
    const prepare = async () => ({ study: await reader.ask('contourTrials', { name, x, y }), x, y });
    return json(c, pool.run('contourOf', [x, y, version], prepare, c.req.raw));
  });

  app.get('/api/runs', async (c) => json(c, reader.ask('runs')));
  app.get('/api/runs/kept', async (c) => {
    const { ids } = query(c, { ids: manyIds });
    return json(c, reader.ask('keptRuns', { ids: ids.split(',') }));
  });
  app.get('/api/run', async (c) => json(c, reader.ask('run', query(c, { id: text }))));
  // The name of a run, its submission and the images may change: these answers are not kept.
  for (const question of ['diagnosis', 'errors', 'labelErrors', 'networks'] as const) {
    app.get(`/api/run/${question}`, async (c) => {
      const folder = await reader.get('runFolder', query(c, { id: text }));
      const prepare = async () => ({ folder, dataDir });
      return json(c, pool.run(question, [folder], prepare, c.req.raw, false));
    });
  }

  app.get('/api/data/sets', async (c) => {
    const prepare = async () => ({ runsDir, dataDir });
    return json(c, pool.run('dataSets', [], prepare, c.req.raw, false));
  });
  app.get('/api/data', async (c) => {
    const { id } = query(c, { id: text });
    const prepare = async () => ({ id, runsDir, dataDir });
    // The digest of the images: a kept answer holds only for the same one.
    const version = new TextDecoder().decode(await pool.run('dataVersion', [id], prepare, c.req.raw, false));
    return json(c, pool.run('dataLook', [id, version], prepare, c.req.raw));
  });
  app.get('/api/progress', (c) => {
    const { of } = query(c, { of: address });
    return c.json<api.ProgressAnswer>({ progress: pool.progressOf(of) });
  });

  app.get('/api/leaderboard', async (c) => json(c, reader.ask('leaderboard')));
  app.get('/api/agreement', async (c) => {
    const { competition, first, second } = query(c, { competition: text, first: digest, second: digest });
    const prepare = async () => ({ runsDir, competition, digests: [first, second] as const, dataDir });
    return json(c, pool.run('agreement', [competition, first, second], prepare, c.req.raw, false));
  });

  app.get('/api/analyses', async (c) => json(c, reader.ask('analyses')));
  app.get('/api/analysis', async (c) => json(c, reader.ask('analysis', query(c, { id: text }))));

  app.get('/api/experiments', async (c) => json(c, reader.ask('experiments')));
  app.get('/api/experiment', async (c) => json(c, reader.ask('experiment', query(c, { id: text }))));

  app.get('/api/notes', async (c) => json(c, reader.ask('notes')));
  /** Guards of every request that writes. */
  const writing = [onlyWithToken(token, port), bodyLimit({ maxSize: LARGEST_BODY_BYTES, onError: tooLarge })] as const;
  app.put('/api/notes', ...writing, async (c) => {
    const note = validate(noteSchema, await bodyOf(c, 'Send a note.'), 'the note');
    return json(c, reader.ask('keepNote', { note }));
  });
  app.patch('/api/run', ...writing, async (c) => {
    const order = validate(renameSchema, await bodyOf(c, 'Send the id of a run and its new name.'), 'the order');
    return json(c, reader.ask('renameRun', order));
  });
  app.delete('/api/runs', ...writing, async (c) => {
    const order = validate(deleteSchema, await bodyOf(c, 'Send ids of runs.'), 'the order');
    return json(c, reader.ask('deleteRuns', order));
  });

  app.get('/api/events', (c) => {
    if (listeners >= MOST_LISTENERS) {
      throw new HTTPException(503, { message: `${MOST_LISTENERS} pages listen already. Close some.` });
    }
    let heard = c.req.header('last-event-id') ?? log.lastId;
    return streamSSE(c, async (stream) => {
      listeners += 1;
      watch();
      let wake = (): void => {};
      const stopListening = log.listen(() => wake());
      const end = (): void => wake();
      closing.signal.addEventListener('abort', end);
      stream.onAbort(end);
      try {
        // The first message gives the page an event id, so that it can resume even before the first event.
        await stream.writeSSE({ event: 'hello', data: '', id: heard });
        while (!stream.aborted && !closing.signal.aborted) {
          const happenings = log.after(heard);
          for (const { id, happening } of happenings) {
            await stream.writeSSE({ event: 'change', data: JSON.stringify(happening), id });
            heard = id;
          }
          if (happenings.length > 0) continue;
          const isWoken = await new Promise<boolean>((resolve) => {
            const timer = setTimeout(() => resolve(false), HEARTBEAT_MS).unref();
            wake = () => {
              clearTimeout(timer);
              resolve(true);
            };
          });
          if (!isWoken) await stream.write(': still here\n\n');
        }
      } finally {
        closing.signal.removeEventListener('abort', end);
        stopListening();
        listeners -= 1;
        watch();
      }
    });
  });

  app.all('/api/*', () => {
    throw new HTTPException(404, { message: 'There is no such question to the dashboard.' });
  });
  app.get('*', (c) => {
    const { path } = c.req;
    // Every path without a file name gets the page, which routes by itself.
    const isPage = !path.includes('.') && !path.startsWith('/assets/');
    const asset = assets.get(path) ?? (isPage ? assets.get('/index.html') : undefined);
    if (asset === undefined) throw new HTTPException(404, { message: 'There is no such file.' });
    const isNamedByContent = path.startsWith('/assets/');
    return c.body(asset.content, 200, {
      'Content-Type': asset.type,
      'Cache-Control': isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  });
  app.notFound((c) => c.json<api.Refusal>({ error: 'There is nothing here.' }, 404));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json<api.Refusal>({ error: error.message }, error.status);
    if (error instanceof UserError) return c.json<api.Refusal>({ error: error.message }, 400);
    if (error instanceof RefusedError && error.refused.status !== 500) {
      return c.json<api.Refusal>({ error: error.message }, error.refused.status);
    }
    // Nobody waits for an answer if the client has gone or the server closes.
    if (c.req.raw.signal.aborted || closing.signal.aborted) return c.body(null, 503);
    onError?.(error instanceof RefusedError ? (error.refused.stack ?? error) : error);
    return c.json<api.Refusal>({ error: 'The dashboard failed; its terminal says why.' }, 500);
  });

  return {
    app,
    begin: () => void reader.ask('studies').catch(() => {}),
    async close() {
      closing.abort();
      await Promise.all([reader.close(), pool.close()]);
    },
  };
}

const text = z.string('given once').min(1, 'a text').max(1_000, 'at most 1,000 characters');
/** Ids separated by commas, which no id contains. */
const manyIds = z.string('given once').min(1, 'ids of runs').max(60_000, 'fewer runs');
/** Path and query of a request. */
const address = z.string('given once').min(1, 'a text').max(8_000, 'at most 8,000 characters');
const revision = z.coerce.number().int('a whole number').min(0, 'at least 0');
const digest = z.string('given once').regex(/^[0-9a-f]{64}$/, 'the digest of a submission');
const methodNames = Object.keys(importanceMethods) as ImportanceMethodName[];
const importanceMethod = z.enum(methodNames, `one of ${methodNames.join(', ')}`).default('ped-anova');

/** Parses a JSON body, whose content type a form of another site cannot send. @throws UserError */
async function bodyOf({ req }: Context, remedy: string): Promise<unknown> {
  if (req.header('content-type')?.split(';')[0].trim() !== 'application/json') {
    throw new HTTPException(415, { message: 'Expected a body of type application/json.' });
  }
  return parseJson(await req.text(), 'the body', remedy);
}

/** Sends the bytes of an answer without parsing them. */
async function json(c: Context, answer: Promise<Uint8Array<ArrayBuffer>>): Promise<Response> {
  return c.body(await answer, 200, { 'Content-Type': 'application/json' });
}

/** The validated query of a request. @throws UserError */
function query<Shape extends z.ZodRawShape>({ req }: Context, shape: Shape): z.output<z.ZodObject<Shape>> {
  return validate(z.strictObject(shape) as z.ZodType<z.output<z.ZodObject<Shape>>>, req.query(), 'the address');
}

function tooLarge(): never {
  throw new HTTPException(413, { message: `Expected at most ${LARGEST_BODY_BYTES} bytes.` });
}

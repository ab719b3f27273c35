/** The dashboard's server without a network: from a request to an answer. */
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { HTTPException } from 'hono/http-exception';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { UserError } from '../../base/user-error.ts';
import { validate } from '../../base/validate.ts';
import { contour } from '../../search/analysis/contour.ts';
import { importanceMethods, type ImportanceMethodName } from '../../search/analysis/importance/index.ts';
import { variedParameters } from '../../search/analysis/importance/importance.ts';
import { slice } from '../../search/analysis/slice.ts';
import type { Owner } from '../../base/owner.ts';
import { StudyError } from '../../search/study-error.ts';
import type { FrozenTrial } from '../../search/trial.ts';
import { readLeaderboard } from '../../submissions/leaderboard.ts';
import type * as api from '../api.ts';
import { AnalysisReader, UnknownAnalysisError } from './analyses.ts';
import type { Asset } from './assets.ts';
import { agreementOf, diagnose } from './diagnosis.ts';
import { EventLog } from './events.ts';
import { onlyOwnPage, pageHeaders } from './guard.ts';
import { Notes, noteSchema } from './notes.ts';
import { onceEach } from './once-each.ts';
import { RunReader, UnknownRunError } from './runs.ts';
import { StudyReader, UnknownStudyError } from './studies.ts';
import { Watcher } from './watch.ts';

export interface DashboardOptions {
  /** Of the studies: an SQLite file, which need not be there, or the URL of a database. */
  readonly storage: string;
  /** Folder of the run records; it need not be there. */
  readonly runsDir: string;
  /** Folder of the images. Default: that of each competition. */
  readonly dataDir?: string;
  /** That is listened on; requests for another one are refused. */
  readonly port: number;
  /** Files of the page, from `loadAssets`. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** Pause between two looks for changes, while a page listens. Default: 500. */
  readonly intervalMs?: number;
  /** Hears of errors that are nobody's mistake but ours. */
  readonly onError?: (error: unknown) => void;
}

export interface Dashboard {
  readonly app: Hono;
  /** Ends the streams of events, and closes the store. */
  readonly close: () => Promise<void>;
}

const LARGEST_BODY_BYTES = 64 * 2 ** 10;
/** Curves of more trials are too many for the eye and for the page. */
const MOST_CURVES = 1_000;
/** Pages that can listen at once: more of them are a mistake or an attack. */
const MOST_LISTENERS = 64;
/** So that a connection that carries nothing is not taken for a dead one. */
const HEARTBEAT_MS = 15_000;

export function createDashboard(options: DashboardOptions): Dashboard {
  const { runsDir, dataDir, port, assets, onError } = options;
  const log = new EventLog(crypto.randomUUID().slice(0, 8));
  const studies = new StudyReader(options.storage, log);
  const runs = new RunReader(runsDir);
  const notes = new Notes(runsDir);
  const analyses = new AnalysisReader(runsDir);
  const watcher = new Watcher({
    log,
    studies,
    fingerprints: {
      runs: () => runs.fingerprint(),
      notes: () => notes.fingerprint(),
      analyses: () => analyses.fingerprint(),
    },
    intervalMs: options.intervalMs ?? 500,
  });
  const closing = new AbortController();
  let listeners = 0;
  const diagnoses = onceEach(async (id: string) => diagnose(await runs.folderOf(id), dataDir));

  const app = new Hono();
  app.use(pageHeaders, onlyOwnPage(port), compress());
  app.use('/api/*', async ({ header }, next) => {
    header('Cache-Control', 'no-store');
    await next();
  });

  app.get('/api/studies', async (c) => {
    await studies.refresh();
    const { location, problem, summaries } = studies;
    return c.json<api.StudiesAnswer>({ location, problem, studies: summaries });
  });
  app.get('/api/study', async (c) => {
    const { name, after } = query(c, { name: text, after: revision.optional() });
    await studies.refresh();
    const { summary, trials, owners } = studies.find(name);
    const changed = after === undefined ? trials : studies.changedSince(name, after);
    return c.json<api.StudyAnswer>({ summary, trials: changed.map((trial) => rowOf(trial, owners.get(trial.number))) });
  });
  app.get('/api/study/curves', async (c) => {
    const { name } = query(c, { name: text });
    await studies.refresh();
    const { trials } = studies.find(name);
    const begun = trials.filter(({ intermediateValues }) => Object.keys(intermediateValues).length > 0);
    const shown = begun.slice(-MOST_CURVES);
    const curves = Object.fromEntries(shown.map(({ number, intermediateValues }) => [number, intermediateValues]));
    return c.json<api.CurvesAnswer>({ curves, leftOut: begun.length - shown.length });
  });
  app.get('/api/study/importance', async (c) => {
    const { name, method } = query(c, { name: text, method: importanceMethod });
    await studies.refresh();
    return c.json<api.ImportanceAnswer>(importanceMethods[method](studies.find(name)));
  });
  app.get('/api/study/contour', async (c) => {
    const { name, x, y } = query(c, { name: text, x: text, y: text });
    await studies.refresh();
    return c.json<api.ContourAnswer>(contour(studies.find(name), x, y));
  });
  app.get('/api/study/slices', async (c) => {
    const { name } = query(c, { name: text });
    await studies.refresh();
    const study = studies.find(name);
    const parameters = variedParameters(study.trials.filter(({ state }) => state === 'COMPLETE'));
    return c.json<api.SlicesAnswer>({ slices: parameters.map((parameter) => slice(study, parameter)) });
  });

  app.get('/api/runs', async (c) => c.json<api.RunsAnswer>(await runs.list()));
  app.get('/api/run', async (c) => c.json<api.RunAnswer>(await runs.find(query(c, { id: text }).id)));
  app.get('/api/run/diagnosis', async (c) => c.json<api.DiagnosisAnswer>(await diagnoses(query(c, { id: text }).id)));

  app.get('/api/leaderboard', async (c) => c.json<api.LeaderboardAnswer>(await readLeaderboard(runsDir)));
  app.get('/api/agreement', async (c) => {
    const { first, second } = query(c, { first: digest, second: digest });
    return c.json<api.AgreementAnswer>(await agreementOf(runsDir, [first, second], dataDir));
  });

  app.get('/api/analyses', async (c) => c.json<api.AnalysesAnswer>(await analyses.list()));
  app.get('/api/analysis', async (c) => c.json<api.AnalysisAnswer>(await analyses.find(query(c, { id: text }).id)));

  app.get('/api/notes', async (c) => c.json<api.NotesAnswer>({ notes: await notes.read() }));
  app.put('/api/notes', bodyLimit({ maxSize: LARGEST_BODY_BYTES, onError: tooLarge }), async (c) => {
    // Forms of other pages cannot send this type without asking first.
    if (c.req.header('content-type')?.split(';')[0].trim() !== 'application/json') {
      throw new HTTPException(415, { message: 'Expected a body of type application/json.' });
    }
    const body: unknown = await c.req.json().catch(() => {
      throw new UserError('Expected JSON in the body, got something else.');
    });
    const note = validate(noteSchema, body, 'the note');
    await studies.refresh();
    if (note.kind === 'study') studies.find(note.id);
    else await runs.folderOf(note.id);
    await notes.keep(note);
    log.add({ kind: 'notes' });
    return c.json(note);
  });

  app.get('/api/events', (c) => {
    if (listeners >= MOST_LISTENERS) {
      throw new HTTPException(503, { message: `${MOST_LISTENERS} pages listen already. Close some.` });
    }
    let heard = c.req.header('last-event-id') ?? log.lastId;
    return streamSSE(c, async (stream) => {
      listeners += 1;
      const leave = watcher.join();
      let wake = (): void => {};
      const stopListening = log.listen(() => wake());
      const end = (): void => wake();
      closing.signal.addEventListener('abort', end);
      stream.onAbort(end);
      try {
        // Tells the page where it stands, so that it can resume even if nothing happens before it is cut off.
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
        leave();
        listeners -= 1;
      }
    });
  });

  app.all('/api/*', () => {
    throw new HTTPException(404, { message: 'There is no such question to the dashboard.' });
  });
  app.get('*', (c) => {
    const { path } = c.req;
    // Every address without a file name is one of the page itself, which shows what it names.
    const asset = assets.get(path) ?? (path.includes('.') ? undefined : assets.get('/index.html'));
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
    if (unknowns.some((unknown) => error instanceof unknown)) {
      return c.json<api.Refusal>({ error: error.message }, 404);
    }
    if (error instanceof UserError || error instanceof StudyError) {
      return c.json<api.Refusal>({ error: error.message }, 400);
    }
    onError?.(error);
    return c.json<api.Refusal>({ error: 'The dashboard failed; its terminal says why.' }, 500);
  });

  return {
    app,
    async close() {
      closing.abort();
      await studies.close();
    },
  };
}

const unknowns = [UnknownStudyError, UnknownRunError, UnknownAnalysisError];
const text = z.string('given once').min(1, 'a text').max(1_000, 'at most 1,000 characters');
const revision = z.coerce.number().int('a whole number').min(0, 'at least 0');
const digest = z.string('given once').regex(/^[0-9a-f]{64}$/, 'the digest of a submission');
const methodNames = Object.keys(importanceMethods) as ImportanceMethodName[];
const importanceMethod = z.enum(methodNames, `one of ${methodNames.join(', ')}`).default('ped-anova');

/** The checked parameters of a request. @throws UserError */
function query<Shape extends z.ZodRawShape>({ req }: Context, shape: Shape): z.output<z.ZodObject<Shape>> {
  return validate(z.strictObject(shape) as z.ZodType<z.output<z.ZodObject<Shape>>>, req.query(), 'the address');
}

function tooLarge(): never {
  throw new HTTPException(413, { message: `Expected at most ${LARGEST_BODY_BYTES} bytes.` });
}

function rowOf({ intermediateValues, ...trial }: FrozenTrial, owner: Owner | undefined): api.TrialRow {
  const values = Object.values(intermediateValues);
  const last = values.at(-1) ?? null;
  return {
    ...trial,
    steps: values.length,
    lastValue: Number.isFinite(last) ? last : null,
    process: owner === undefined ? null : { host: owner.host, pid: owner.pid },
  };
}

/** A dashboard for tests: over an empty folder, without a network. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type Worker } from 'node:worker_threads';
import type { ExecutionContext } from 'ava';
import { createDashboard, type Dashboard } from '../../dashboard/server/app.ts';
import type { Asset } from '../../dashboard/server/assets.ts';
import type { StartReader } from '../../dashboard/server/reader-thread.ts';
import { serveReader } from '../../dashboard/server/serve-reader.ts';
import { openStudy } from '../../search/open-study.ts';
import type { Study } from '../../search/study.ts';

export const PORT = 4400;
export const HOST = `127.0.0.1:${PORT}`;

export interface TestDashboard extends Dashboard {
  readonly folder: string;
  /** SQLite file of the studies; there is none yet. */
  readonly storage: string;
  readonly runsDir: string;
  /** A request as the page makes it, unless told otherwise. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  /** @returns the JSON of an answer that must be good */
  readonly json: <T>(path: string) => Promise<T>;
  readonly put: (body: unknown, headers?: Record<string, string>) => Promise<Response>;
}

const page: Asset = { content: new TextEncoder().encode('<!doctype html>'), type: 'text/html; charset=utf-8' };

export interface TestDashboardOptions {
  readonly token?: string;
  readonly dataDir?: string;
  /** Whether the reader has a thread of its own, which takes longer to start than all that a test asks it. */
  readonly hasThread?: boolean;
}

/** Serves a reader in the thread of the tests. */
const readHere: StartReader = (options) => {
  const { port1, port2 } = new MessageChannel();
  serveReader(port2, options);
  return Object.assign(port1, { terminate: async () => port1.close() }) as unknown as Worker;
};

/** Closed, and its folder removed, at the end of the test. */
export function openDashboard(
  t: ExecutionContext,
  { token, dataDir, hasThread = false }: TestDashboardOptions = {},
): TestDashboard {
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  const runsDir = join(folder, 'runs');
  const storage = join(runsDir, 'studies.db');
  const dashboard = createDashboard({
    storage,
    runsDir,
    dataDir,
    port: PORT,
    token,
    assets: new Map([
      ['/index.html', page],
      ['/assets/main.js', { content: new TextEncoder().encode('1'), type: 'text/javascript; charset=utf-8' }],
    ]),
    intervalMs: 5,
    onError: (error) => t.log(error),
    startReader: hasThread ? undefined : readHere,
  });
  t.teardown(async () => {
    await dashboard.close();
    rmSync(folder, { recursive: true });
  });
  const ask: TestDashboard['ask'] = async (path, init = {}) =>
    dashboard.app.request(`http://${HOST}${path}`, {
      ...init,
      headers: { host: HOST, 'sec-fetch-site': 'same-origin', ...(init.headers as Record<string, string>) },
    });
  return {
    ...dashboard,
    folder,
    runsDir,
    storage,
    ask,
    async json(path) {
      const response = await ask(path);
      const text = await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
      return JSON.parse(text);
    },
    put: (body, headers = {}) =>
      ask('/api/notes', {
        method: 'PUT',
        headers: { 'content-type': 'application/json', origin: `http://${HOST}`, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  };
}

/** A study of two parameters in which trial k has the value −(x − 0.3)², with what it reported on its way. */
export async function makeStudy(storage: string, name: string, trials: number): Promise<void> {
  const study = await openParabola(storage, name);
  for (let i = 0; i < trials; i += 1) await runTrial(study);
  await study.close();
}

export const openParabola = (storage: string, name: string, wantedTrials?: number): Promise<Study> =>
  openStudy({
    storage,
    name,
    direction: 'maximize',
    seed: 1,
    sampler: 'random',
    lag: 1,
    wantedTrials,
    space: {
      x: { kind: 'float', low: 0, high: 1 },
      rate: { kind: 'float', low: 0.001, high: 1, log: true },
      size: { kind: 'categorical', choices: [16, 32] },
    },
  });

/** Every fourth trial is pruned, every tenth fails. */
export async function runTrial(study: Study): Promise<void> {
  const trial = await study.ask();
  const x = trial.suggestFloat('x', 0, 1);
  const value = -((x - 0.3) ** 2);
  for (let step = 0; step < 3; step += 1) trial.report(value - 1 / (step + 1), step);
  if (trial.number % 10 === 9) await study.tell(trial, { state: 'FAIL', reason: 'fold 1 diverged' });
  else await study.tell(trial, trial.number % 4 === 3 ? { state: 'PRUNED' } : value);
}

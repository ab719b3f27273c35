/** Studies of a PostgreSQL database on the dashboard. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { StudiesAnswer } from '../../dashboard/api.ts';
import { createDashboard } from '../../dashboard/server/app.ts';
import { missingPostgres, password, startPostgres } from '../helpers/postgres.ts';
import { HOST, makeStudy, PORT } from './dashboard.ts';

const reason = missingPostgres();

(reason === null ? test : test.skip)(
  `studies of a database are shown, its password is not${reason === null ? '' : ` (skipped: ${reason})`}`,
  async (t) => {
    const server = await startPostgres();
    const runsDir = mkdtempSync(join(tmpdir(), 'dashboard-postgres-'));
    const storage = await server.database();
    const { app, close } = createDashboard({ storage, runsDir, port: PORT, assets: new Map() });
    t.teardown(async () => {
      await close();
      await server.stop();
      rmSync(runsDir, { recursive: true });
    });
    const studies = async (): Promise<{ text: string; answer: StudiesAnswer }> => {
      const response = await app.request(`http://${HOST}/api/studies`, { headers: { host: HOST } });
      const text = await response.text();
      return { text, answer: JSON.parse(text) };
    };
    const before = await studies();
    t.deepEqual(before.answer.studies, []);
    await makeStudy(storage, 'parabola', 5);
    const after = await studies();
    t.is(after.answer.problem, null);
    t.deepEqual(
      after.answer.studies.map(({ definition, trials }) => [definition.name, trials.COMPLETE]),
      [['parabola', 4]],
    );
    for (const { text } of [before, after]) {
      t.false(text.includes(password), text);
      t.false(text.includes(encodeURIComponent(password)), text);
    }
  },
);

/** The thread that renews leases. It loads as little as it can, since every process that runs trials starts it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import type { LeaseTask } from './leases.ts';
import { schemaName } from './postgres-schema.ts';

/** How long SQLite waits for other processes, and after which time a renewal that failed is tried again. */
const RETRY_MS = 1_000;

const { store, study, token, leaseMs, renewalMs } = workerData as LeaseTask;
const renew = store.kind === 'sqlite' ? await sqliteRenewal(store.path) : postgresRenewal(store.address);

for (let pauseMs = renewalMs; ;) {
  await sleep(pauseMs);
  try {
    await renew();
    pauseMs = renewalMs;
  } catch {
    pauseMs = Math.min(renewalMs, RETRY_MS);
  }
}

async function sqliteRenewal(path: string): Promise<() => void> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { timeout: RETRY_MS });
  // A lease that a power failure takes away is none the worse.
  database.exec('PRAGMA synchronous = NORMAL');
  const update = database.prepare(
    'UPDATE trials INDEXED BY unfinished_trials SET lease_until = ? ' +
      "WHERE study_id = (SELECT id FROM studies WHERE name = ?) AND (state = 'RUNNING' OR state = 'WAITING') " +
      "AND owner ->> '$.token' = ?",
  );
  return () => void update.run(Date.now() + leaseMs, study, token);
}

/** Over a connection of its own each time: so it does not matter what becomes of the server in between. */
function postgresRenewal(address: string): () => Promise<void> {
  const trials = `${schemaName}.trials`;
  // Rows that are locked are being saved, with a new lease.
  const update =
    `UPDATE ${trials} t SET lease_until = clock_timestamp() + $3 * interval '1 millisecond' FROM (` +
    `SELECT study_id, number FROM ${trials} WHERE study_id = (SELECT id FROM ${schemaName}.studies WHERE name = $1) ` +
    "AND state = 'RUNNING' AND owner ->> 'token' = $2 ORDER BY number FOR UPDATE SKIP LOCKED" +
    ') mine WHERE t.study_id = mine.study_id AND t.number = mine.number';
  return async () => {
    const { Client } = (await import('pg')).default;
    const client = new Client({
      connectionString: address,
      application_name: 'wide-optima',
      connectionTimeoutMillis: renewalMs,
      query_timeout: renewalMs,
    });
    // Without it a connection that is lost would end the thread.
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query(update, [study, token, leaseMs]);
    } finally {
      // A server that does not answer does not say goodbye either.
      void client.end().catch(() => {});
    }
  };
}

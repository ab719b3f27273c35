/** The thread that renews leases. It loads as little as it can, since every process that runs trials starts it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { LeaseTask } from './leases.ts';
import { schemaName } from './postgres-schema.ts';
import { isInPlace } from './sqlite-place.ts';
import type { SqlitePlace } from './sqlite-place.ts';

/** How long SQLite waits for other processes, and after which time a renewal that failed is tried again. */
const RETRY_MS = 1_000;

const { store, study, token, leaseMs, renewalMs } = workerData as LeaseTask;
const renew = store.kind === 'sqlite' ? await sqliteRenewal(store.place) : postgresRenewal(store.address);

for (let pauseMs = renewalMs; ;) {
  await sleep(pauseMs);
  try {
    await renew();
    pauseMs = renewalMs;
  } catch {
    pauseMs = Math.min(renewalMs, RETRY_MS);
  }
}

/**
 * Over a connection of its own each time, since one that stays open holds the file and shares its index with the main
 * thread's connection. So nothing is renewed in a file that is not in its place until the main thread has opened it anew.
 */
async function sqliteRenewal(first: SqlitePlace): Promise<() => void> {
  const { DatabaseSync } = await import('node:sqlite');
  let place = first;
  // A message that has come is received between two renewals.
  parentPort?.on('message', (opened: SqlitePlace) => {
    place = opened;
  });
  parentPort?.unref();
  const update =
    'UPDATE trials INDEXED BY unfinished_trials SET lease_until = ? ' +
    "WHERE study_id = (SELECT id FROM studies WHERE name = ?) AND (state = 'RUNNING' OR state = 'WAITING') " +
    "AND owner ->> '$.token' = ?";
  const expectInPlace = (): void => {
    if (!isInPlace(place)) throw new Error(`${place.path} is not in its place`);
  };
  return () => {
    expectInPlace();
    const url = pathToFileURL(place.path);
    // Makes no file where the store has just been deleted.
    url.searchParams.set('mode', 'rw');
    const database = new DatabaseSync(url, { timeout: RETRY_MS });
    try {
      // Losing a lease in a power failure is harmless.
      database.exec('PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE');
      // The log may have been lost by now.
      expectInPlace();
      database.prepare(update).run(Date.now() + leaseMs, study, token);
      database.exec('COMMIT');
    } finally {
      database.close();
    }
  };
}

/** Over a connection of its own each time: so it does not matter what becomes of the server in between. */
function postgresRenewal(address: string): () => Promise<void> {
  const trials = `${schemaName}.trials`;
  // A slow server is waited for, however often leases are renewed.
  const patienceMs = Math.max(renewalMs, RETRY_MS);
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
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
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

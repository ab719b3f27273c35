/**
 * Connections to the PostgreSQL server of a store. Lost connections and restarts of the server are sat out: a
 * transaction takes effect exactly once, also if the answer to its COMMIT never arrived. Passwords are never shown.
 */
import { EventEmitter, once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, PoolConfig, QueryResult, QueryResultRow } from 'pg';
import type { PostgresPlace } from './location.ts';
import { storeIsClosed, StoreLostError } from './refusals.ts';
import type { StorageOptions } from './storage.ts';
import { inWords, isBusy, isPassing, lostInWords, StillInProgress } from './postgres-errors.ts';
import { channel, prepareDatabase, schemaName } from './postgres-schema.ts';
import type { Query, Statement } from './postgres-schema.ts';
import { withLiterals } from './postgres-sql.ts';

export interface Server {
  /** The address without the password. */
  readonly location: string;
  /** The format of the tables. */
  readonly version: number;
  /** Runs statements that change nothing; again from the start if the connection is lost. */
  readonly read: <T>(work: (query: Query) => Promise<T>) => Promise<T>;
  /** Runs a transaction, READ COMMITTED; again from the start if it is lost before it took effect. */
  readonly transaction: <T>(work: (query: Query) => Promise<T>) => Promise<T>;
  /**
   * The same for what may take effect twice, in few round trips: others see it, and its locks end, before it is on the
   * disk. @param first statements, sent together @param work gets their rows
   */
  readonly brief: <T>(
    first: readonly Statement[],
    work: (rows: readonly QueryResultRow[][], query: Query) => Promise<Brief<T>>,
  ) => Promise<T>;
  /** Resolves when something is sent through the channel, when the connection is lost, or when the signal aborts. */
  notification(signal: AbortSignal): Promise<void>;
  /** Has notifications arrive from now on. */
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** How a brief transaction ends. */
export interface Brief<T> {
  readonly result: T;
  /** Statements, sent together with the end. */
  readonly last?: readonly Statement[];
  /** Waits until it is on the disk, together with the transactions of others. */
  readonly isDurable?: boolean;
}

/** How long the server may be away. */
const defaultPatienceMs = 60_000;
/** For how long an answer is waited for when the process shall end. */
const graceMs = 1_000;
const shortestPauseMs = 50;
const longestPauseMs = 2_000;
const connectTimeoutMs = 10_000;
/** A process that hangs within a transaction keeps others waiting for no longer than this; samplers take their time. */
const idleInTransactionMs = 60_000;
const largestPool = 4;
/** Writes to the log of the server, and waits until that is on the disk with all that was written before it. */
const flush = `SELECT pg_logical_emit_message(true, '${schemaName}', '')`;

/**
 * @param patienceMs how long the server may be away before it counts as lost
 * @throws StudyError if the database cannot be used
 */
export async function openServer(
  { address, shown: location }: PostgresPlace,
  options: StorageOptions,
  patienceMs = defaultPatienceMs,
): Promise<Server> {
  const { signal } = options;
  // Loaded here, so that other kinds of stores do not wait for it.
  const { Client, Pool, types, escapeLiteral } = (await import('pg')).default;
  const sockets = new Set<Socket>();
  const config: PoolConfig = {
    connectionString: address,
    application_name: 'wide-optima',
    connectionTimeoutMillis: Math.min(connectTimeoutMs, patienceMs),
    idle_in_transaction_session_timeout: idleInTransactionMs,
    query_timeout: patienceMs,
    keepAlive: true,
    max: largestPool,
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      return socket.once('close', () => sockets.delete(socket));
    },
    // JSON stays text: its schemas read it. No bigint of ours is beyond what a number holds.
    types: {
      getTypeParser: (type, format) =>
        type === types.builtins.JSON
          ? String
          : type === types.builtins.INT8
            ? Number
            : types.getTypeParser(type, format),
    },
  };
  const pool = new Pool(config);
  pool.on('error', () => {});
  // Without it, a connection that is lost between two statements would end the process. The next statement fails.
  pool.on('connect', (client) => client.on('error', () => {}));
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  let lastAnswer = performance.now();
  let lost: StoreLostError | undefined;
  let isClosed = false;
  let waiting = 0;
  const stopWatching = whenSilent(signal, {
    silentSince: () => (waiting > 0 ? lastAnswer : performance.now()),
    act: cutAll,
  });
  /** Tries again, ever more slowly, while the server is away; no more once it was away for too long. */
  const untilAnswered = async <T>(attempt: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      if (lost !== undefined) throw lost;
      if (isClosed) throw storeIsClosed(location);
      waiting += 1;
      try {
        return await attempt();
      } catch (error) {
        if (!isPassing(error)) throw inWords(error, location);
        const awayMs = performance.now() - Math.max(start, lastAnswer);
        if (signal?.aborted || awayMs > patienceMs) {
          lost ??= new StoreLostError(lostInWords(error, location), { cause: error });
          throw lost;
        }
      } finally {
        waiting -= 1;
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  };
  const queryOf =
    (client: ClientBase): Query =>
    async (text, values = []) => {
      const { rows } = await client.query<QueryResultRow>(text, [...values]);
      lastAnswer = performance.now();
      return rows;
    };

  const withClient = async <T>(work: (client: ClientBase) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      // The connection may be in the middle of something: the next one is a new one.
      client.release(true);
      throw error;
    }
  };
  const read = <T>(work: (query: Query) => Promise<T>): Promise<T> =>
    untilAnswered(() => withClient((client) => work(queryOf(client))));

  const transaction = <T>(work: (query: Query) => Promise<T>): Promise<T> => {
    /** The last attempt whose COMMIT was sent. */
    let sent: { readonly transactionId: string; readonly result: T } | undefined;
    return untilAnswered(() =>
      withClient(async (client) => {
        const query = queryOf(client);
        if (sent !== undefined && (await isCommitted(query, sent.transactionId))) return sent.result;
        const transactionId = await beginTransaction(client);
        lastAnswer = performance.now();
        const result = await work(query);
        sent = { transactionId, result };
        await query('COMMIT');
        return result;
      }),
    );
  };

  const brief: Server['brief'] = (first, work) =>
    untilAnswered(() =>
      withClient(async (client) => {
        const send = async (all: readonly Statement[]): Promise<QueryResultRow[][]> => {
          const text = all.map(([one, values = []]) => withLiterals(one, values, escapeLiteral)).join('; ');
          // One message, which has an answer for each statement: in a list if there are several.
          const answers: QueryResult<QueryResultRow> | QueryResult<QueryResultRow>[] = await client.query(text);
          lastAnswer = performance.now();
          return [answers].flat().map(({ rows }) => rows);
        };
        const [, , ...rows] = await send([['BEGIN'], ['SET LOCAL synchronous_commit = off'], ...first]);
        const { result, last = [], isDurable = false } = await work(rows, queryOf(client));
        await send([...last, ['COMMIT']]);
        if (isDurable) await queryOf(client)(flush);
        return result;
      }),
    );

  const notifications = new EventEmitter().setMaxListeners(0);
  let listener: { readonly client: InstanceType<typeof Client>; readonly ready: Promise<unknown> } | undefined;
  const startListening = (): Promise<unknown> => {
    const client = new Client(config);
    const forget = (): void => {
      if (listener?.client === client) listener = undefined;
      notifications.emit('any');
    };
    client.on('notification', () => notifications.emit('any'));
    client.on('error', forget);
    client.on('end', forget);
    const ready = client.connect().then(() => client.query(`LISTEN ${channel}`));
    listener = { client, ready };
    return ready;
  };

  const server: Omit<Server, 'version'> = {
    location,
    read,
    transaction,
    brief,
    async notification(end) {
      await once(notifications, 'any', { signal: end }).catch(() => {});
    },
    listen: () =>
      untilAnswered(async () => {
        try {
          await (listener?.ready ?? startListening());
        } catch (error) {
          listener = undefined;
          throw error;
        }
      }),
    async close() {
      isClosed = true;
      stopWatching();
      if (lost !== undefined) cutAll();
      const ended = Promise.allSettled([listener?.client.end(), pool.end()]);
      // A server that is silent does not answer to a farewell either.
      await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
      cutAll();
    },
  };
  try {
    // The first connection is not waited for: a server that does not answer is most likely a mistyped address.
    waiting += 1;
    await withClient(async (client) => queryOf(client)('SELECT 1'))
      .catch((error: unknown) => {
        if (!isBusy(error)) throw inWords(error, location);
      })
      .finally(() => (waiting -= 1));
    return { ...server, version: await prepareDatabase(server, options) };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/**
 * Once the signal aborts: acts when nothing was heard for a while.
 * @returns a function that ends the watch
 */
function whenSilent(
  signal: AbortSignal | undefined,
  { silentSince, act }: { readonly silentSince: () => number; readonly act: () => void },
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    const begin = performance.now();
    timer = setInterval(() => {
      if (performance.now() - Math.max(begin, silentSince()) >= graceMs) act();
    }, graceMs / 4).unref();
  };
  if (signal?.aborted) watch();
  else signal?.addEventListener('abort', watch, { once: true });
  return () => {
    clearInterval(timer);
    signal?.removeEventListener('abort', watch);
  };
}

/** Begins a transaction. @returns its id */
async function beginTransaction(client: ClientBase): Promise<string> {
  // Both statements in one round trip, which has an answer for each.
  const answers: unknown = await client.query('BEGIN; SELECT pg_current_xact_id()::text AS id');
  const [, { rows }] = answers as readonly [unknown, QueryResult<{ readonly id: string }>];
  return rows[0].id;
}

/** Whether a transaction took effect whose COMMIT was sent, but not answered. */
async function isCommitted(query: Query, transactionId: string): Promise<boolean> {
  const [{ status }] = await query('SELECT pg_xact_status($1::xid8) AS status', [transactionId]);
  if (status === 'in progress') throw new StillInProgress();
  return status === 'committed';
}

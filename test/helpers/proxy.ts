/** A proxy on this machine that hands on plain requests, and refuses to tunnel. */
import type { ExecutionContext } from 'ava';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeProxy {
  /** For `http_proxy`, with a user and a password. */
  readonly address: string;
  readonly host: string;
  /** What was asked of it: the address, or `CONNECT host:port`, and what it was told of the user. */
  readonly asked: { readonly target: string; readonly user: string | undefined }[];
}

export const PROXY_PASSWORD = 'password-of-the-proxy';

/** @param status refuses everything with it. Default: hands on */
export async function fakeProxy(t: ExecutionContext, status?: number): Promise<FakeProxy> {
  const asked: FakeProxy['asked'] = [];
  const server = createServer((incoming, answer) => {
    const { url = '', method, headers } = incoming;
    asked.push({ target: url, user: headers['proxy-authorization'] });
    if (status !== undefined) return void answer.writeHead(status).end();
    const onward = send(url, { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  server.on('connect', ({ url, headers }, socket) => {
    asked.push({ target: `CONNECT ${url}`, user: headers['proxy-authorization'] });
    socket.end(`HTTP/1.1 ${status ?? 502} no\r\n\r\n`);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address: `http://ada:${PROXY_PASSWORD}@${host}`, host, asked };
}

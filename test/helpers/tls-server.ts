/**
 * A server that speaks as PostgreSQL does where only encrypted connections are allowed, with a certificate of its own for
 * `localhost`. It lets nobody in: whoever comes through the encryption is told that the password is wrong.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';

const fixtures = join(import.meta.dirname, '../fixtures');
export const certificateFile = join(fixtures, 'localhost-certificate.pem');

/** What a client that wants encryption sends first. */
const sslRequest = 80877103;

export async function tlsServer(t: ExecutionContext): Promise<number> {
  const secureContext = createSecureContext({
    cert: readFileSync(certificateFile),
    key: readFileSync(join(fixtures, 'localhost-key.pem')),
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      if (bytes.readInt32BE(4) !== sslRequest) {
        socket.end(
          refusal('28000', 'no pg_hba.conf entry for host "127.0.0.1", user "me", database "db", no encryption'),
        );
        return;
      }
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, secureContext });
      secure.on('error', () => {});
      secure.once('data', () => secure.end(refusal('28P01', 'password authentication failed for user "me"')));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Source: https://www.postgresql.org/docs/current/protocol-message-formats.html, ErrorResponse */
function refusal(code: string, message: string): Buffer {
  const body = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Servers on this machine that give files, whole and in parts, and break off when they are told to. */
import type { ExecutionContext } from 'ava';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileOptions {
  /** Each answer in turn breaks off after so many bytes; later ones do not. */
  readonly breaks?: readonly number[];
  /** An answer that would break off goes silent instead, until the client leaves or says that all has arrived. */
  readonly hangs?: boolean;
  /** Answers whole files to who asks for a part. */
  readonly ignoresRanges?: boolean;
}

export interface FileSender {
  /** Source: RFC 9110, section 14. */
  send(request: IncomingMessage, response: ServerResponse, content: Buffer): void;
  /** Tells the sender how much of the file has arrived: what hangs after as many bytes then breaks off. */
  readonly arrived: (done: number) => void;
}

export function fileSender({ breaks = [], hangs = false, ignoresRanges = false }: FileOptions): FileSender {
  const pending = [...breaks];
  /** Answers that have stopped, with the bytes of the file that the client has when all of them have arrived. */
  const hanging: { at: number; response: ServerResponse }[] = [];
  return {
    send({ headers }, response, content) {
      const breakAfter = pending.shift();
      const asked = ignoresRanges ? undefined : /^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1];
      const start = Number(asked ?? 0);
      if (start >= content.length) {
        response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
        return;
      }
      const rest = content.subarray(start);
      response.writeHead(asked === undefined ? 200 : 206, {
        'content-type': 'application/octet-stream',
        'content-length': rest.length,
        ...(asked !== undefined && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
      });
      if (breakAfter === undefined) {
        response.end(rest);
        return;
      }
      response.write(rest.subarray(0, breakAfter), () => hangs || response.destroy());
      if (hangs) hanging.push({ at: start + breakAfter, response });
    },
    arrived(done) {
      for (const { at, response } of hanging) if (done >= at) response.destroy();
    },
  };
}

/** Starts a server, which ends with the test. @returns its address */
export async function listen(
  t: ExecutionContext,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<string> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      t.log(String(error));
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves a reader on a port: questions arrive as messages; answers and events are sent back. */
import type { MessagePort } from 'node:worker_threads';
import { answerOf } from './answer.ts';
import { createReader, type ReaderOptions } from './reader.ts';
import type { FromReader, ToReader } from './reader-thread.ts';

export function serveReader(port: MessagePort, options: ReaderOptions): void {
  const tell = (message: FromReader, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const reader = createReader(options, (happening) => tell({ happening }));

  port.on('message', ({ id, question, asked }: ToReader) => {
    const ask = reader[question] as (asked: unknown) => unknown;
    void answerOf(() => ask(asked)).then((answer) =>
      tell({ id, answer }, 'bytes' in answer ? [answer.bytes.buffer] : []),
    );
  });
}

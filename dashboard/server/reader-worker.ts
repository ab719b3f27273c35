/** Entry of the reader's thread. Questions arrive as messages; answers and events are sent back. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerOf } from './answer.ts';
import { createReader } from './reader.ts';
import type { FromReader, ToReader } from './reader-thread.ts';

const tell = (message: FromReader, transfer: ArrayBuffer[] = []): void => parentPort!.postMessage(message, transfer);
const reader = createReader(workerData, (happening) => tell({ happening }));

parentPort!.on('message', ({ id, question, asked }: ToReader) => {
  const ask = reader[question] as (asked: unknown) => unknown;
  void answerOf(() => ask(asked)).then((answer) =>
    tell({ id, answer }, 'bytes' in answer ? [answer.bytes.buffer] : []),
  );
});

/** Talks to the worker that computes: one image at a time, always the newest. */
import type { NetworksAnswer } from '../../api.ts';
import type { RunPrediction } from './predictor.ts';
import type { Order, Reply } from './worker.ts';

export interface Engine {
  /** Replaces the networks. @throws Error with the reason if they cannot be opened */
  open(runs: readonly NetworksAnswer[]): Promise<void>;
  /**
   * Predicts an image.
   * @returns null if a newer image replaced it
   */
  predict(pixels: Uint8Array): Promise<readonly RunPrediction[] | null>;
  close(): void;
}

/**
 * @param start creates the worker
 * @param loadKernels loads the WebAssembly module of the kernels
 */
export function createEngine(start: () => Worker, loadKernels: () => Promise<ArrayBuffer>): Engine {
  const worker = start();
  let busy: Promise<unknown> = Promise.resolve();
  let newest = 0;

  const ask = (order: Order): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const answered = new AbortController();
      const { signal } = answered;
      const hear = ({ data }: MessageEvent<Reply>): void => {
        answered.abort();
        resolve(data);
      };
      const fail = (): void => {
        answered.abort();
        reject(new Error('The thread of the networks has failed.'));
      };
      worker.addEventListener('message', hear, { signal });
      worker.addEventListener('error', fail, { signal });
      worker.postMessage(order, { transfer: order.kind === 'open' ? [order.kernels] : [] });
    });
  /** Runs the orders one after the other. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = busy.then(work);
    busy = result.catch(() => {});
    return result;
  };
  const expectNoFailure = (reply: Reply): Reply => {
    if (reply.kind === 'failed') throw new Error(reply.reason);
    return reply;
  };
  return {
    open: (runs) =>
      inTurn(async () => {
        expectNoFailure(await ask({ kind: 'open', kernels: await loadKernels(), runs }));
      }),
    predict(pixels) {
      newest += 1;
      const mine = newest;
      return inTurn(async () => {
        if (mine !== newest) return null;
        const reply = expectNoFailure(await ask({ kind: 'predict', pixels }));
        return reply.kind === 'predicted' ? reply.runs : null;
      });
    },
    close: () => worker.terminate(),
  };
}

/** The worker in which the networks compute, so that drawing stays smooth. */
import type { NetworksAnswer } from '../../api.ts';
import { createPredictor, type Predictor, type RunPrediction } from './predictor.ts';

/** Messages of the page. */
export type Order =
  | { readonly kind: 'open'; readonly kernels: ArrayBuffer; readonly runs: readonly NetworksAnswer[] }
  | { readonly kind: 'predict'; readonly pixels: Uint8Array };

/** Answers of the worker, one to each order. */
export type Reply =
  | { readonly kind: 'opened' }
  | { readonly kind: 'predicted'; readonly runs: readonly RunPrediction[] }
  | { readonly kind: 'failed'; readonly reason: string };

let predictor: Predictor | null = null;

async function obey(order: Order): Promise<Reply> {
  if (order.kind === 'open') {
    predictor = await createPredictor(await WebAssembly.compile(order.kernels), order.runs);
    return { kind: 'opened' };
  }
  if (predictor === null) throw new Error('No networks are open.');
  return { kind: 'predicted', runs: await predictor.predict(order.pixels) };
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  void obey(data)
    .catch((error: unknown): Reply => ({
      kind: 'failed',
      reason: error instanceof Error ? error.message : String(error),
    }))
    .then((reply) => postMessage(reply));
});

/** Runs the reader in a thread, so that the server answers while it reads. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Happening } from '../api.ts';
import { type Answer, bytesOf } from './answer.ts';
import type { Reader, ReaderOptions } from './reader.ts';
import { moduleBeside } from '../../base/modules.ts';

export type Question = keyof Reader;

export interface ToReader {
  readonly id: number;
  readonly question: Question;
  readonly asked: unknown;
}

export type FromReader = { readonly happening: Happening } | { readonly id: number; readonly answer: Answer };

/** Longest wait of closing for a busy reader. */
const CLOSE_MS = 500;

/** Starts a thread that serves a reader. */
export type StartReader = (options: ReaderOptions) => Worker;

const startReader: StartReader = (options) =>
  new Worker(new URL(moduleBeside(import.meta.url, 'reader-worker')), { workerData: options });

export class ReaderThread {
  readonly #tell: (happening: Happening) => void;
  readonly #startWorker: () => Worker;
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  #count = 0;
  #isClosed = false;

  /** The thread starts with the first question. */
  constructor(options: ReaderOptions, tell: (happening: Happening) => void, startThread = startReader) {
    this.#tell = tell;
    this.#startWorker = () => startThread(options);
  }

  /** @returns JSON @throws RefusedError */
  async ask<Q extends Question>(question: Q, ...[asked]: Parameters<Reader[Q]>): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#isClosed) throw new Error('the reader is closed');
    const worker = (this.#worker ??= this.#start());
    const id = (this.#count += 1);
    const answer = Promise.withResolvers<Answer>();
    this.#waiting.set(id, answer);
    worker.postMessage({ id, question, asked } satisfies ToReader, []);
    return bytesOf(await answer.promise);
  }

  /** The answer as data, for small answers. @throws RefusedError */
  async get<Q extends Question>(question: Q, ...asked: Parameters<Reader[Q]>): Promise<Awaited<ReturnType<Reader[Q]>>> {
    return JSON.parse(new TextDecoder().decode(await this.ask(question, ...asked)));
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null || this.#isClosed) return;
    const asked = this.ask('close').catch(() => {});
    this.#isClosed = true;
    await Promise.race([asked, sleep(CLOSE_MS, undefined, { ref: false })]);
    await worker.terminate();
  }

  #start(): Worker {
    const worker = this.#startWorker();
    worker.on('message', (message: FromReader) => {
      if ('happening' in message) return this.#tell(message.happening);
      this.#waiting.get(message.id)?.resolve(message.answer);
      this.#waiting.delete(message.id);
    });
    let reason: unknown = new Error('the reader has ended');
    worker.on('error', (error) => (reason = error));
    void once(worker, 'exit')
      .catch(() => {})
      .then(() => {
        // The next question starts a new thread.
        this.#worker = null;
        for (const { reject } of this.#waiting.values()) reject(reason);
        this.#waiting.clear();
      });
    return worker;
  }
}

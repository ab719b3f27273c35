/**
 * A pool of threads for work that takes seconds of CPU time. It delays neither other answers nor the end of the server.
 */
import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Progress } from '../api.ts';
import { type Answer, bytesOf } from './answer.ts';
import type * as tasks from './analysis-worker.ts';
import type { Told } from './analysis-worker.ts';
import { SharedWork } from './shared-work.ts';
import { moduleBeside } from '../../base/modules.ts';

type Tasks = typeof tasks;
type TaskName = {
  [Name in keyof Tasks]: Tasks[Name] extends (task: never) => Promise<Answer> ? Name : never;
}[keyof Tasks];

/** More threads would slow down the searches that the dashboard shows. */
const MOST_THREADS = 2;
/** Most waiting tasks. More are a mistake or an attack. */
const MOST_WAITING = 64;
const IDLE_MS = 60_000;

export class AnalysisPool {
  #pool: Piscina | null = null;
  readonly #work = new SharedWork<Uint8Array<ArrayBuffer>>();
  /** Progress of each computation, by the address that was requested first. */
  readonly #progress = new Map<string, Progress>();

  /**
   * @param key everything that the answer depends on, besides the name of the task
   * @param prepare makes the input of the task; called only if the answer is not known yet
   * @param request its signal aborts when the client has gone; a task without waiting clients is stopped
   * @param isKept whether later requests get the same answer; false if it depends on files that may change. Default:
   *   true
   * @returns JSON @throws RefusedError
   */
  async run<Name extends TaskName>(
    name: Name,
    key: readonly unknown[],
    prepare: () => Promise<Omit<Parameters<Tasks[Name]>[0], keyof Told>>,
    request: Pick<Request, 'url' | 'signal'>,
    isKept = true,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const work = async (stopped: AbortSignal): Promise<Uint8Array<ArrayBuffer>> => {
      const task = await prepare();
      stopped.throwIfAborted();
      const { port1: heard, port2: port } = new MessageChannel();
      const address = addressOf(request.url);
      heard.on('message', (progress: Progress) => this.#progress.set(address, progress));
      try {
        const options = { name, signal: stopped, transferList: [port] };
        return bytesOf(await this.#threads().run({ ...task, port }, options));
      } finally {
        heard.close();
        this.#progress.delete(address);
      }
    };
    return this.#work.get(JSON.stringify([name, ...key]), work, request.signal, isKept);
  }

  /** Progress of the answer to an address; null if it is not being computed. @param address path and query */
  progressOf(address: string): Progress | null {
    return this.#progress.get(address) ?? null;
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  #threads(): Piscina {
    this.#pool ??= new Piscina({
      filename: moduleBeside(import.meta.url, 'analysis-worker'),
      minThreads: 0,
      maxThreads: Math.min(MOST_THREADS, availableParallelism()),
      idleTimeout: IDLE_MS,
      maxQueue: MOST_WAITING,
      concurrentTasksPerWorker: 1,
    });
    return this.#pool;
  }
}

function addressOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/**
 * A few threads for work that takes seconds of CPU time. They delay neither other answers nor the end of the server.
 */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { type Answer, bytesOf } from './answer.ts';
import type * as tasks from './analysis-worker.ts';
import { SharedWork } from './shared-work.ts';
import { moduleBeside } from '../../base/modules.ts';

type Tasks = typeof tasks;
type TaskName = {
  [Name in keyof Tasks]: Tasks[Name] extends (task: never) => Promise<Answer> ? Name : never;
}[keyof Tasks];

/** More would take the processor from the searches that the dashboard shows. */
const MOST_THREADS = 2;
/** Tasks that wait: more of them are a mistake or an attack. */
const MOST_WAITING = 64;
const IDLE_MS = 60_000;

export class AnalysisPool {
  #pool: Piscina | null = null;
  readonly #work = new SharedWork<Uint8Array<ArrayBuffer>>();

  /**
   * @param key all that the answer depends on, besides the name of the task
   * @param prepare what the task is given; asked only if the answer is not there yet
   * @param signal aborted when the client has gone; a task that no client waits for is ended
   * @returns JSON @throws RefusedError
   */
  async run<Name extends TaskName>(
    name: Name,
    key: readonly unknown[],
    prepare: () => Promise<Parameters<Tasks[Name]>[0]>,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const work = async (stopped: AbortSignal): Promise<Uint8Array<ArrayBuffer>> => {
      const task = await prepare();
      stopped.throwIfAborted();
      return bytesOf(await this.#threads().run(task, { name, signal: stopped }));
    };
    return this.#work.get(JSON.stringify([name, ...key]), work, signal);
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

/** An objective that runs in worker threads, so that one that blocks keeps neither the study nor other trials from going on. */
import { pathToFileURL } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { moduleBeside } from '../../base/modules.ts';
import { described } from '../../base/printable.ts';
import type { Objective } from '../optimize.ts';
import type { Outcome } from '../outcome.ts';
import type { Trial } from '../trial.ts';

/** What an objective in a thread can do with its trial. */
export type ThreadTrial = Pick<
  Trial,
  | 'number'
  | 'params'
  | 'userAttributes'
  | 'intermediateValues'
  | 'failedTries'
  | 'suggestFloat'
  | 'suggestInt'
  | 'suggestCategorical'
  | 'suggest'
  | 'report'
  | 'shouldPrune'
  | 'setUserAttribute'
>;

/** The default export of the module that a thread runs. */
export type ThreadObjective = (trial: ThreadTrial) => Outcome | Promise<Outcome>;

/** What the thread asks of its trial; it waits for the answer. */
export interface Call {
  readonly member: keyof ThreadTrial;
  /** Undefined for a property. */
  readonly given?: readonly unknown[];
}

export type Answer = { readonly result: unknown } | { readonly error: unknown };

/** How an objective ended. */
export type Ending = { readonly outcome: Outcome } | { readonly error: unknown };

/** How long a thread without work stays, in case that there is another trial. */
const idleMs = 1_000;

/**
 * Runs the default export of a module as the objective of a study, in one thread for each trial that runs.
 *
 *     await optimize(study, threadObjective(new URL('objective.js', import.meta.url)), { trials: 50, workers: 4 });
 *
 * The trial has the methods that it has elsewhere. An error of the objective arrives as an Error of the same name: of the
 * classes for `catch` only those of the language are recognized. When the search stops, threads are ended where they are.
 * @param module its address, or a path from the working directory
 */
export function threadObjective(module: URL | string): Objective {
  const { href } = addressOf(module);
  const idle = new Set<Worker>();
  const rest = (thread: Worker): void => {
    thread.unref();
    idle.add(thread);
    setTimeout(() => idle.delete(thread) && void thread.terminate(), idleMs).unref();
  };
  return async (trial, signal) => {
    signal.throwIfAborted();
    const [resting] = idle;
    if (resting) idle.delete(resting);
    const thread = resting ?? new Worker(new URL(moduleBeside(import.meta.url, 'in-thread')), { workerData: href });
    thread.ref();
    const ended = await conversation(thread, trial, signal);
    if (ended === null) return { state: 'FAIL', reason: 'the thread of the objective ended without an outcome' };
    rest(thread);
    if ('error' in ended) throw ended.error;
    return ended.outcome;
  };
}

function addressOf(module: URL | string): URL {
  if (module instanceof URL) return module;
  if (typeof module === 'string' && module !== '') {
    return module.startsWith('file:') ? new URL(module) : pathToFileURL(module);
  }
  throw new TypeError(`Expected \`module\` to be the path or the URL of a module, got ${described(module)}.`);
}

/** @returns how the objective ended; null if the thread ended itself before @throws if the module cannot be loaded */
function conversation(thread: Worker, trial: Trial, signal: AbortSignal): Promise<Ending | null> {
  // The thread can send only a copy of an error, without its class.
  let thrown: unknown;
  const answerTo = ({ member, given }: Call): Answer => {
    try {
      const value: unknown = trial[member];
      return { result: typeof value === 'function' ? value.apply(trial, given) : value };
    } catch (error) {
      thrown = error;
      return { error };
    }
  };
  const { promise, resolve, reject } = Promise.withResolvers<Ending | null>();
  const { port1: port, port2: threadPort } = new MessageChannel();
  const turn = new Int32Array(new SharedArrayBuffer(4));
  port.on('message', (data: Call | { readonly ending: Ending }) => {
    if ('ending' in data) {
      const { ending } = data;
      const isOurs = 'error' in ending && thrown instanceof Error && String(ending.error) === String(thrown);
      resolve(isOurs ? { error: thrown } : ending);
      return;
    }
    port.postMessage(answerTo(data));
    Atomics.store(turn, 0, 1);
    Atomics.notify(turn, 0);
  });
  const stop = (): void => void thread.terminate();
  const onExit = (): void => resolve(null);
  signal.addEventListener('abort', stop, { once: true });
  thread.on('error', reject).on('exit', onExit);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the rule means windows
  thread.postMessage({ port: threadPort, turn, number: trial.number }, [threadPort]);
  return promise.finally(() => {
    signal.removeEventListener('abort', stop);
    thread.off('error', reject).off('exit', onExit);
    port.close();
  });
}

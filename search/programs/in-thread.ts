/** The thread of an objective: what its trial is asked goes to the main thread, and the thread waits for the answer. */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import type { Answer, Call, Ending, ThreadObjective, ThreadTrial } from './thread.ts';

interface Beginning {
  readonly port: MessagePort;
  /** 1 when an answer has come, i32[1] */
  readonly turn: Int32Array;
  readonly number: number;
}

const { default: objective } = (await import(workerData as string)) as { readonly default: ThreadObjective };
if (typeof objective !== 'function') {
  throw new TypeError(`Expected ${workerData} to have a function as its default export, got ${typeof objective}.`);
}

parentPort!.on('message', (beginning: Beginning) => void run(beginning));

async function run({ port, turn, number }: Beginning): Promise<void> {
  const ask = (member: Call['member'], given?: readonly unknown[]): unknown => {
    Atomics.store(turn, 0, 0);
    port.postMessage({ member, given } satisfies Call);
    Atomics.wait(turn, 0, 0);
    const { message } = receiveMessageOnPort(port) as { readonly message: Answer };
    if ('error' in message) throw message.error;
    return message.result;
  };
  const trial = {
    number,
    get params() {
      return ask('params');
    },
    get userAttributes() {
      return ask('userAttributes');
    },
    get intermediateValues() {
      return ask('intermediateValues');
    },
    get failedTries() {
      return ask('failedTries');
    },
    suggestFloat: (...given: unknown[]) => ask('suggestFloat', given),
    suggestInt: (...given: unknown[]) => ask('suggestInt', given),
    suggestCategorical: (...given: unknown[]) => ask('suggestCategorical', given),
    suggest: (...given: unknown[]) => ask('suggest', given),
    report: (...given: unknown[]) => ask('report', given),
    shouldPrune: () => ask('shouldPrune'),
    setUserAttribute: (...given: unknown[]) => ask('setUserAttribute', given),
  } as unknown as ThreadTrial;
  let ending: Ending;
  try {
    ending = { outcome: await objective(trial) };
  } catch (error) {
    ending = { error };
  }
  try {
    port.postMessage({ ending });
  } catch {
    const text =
      'outcome' in ending ? 'the objective returned something that threads cannot pass on' : String(ending.error);
    port.postMessage({ ending: { error: new TypeError(text) } satisfies Ending });
  }
}

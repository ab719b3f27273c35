/** Loaded before a program: see `OwnSignal`, which is the query of the address. */
import { isMainThread } from 'node:worker_threads';
import type { OwnSignal } from './process.ts';

const { signal, at } = Object.fromEntries(new URL(import.meta.url).searchParams) as unknown as OwnSignal;
if (isMainThread) {
  const { stderr } = process;
  const write = stderr.write.bind(stderr) as (...given: unknown[]) => boolean;
  let isSent = false;
  stderr.write = (...given: unknown[]): boolean => {
    const result = write(...given);
    if (!isSent && String(given[0]).includes(at)) {
      isSent = true;
      process.kill(process.pid, signal);
    }
    return result;
  };
}

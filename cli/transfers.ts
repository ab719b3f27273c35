/** Shows the progress of a download. */
import { integer } from '../base/format.ts';
import type { Bar, Progress } from './progress.ts';

const KILOBYTE = 1000;
/** Lines of a file where there is no terminal. */
const PLAIN_LINES = 10;

export const kilobytes = (bytes: number): string => `${integer(Math.ceil(bytes / KILOBYTE))} kB`;

/** @returns a function that reports how much of a file is there; its first call for a name begins a bar */
export function transferBars(progress: Progress): (name: string, done: number, total: number) => void {
  const bars = new Map<string, Bar>();
  return (name, done, total) => {
    let bar = bars.get(name);
    if (!bar) {
      bar = progress.bar(name, Math.ceil(total / KILOBYTE), 'kB', PLAIN_LINES);
      bar.begin(Math.ceil(done / KILOBYTE));
      bars.set(name, bar);
    }
    bar.update(Math.ceil(done / KILOBYTE));
  };
}

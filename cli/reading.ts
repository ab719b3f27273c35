/** Shows how many image files are decoded, where they are many; Ctrl-C ends it. */
import type { Watch } from '../data/index.ts';
import type { Session } from './command.ts';
import type { Bar } from './progress.ts';

/** Fewer are decoded in about a second. */
const SHOWN_FROM = 1000;
/** Images between two updates. */
const STEP = 50;
/** Lines where there is no terminal. */
const PLAIN_LINES = 10;

export function watchReading({ progress, signal }: Pick<Session, 'progress' | 'signal'>): Watch {
  let bar: Bar | null = null;
  return {
    signal,
    onImages(done, total) {
      if (total < SHOWN_FROM || (done % STEP !== 0 && done !== total)) return;
      bar ??= progress.bar('Reading', total, 'images', PLAIN_LINES);
      bar.update(done);
      if (done < total) return;
      bar = null;
      progress.clear();
    },
  };
}

import test from 'ava';
import { createProgress } from '../../cli/progress.ts';
import { watchReading } from '../../cli/reading.ts';

/** What is told of so many images without a terminal. */
function toldOf(...totals: readonly number[]): string[] {
  const lines: string[] = [];
  const stream = { isTTY: false, write: (text: string) => lines.push(text.trim()) } as unknown as NodeJS.WriteStream;
  const { onImages } = watchReading({ progress: createProgress(stream, false), signal: new AbortController().signal });
  for (const total of totals) for (let done = 1; done <= total; done += 1) onImages!(done, total);
  return lines;
}

test('many images are counted while they are decoded, and then the next ones', (t) => {
  const lines = toldOf(2000, 1000);
  t.is(lines.length, 20);
  t.regex(lines[0], /^Reading 200 of 2000 images/);
  t.regex(lines[9], /^Reading 2000 of 2000 images/);
  t.regex(lines[19], /^Reading 1000 of 1000 images/);
});

test('nothing is told of a few', (t) => {
  t.deepEqual(toldOf(999), []);
});

import { stripVTControlCharacters } from 'node:util';
import { Writable } from 'node:stream';
import test from 'ava';
import { barLine, type BarState, createProgress } from '../../cli/progress.ts';
import { watchReading } from '../../cli/reading.ts';

const terminal = (columns: number) => Object.assign(new Writable(), { columns }) as NodeJS.WriteStream;
const state: BarState = {
  name: 'bootstrap',
  count: '12/200 trials',
  rate: '7.3/min',
  detail: 'best 97.80 %',
  left: '2 h 5 min left',
};

test('a bar fits the terminal: it shrinks, then leaves out the speed, then the count', (t) => {
  const shown = [120, 80, 67, 51].map((columns) => stripVTControlCharacters(barLine(0.5, state, terminal(columns))));
  t.is(
    shown[0],
    `  bootstrap ${'█'.repeat(12)}${'░'.repeat(12)}  12/200 trials  7.3/min  best 97.80 %  2 h 5 min left`,
  );
  t.is(shown[1], `  bootstrap ${'█'.repeat(7)}${'░'.repeat(6)}  12/200 trials  7.3/min  best 97.80 %  2 h 5 min left`);
  t.is(shown[2], `  bootstrap ${'█'.repeat(5)}${'░'.repeat(4)}  12/200 trials  best 97.80 %  2 h 5 min left`);
  t.is(shown[3], `  bootstrap ${'█'.repeat(4)}${'░'.repeat(4)}  best 97.80 %  2 h 5 min left`);
  for (const [i, columns] of [120, 80, 67, 51].entries()) t.true(shown[i].length < columns, `${shown[i].length}`);
});

/** What a command without a terminal writes. */
function written(work: (progress: ReturnType<typeof createProgress>) => void, isQuiet = false): string[] {
  const lines: string[] = [];
  const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
    lines.push(chunk.toString());
    done();
  };
  work(createProgress(new Writable({ write }) as NodeJS.WriteStream, isQuiet));
  return lines;
}

test('without a terminal a bar is a few lines, and quiet is none', (t) => {
  const work = (progress: ReturnType<typeof createProgress>): void => {
    const bar = progress.bar('swa', 10, 'epochs', 2);
    bar.begin(0);
    for (let done = 1; done <= 10; done += 1) bar.update(done, `fold ${done}`);
    progress.row('x'.repeat(300));
  };
  const lines = written(work);
  t.is(lines.length, 3);
  t.regex(lines[0], /^ {2}swa 5 of 10 epochs, [\d.]+\/s, fold 5, [\d.]+ s left\n$/);
  t.regex(lines[1], /^ {2}swa 10 of 10 epochs, [\d.]+\/s, fold 10\n$/);
  t.is(lines[2].length, 301);
  t.deepEqual(written(work, true), []);
});

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

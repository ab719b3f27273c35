/** What a terminal shows: bars and tables; and the clock of a budget. */
import test from 'ava';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { watchClock } from '../../cli/budget/watch.ts';
import { wrapWords } from '../../cli/format.ts';
import { barLine, type BarState, createProgress } from '../../cli/progress.ts';
import { watchReading } from '../../cli/reading.ts';
import { table } from '../../cli/table.ts';

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

test('without a terminal a bar is a few lines, and quiet is only what went wrong', (t) => {
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
  const warn = (progress: ReturnType<typeof createProgress>): void => progress.warn('elsewhere');
  t.deepEqual(written(warn, true), ['elsewhere\n']);
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

const head = ['method', 'score', 'seconds', 'why'];
const rows = [
  ['swa', '97.80', '12.5', 'averages the weights along the trajectory'],
  ['plain', '97.47', '11.0', 'takes the last ones'],
];
const linesOf = (text: string): string[] => text.split('\n');
const widestOf = (text: string): number => Math.max(...linesOf(text).map(({ length }) => length));

test('a table is as wide as its cells where there is room', (t) => {
  const text = table(['a', 'b'], [['x', '10'], ['long', '9']], 'lr'); // prettier-ignore
  t.is(text, [' a       b', '───────────', ' x      10', ' long    9'].join('\n'));
});

test('on a narrow screen the columns that matter least give way, and that is said', (t) => {
  const text = table(head, rows, 'lrrl', { optional: ['seconds', 'score'], width: 65 });
  t.regex(text, /^ method +score +why\n/);
  t.is(linesOf(text).at(-1), '(No room for seconds: | cat shows all.)');
  t.true(widestOf(text) <= 65);
});

test('then texts are wrapped, on words where they can be', (t) => {
  const text = table(head, rows, 'lrrl', { width: 50 });
  t.is(widestOf(text), 50);
  for (const word of rows.flat().flatMap((cell) => cell.split(' '))) t.true(text.includes(word), word);
  const path = table(['file'], [['submissions/digit-recognizer/swa.csv']], 'l', { width: 20 });
  t.is(path.replaceAll(/[^\w./-]/g, ''), 'filesubmissions/digit-recognizer/swa.csv');
});

test('words are parted before a name is cut', (t) => {
  const study = ['synthetic-digits/mlp/plain/3f01a5ea', '12 of 12 (8 complete, 4 pruned)', '54.50 %'];
  const text = table(['study', 'trials', 'best'], [study], 'llr', { width: 80 });
  t.is(widestOf(text), 80);
  t.regex(text, /synthetic-digits\/mlp\/plain\/3f01a5ea +12 of 12 \(8 complete, 4/);
});

test('a score and its error are never parted, as half of them would look like another score', (t) => {
  const scores = ['97.80 ± 0.15 (10,000)', '99.97 ± 0.02 (10,000)'];
  const text = table(['', 'SWA', 'plain'], [['Out-of-fold', ...scores]], 'lll', { width: 30 });
  t.regex(text, /97\.80 ± 0\.15 +99\.97 ± 0\.02\n/);
  t.regex(text, /\(10,000\) +\(10,000\)$/);
});

test('a table that cannot be narrower stays whole', (t) => {
  const numbers = Array.from({ length: 9 }, (_, i) => String(i).repeat(8));
  const text = table(numbers, [numbers], 'r'.repeat(9), { width: 40 });
  for (const number of numbers) t.is(text.split(number).length, 3);
});

test('lines are wrapped between words, and only if they are too long', (t) => {
  t.is(wrapWords('one two three\nfour', 8), 'one two\nthree\nfour');
  t.is(wrapWords('  a  b', 6), '  a  b');
  t.is(wrapWords('one/long/path and more', 8), 'one/long/path\nand more');
  t.is(wrapWords('one two three', Infinity), 'one two three');
});

test('a training is stopped soon after the budget has ended, and not before', async (t) => {
  const watch = watchClock({ planned: 1, left: 0.01, budget: 0.5 });
  watch.onShare(0.1);
  t.deepEqual([watch.stopped(), watch.signal.aborted], [null, false]);
  if (!watch.signal.aborted) await once(watch.signal, 'abort');
  t.is(watch.stopped(), 'late');
  watch.end();
});

import test from 'ava';
import { wrapWords } from '../../cli/format.ts';
import { table } from '../../cli/table.ts';

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

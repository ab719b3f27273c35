import test from 'ava';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { allPixels, maximumRows, type PixelRows } from '../../data/images.ts';
import { createPixelReader, type PixelLayout } from '../../data/pixels.ts';
import { UserError } from '../../base/user-error.ts';

const layout: PixelLayout = { label: 'label', labelled: true, pixels: ['pixel0', 'pixel1'], classes: 3 };
const unlabelled: PixelLayout = { ...layout, labelled: false };

/** Reads a text cut into pieces of that many bytes. */
function read(text: string | Uint8Array, ofLayout = layout, pieceBytes = Infinity): PixelRows {
  const bytes = Buffer.from(text);
  const reader = createPixelReader('train.csv', ofLayout);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  return reader.finish();
}

test('rows become labels and pixels in shared memory', (t) => {
  const rows = read('label,pixel0,pixel1\n2,0,255\n0,17,3\n');
  t.is(rows.count, 2);
  t.deepEqual([...allPixels(rows)], [0, 255, 17, 3]);
  t.deepEqual([...rows.labels!], [2, 0]);
  t.true(allPixels(rows).buffer instanceof SharedArrayBuffer);
  t.true(rows.labels!.buffer instanceof SharedArrayBuffer);
});

test('a file without labels has pixels only', (t) => {
  const rows = read('pixel0,pixel1\n1,2\n', unlabelled);
  t.deepEqual([...allPixels(rows)], [1, 2]);
  t.is(rows.labels, null);
});

test('any valid file reads as csv-parse reads it, wherever its bytes are cut', (t) => {
  const file = fc.record({
    columns: fc.integer({ min: 1, max: 5 }),
    labelled: fc.boolean(),
    rows: fc.array(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 }), { minLength: 1 }),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    bom: fc.constantFrom('', '\uFEFF'),
    lineEndsAtEnd: fc.nat({ max: 3 }),
    quote: fc.constantFrom('', '"'),
    width: fc.integer({ min: 1, max: 4 }),
    pieceBytes: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(file, ({ columns, labelled, rows, lineEnd, bom, lineEndsAtEnd, quote, width, pieceBytes }) => {
      const pixels = Array.from({ length: columns }, (_, index) => `pixel${index}`);
      const names = (labelled ? ['label', ...pixels] : pixels).map((name) => quote + name + quote);
      const lines = rows.map((row) => row.slice(0, names.length).map((value) => String(value).padStart(width, '0')));
      const text = bom + [names, ...lines].map((cells) => cells.join()).join(lineEnd) + lineEnd.repeat(lineEndsAtEnd);

      const oracle = parse(text, { bom: true, from_line: 2, skip_empty_lines: true });
      const found = read(text, { label: 'label', labelled, pixels, classes: 256 }, pieceBytes);
      t.is(found.count, oracle.length);
      t.deepEqual(
        [...allPixels(found)],
        oracle.flatMap((row) => row.slice(labelled ? 1 : 0).map(Number)),
      );
      t.deepEqual(found.labels && [...found.labels], labelled ? oracle.map((row) => Number(row[0])) : null);
    }),
  );
});

test('random bytes are read as csv-parse reads them, or refused', (t) => {
  // Few kinds of bytes, so that valid files come up among the wrong ones.
  const bytes = fc.string({
    unit: fc.constantFrom('0', '1', '2', ',', '\n', '\r\n', '\r', '"', ' ', '-', '.'),
    maxLength: 24,
  });
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 30 }), (body, pieceBytes) => {
      const text = `label,pixel0,pixel1\n${body}`;
      let found: PixelRows;
      try {
        found = read(text, layout, pieceBytes);
      } catch (error) {
        t.true(error instanceof UserError);
        return;
      }
      // csv-parse keeps to the first kind of line end that it meets; here both may follow each other.
      const oracle = parse(text.replaceAll('\r\n', '\n'), { from_line: 2, skip_empty_lines: true });
      t.deepEqual(
        [...allPixels(found)],
        oracle.flatMap((row) => row.slice(1).map(Number)),
      );
      t.deepEqual(
        [...found.labels!],
        oracle.map((row) => Number(row[0])),
      );
    }),
    { numRuns: 2000 },
  );
});

const mend = 'Correct that line, or download the file again.';
const put = 'Put the file there as the competition offers it.';
const head = 'label,pixel0,pixel1\n';
const rowMistakes: [what: string, text: string | Uint8Array, message: string][] = [
  ['an empty file', '', 'train.csv: expected a CSV file, got an empty one. Download it again.'],
  ['a header only', head, 'train.csv: expected rows of images after the header, got none. Download the file again.'],
  [
    'a header without line end',
    head.trim(),
    'train.csv: expected rows of images after the header, got none. Download the file again.',
  ],
  [
    'blank lines only',
    `${head}\n\n`,
    'train.csv: expected rows of images after the header, got none. Download the file again.',
  ],
  [
    'a blank first line',
    `\n${head}1,2,3\n`,
    `train.csv:1: expected column 1 of the header to be \`label\`, got "". ${put}`,
  ],
  [
    'another header',
    'id,pixel0,pixel1\n',
    `train.csv:1: expected column 1 of the header to be \`label\`, got "id". ${put}`,
  ],
  [
    'a short header',
    'label,pixel0\n',
    `train.csv:1: expected column 3 of the header to be \`pixel1\`, got nothing. ${put}`,
  ],
  ['a long header', 'label,pixel0,pixel1,pixel2\n', `train.csv:1: expected 3 columns, got 4. ${put}`],
  [
    'a train file without labels',
    'pixel0,pixel1\n1,2\n',
    `train.csv:1: expected the first column to be \`label\`, got "pixel0" (is it the test file?). ${put}`,
  ],
  [
    'gzip data under the name of a CSV',
    Buffer.of(0x1f, 0x8b, 8, 0, 10),
    `train.csv:1: expected CSV text, got gzip data; its name should end with .gz. ${put}`,
  ],
  [
    'a zip under the name of a CSV',
    'PK\x03\x04\n',
    `train.csv:1: expected CSV text, got a zip; its name should end with .zip. ${put}`,
  ],
  [
    'binary junk',
    Buffer.of(0, 7, 0x9b, 200, 10),
    `train.csv:1: expected column 1 of the header to be \`label\`, got "\\u0000\\u0007��". ${put}`,
  ],
  ['a short row', `${head}1,2,3\n1,2\n`, `train.csv:3: expected 3 columns, got 2. ${mend}`],
  ['a last row that is cut off', `${head}1,2,3\n1,2`, `train.csv:3: expected 3 columns, got 2. ${mend}`],
  ['a long row', `${head}1,2,3,4\n`, `train.csv:2: expected 3 columns, got more. ${mend}`],
  ['a comma at the end', `${head}1,2,3,\n`, `train.csv:2: expected 3 columns, got more. ${mend}`],
  [
    'a blank line between rows',
    `${head}1,2,3\n\n1,2,3\n`,
    `train.csv:3: expected 3 columns, got a blank line. ${mend}`,
  ],
  [
    'a pixel over 255',
    `${head}1,2,256\n`,
    `train.csv:2: expected \`pixel1\` to be an integer in 0 … 255, got "256". ${mend}`,
  ],
  [
    'a negative pixel',
    `${head}1,-2,3\n`,
    `train.csv:2: expected \`pixel0\` to be an integer in 0 … 255, got "-2". ${mend}`,
  ],
  [
    'a fraction',
    `${head}1,2.5,3\n`,
    `train.csv:2: expected \`pixel0\` to be an integer in 0 … 255, got "2.5". ${mend}`,
  ],
  [
    'a quoted number',
    `${head}1,"2",3\n`,
    `train.csv:2: expected \`pixel0\` to be an integer in 0 … 255, got ""2"". ${mend}`,
  ],
  ['an empty cell', `${head}1,,3\n`, `train.csv:2: expected \`pixel0\` to be an integer in 0 … 255, got "". ${mend}`],
  [
    'an empty last cell',
    `${head}1,2,\n`,
    `train.csv:2: expected \`pixel1\` to be an integer in 0 … 255, got "". ${mend}`,
  ],
  [
    'a label that is no class',
    `${head}3,2,1\n`,
    `train.csv:2: expected \`label\` to be an integer in 0 … 2, got "3". ${mend}`,
  ],
  [
    'a word as label',
    `${head}cat,2,1\n`,
    `train.csv:2: expected \`label\` to be an integer in 0 … 2, got "cat". ${mend}`,
  ],
  [
    'a carriage return alone',
    `${head}1,2,3\r1,2,3`,
    `train.csv:2: expected a line feed after the carriage return. ${mend}`,
  ],
];

for (const [what, text, message] of rowMistakes) {
  test(`${what} is refused with file, line and remedy`, (t) => {
    t.throws(() => read(text), { instanceOf: UserError, message });
  });
}

test('a test file with a label column is refused as a train file', (t) => {
  t.throws(() => read(`${head}1,2,3\n`, unlabelled), {
    instanceOf: UserError,
    message: `train.csv:1: expected a test file without labels, got a \`label\` column (is it the train file?). ${put}`,
  });
});

test('an endless number, row or header ends the reading within a few bytes', (t) => {
  for (const [start, piece] of [
    [head, '0'],
    [head, ','],
    [head, '1,'],
    ['', 'x'],
    ['', ','],
  ]) {
    const reader = createPixelReader('train.csv', layout);
    const pushed = () => {
      reader.push(Buffer.from(start));
      for (let bytes = 0; bytes < 60; bytes++) reader.push(Buffer.from(piece));
    };
    t.throws(pushed, { instanceOf: UserError });
  }
});

test('a file with more rows than any competition ends the reading', (t) => {
  const text = Buffer.from(`pixel0\n${'7\n'.repeat(maximumRows)}`);
  const onePixel = { ...unlabelled, pixels: ['pixel0'] };
  t.is(read(text, onePixel).count, maximumRows);
  t.throws(() => read(Buffer.concat([text, Buffer.from('7')]), onePixel), {
    message: `train.csv:${maximumRows + 2}: expected at most ${maximumRows} rows in one file, got more. ${mend}`,
  });
});

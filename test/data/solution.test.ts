import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findSolution, loadSampleSubmission, loadSolution } from '../../data/solution.ts';
import { UserError } from '../../base/user-error.ts';
import { temporaryFolder, tiny } from './tiny.ts';

test('a solution has ids and labels in the order of the file, and may leave ids out', async (t) => {
  const file = join(await temporaryFolder(t), 'some.csv');
  await writeFile(file, 'ImageId,Label\n7,2\n3,0\n');
  t.deepEqual(await loadSolution(file, tiny), [
    { id: '7', label: 2 },
    { id: '3', label: 0 },
  ]);
});

test('a solution may say which leaderboard an image counts for', async (t) => {
  const file = join(await temporaryFolder(t), 'solution.csv');
  await writeFile(file, '\uFEFFImageId,Label,Usage\r\n1,2,Public\r\n2,0,Private');
  t.deepEqual(await loadSolution(file, tiny), [
    { id: '1', label: 2, usage: 'Public' },
    { id: '2', label: 0, usage: 'Private' },
  ]);
});

test('a packed solution is read under its own name and under that of the CSV', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'solution.csv.gz'), gzipSync('ImageId,Label\n1,2\n'));
  for (const name of ['solution.csv', 'solution.csv.gz']) {
    t.deepEqual(await loadSolution(join(folder, name), tiny), [{ id: '1', label: 2 }]);
  }
});

test('a solution that PowerShell has saved in UTF-16 is read', async (t) => {
  const folder = await temporaryFolder(t);
  const text = '\uFEFFImageId,Label\r\n1,2\r\n';
  const little = Buffer.from(text, 'utf16le');
  for (const [file, bytes] of [
    ['little.csv', little],
    ['big.csv', Buffer.from(little).swap16()],
  ] as const) {
    await writeFile(join(folder, file), bytes);
    t.deepEqual(await loadSolution(join(folder, file), tiny), [{ id: '1', label: 2 }]);
  }
});

test('blank lines at the end are fine, but not millions of them, nor millions of rows', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'solution.csv');
  await writeFile(file, 'ImageId,Label\n1,2\n\n\n\n');
  t.deepEqual(await loadSolution(file, tiny), [{ id: '1', label: 2 }]);
  for (const [text, message] of [
    [`ImageId,Label\n1,2\n${'\n'.repeat(10_000_000)}`, /solution\.csv:3: expected 2 columns, got a blank line\. /],
    ['\n'.repeat(10_000_000), /solution\.csv:1: expected 2 columns, got a blank line\. /],
    [
      `ImageId,Label\n${'1,2\n'.repeat(2_000_001)}`,
      /solution\.csv:2000002: expected at most 2000000 rows, got more\. /,
    ],
    [`ImageId,Label\n${','.repeat(900)}\n`, /solution\.csv:2: expected 2 columns, got 901\. /],
  ] as const) {
    await writeFile(file, text);
    await t.throwsAsync(loadSolution(file, tiny), { instanceOf: UserError, message });
  }
});

test('the sample submission gives the ids in its order', async (t) => {
  const dataDir = await temporaryFolder(t);
  t.is(await loadSampleSubmission(tiny, { dataDir }), null);
  await writeFile(join(dataDir, 'sample_submission.csv'), 'ImageId,Label\n2,0\n1,0\n');
  t.deepEqual(await loadSampleSubmission(tiny, { dataDir }), ['2', '1']);
});

test('the solution in the competition folder is found where there is one', async (t) => {
  const dataDir = await temporaryFolder(t);
  t.is(await findSolution(tiny, { dataDir }), null);
  await writeFile(join(dataDir, 'solution.csv'), 'ImageId,Label\n1,0\n');
  t.is(await findSolution(tiny, { dataDir }), join(dataDir, 'solution.csv'));
});

const head = 'ImageId,Label\n';
const mistakes: [what: string, text: string, message: string][] = [
  ['an empty file', '', ': expected a table, got an empty file. Download it again.'],
  ['a header only', head, ': expected rows after the header, got none. Download it again.'],
  [
    'another header',
    'Id,Label\n1,0\n',
    ':1: expected the header `ImageId,Label` or `ImageId,Label,Usage`, got "Id,Label". Correct it.',
  ],
  [
    'a header that a terminal would act on',
    `\u001B[31m\u202E,${'x'.repeat(300)}\n1,0\n`,
    `:1: expected the header \`ImageId,Label\` or \`ImageId,Label,Usage\`, got "\\u001b[31m\\u202e,${'x'.repeat(52)}…". Correct it.`,
  ],
  ['a short row', `${head}1,0\n2\n`, ':3: expected 2 columns, got 1. Correct that line.'],
  ['a long row', `${head}1,0,Public\n`, ':2: expected 2 columns, got 3. Correct that line.'],
  ['a blank line between rows', `${head}1,0\n\n2,0\n`, ':3: expected 2 columns, got a blank line. Correct that line.'],
  [
    'an id that comes twice',
    `${head}1,0\n2,0\n1,1\n`,
    ':4: expected every id once, got 1 as on line 2. Correct that line.',
  ],
  [
    'an id before the first',
    `${head}0,0\n`,
    ':2: expected `ImageId` to be an integer in 1 … 4294967295, got "0". Correct that line.',
  ],
  [
    'an id that is no integer',
    `${head}1.5,0\n`,
    ':2: expected `ImageId` to be an integer in 1 … 4294967295, got "1.5". Correct that line.',
  ],
  [
    'a label that is no class',
    `${head}1,3\n`,
    ':2: expected `Label` to be an integer in 0 … 2, got "3". Correct that line.',
  ],
  [
    'a label that is empty',
    `${head}1,\n`,
    ':2: expected `Label` to be an integer in 0 … 2, got "". Correct that line.',
  ],
  [
    'another usage',
    'ImageId,Label,Usage\n1,0,secret\n',
    ':2: expected `Usage` to be Public or Private, got "secret". Correct that line.',
  ],
  ['a quote that stays open', `${head}1,"0\n2,0\n`, ':3: expected CSV, got "Quote Not Closed". Correct that line.'],
  [
    'an endless row',
    `${head}${'1'.repeat(5000)}`,
    ':2: expected a row of at most 1000 characters, got a longer one. Put the right file there, or close the quotation mark.',
  ],
];

for (const [what, text, message] of mistakes) {
  test(`a solution with ${what} is refused with file, line and remedy`, async (t) => {
    const file = join(await temporaryFolder(t), 'solution.csv');
    await writeFile(file, text);
    await t.throwsAsync(loadSolution(file, tiny), { instanceOf: UserError, message: file + message });
  });
}

test('a solution that is not there is refused', async (t) => {
  const file = join(await temporaryFolder(t), 'solution.csv');
  await t.throwsAsync(loadSolution(file, tiny), {
    instanceOf: UserError,
    message: /solution\.csv: expected a solution file, found none/,
  });
});

test('a sample submission with a column Usage is refused', async (t) => {
  const dataDir = await temporaryFolder(t);
  await writeFile(join(dataDir, 'sample_submission.csv'), 'ImageId,Label,Usage\n1,0,Public\n');
  await t.throwsAsync(loadSampleSubmission(tiny, { dataDir }), {
    instanceOf: UserError,
    message: /sample_submission\.csv:1: expected the header `ImageId,Label`, got "ImageId,Label,Usage"/,
  });
});

test('a table that would fill the memory is refused while it is read', async (t) => {
  const file = join(await temporaryFolder(t), 'solution.csv.gz');
  await writeFile(file, gzipSync(Buffer.alloc(40_000_000, 10)));
  await t.throwsAsync(loadSolution(file, tiny), {
    instanceOf: UserError,
    message: /expected a table of at most 33554432 bytes, got more/,
  });
});

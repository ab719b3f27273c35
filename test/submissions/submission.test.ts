import test from 'ava';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Competition } from '../../data/competition.ts';
import { UserError } from '../../base/user-error.ts';
import { checkSample, readSubmission, submissionCsv, writeSubmission } from '../../submissions/submission.ts';
import { temporaryFolder, tiny } from '../data/tiny.ts';

const submission = { ids: ['1', '2', '3'], labels: Uint16Array.of(2, 0, 1) };
const text = 'ImageId,Label\n1,2\n2,0\n3,1\n';

test('a submission is the header of the competition and a line for each image', (t) => {
  t.is(submissionCsv(tiny, submission), text);
  const other: Competition = { ...tiny, submission: { id: 'Id', label: 'Class', firstId: 0, labels: 'name' } };
  t.is(submissionCsv(other, { ids: ['0'], labels: Uint16Array.of(1) }), 'Id,Class\n0,b\n');
});

test('a label that is no class, or is missing, is an error of the program', (t) => {
  t.throws(() => submissionCsv(tiny, { ...submission, labels: Uint16Array.of(0, 3, 0) }), {
    instanceOf: RangeError,
    message: 'Expected `labels[1]` to be below 3, got 3.',
  });
  t.throws(() => submissionCsv(tiny, { ...submission, labels: Uint16Array.of(0, 1) }), {
    instanceOf: RangeError,
    message: 'Expected `labels` to have 3 elements, one for each id, got 2.',
  });
});

test('what is written is what is hashed and what is read back', async (t) => {
  const file = join(await temporaryFolder(t), 'plain.csv');
  const sha256 = await writeSubmission(file, tiny, submission);
  const bytes = await readFile(file);
  t.is(bytes.toString(), text);
  t.is(sha256, createHash('sha256').update(bytes).digest('hex'));
  t.deepEqual(await readSubmission(file, tiny), submission);
});

test('a submission that is missing or damaged is named', async (t) => {
  const file = join(await temporaryFolder(t), 'plain.csv');
  const read = (): Promise<unknown> => readSubmission(file, tiny);
  await t.throwsAsync(read, { instanceOf: UserError, message: /plain\.csv: expected a submission, found none/ });
  await writeFile(file, 'ImageId,Label\n1,7\n');
  await t.throwsAsync(read, { instanceOf: UserError, message: /plain\.csv:2: expected `Label`/ });
  for (const [content, found] of [
    ['', 'an empty file'],
    ['ImageId,Label\n', 'none after the header'],
  ]) {
    await writeFile(file, content);
    const message = new RegExp(`plain\\.csv: expected a row for each test image, got ${found}\\. Name another`);
    await t.throwsAsync(read, { instanceOf: UserError, message });
  }
});

test('the sample submission must have the ids of the test file in order', (t) => {
  const { ids } = submission;
  t.notThrows(() => checkSample(tiny, ids, ['1', '2', '3']));
  for (const [sample, found] of [
    [[1, 2], '2 rows'],
    [[1, 2, 3, 4], '4 rows'],
    [[1, 3, 2], 'id 3 in row 2'],
    [[0, 1, 2], 'id 0 in row 1'],
  ] as const) {
    t.throws(() => checkSample(tiny, ids, sample.map(String), '/somewhere'), {
      instanceOf: UserError,
      message:
        'sample_submission.csv in /somewhere: expected the ids of the 3 test images, 1 … 3 in order, ' +
        `got ${found}. Put the files of one competition there.`,
    });
  }
});

test('classes are written and read by name where the competition wants that', async (t) => {
  const file = join(await temporaryFolder(t), 'plain.csv');
  const named: Competition = { ...tiny, submission: { id: 'id', label: 'label', firstId: 1, labels: 'name' } };
  await writeSubmission(file, named, submission);
  t.is(await readFile(file, 'utf8'), 'id,label\n1,c\n2,a\n3,b\n');
  t.deepEqual(await readSubmission(file, named), submission);
  for (const label of ['2', 'd', 'A', ' a', 'toString']) {
    await writeFile(file, `id,label\n1,${label}\n`);
    await t.throwsAsync(readSubmission(file, named), {
      instanceOf: UserError,
      message: `${file}:2: expected \`label\` to be one of a, b, c, got "${label}". Correct that line.`,
    });
  }
});

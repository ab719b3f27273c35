/** Submissions: their files, their mistakes and the runs that they need. */
import test from 'ava';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import type { Competition } from '../../data/competition.ts';
import { random } from '../../numerics/random.ts';
import { confusionOf, mistakesOf } from '../../submissions/diagnosis.ts';
import { suspectOf } from '../../submissions/errors.ts';
import { findLabelErrors } from '../../submissions/label-errors.ts';
import { readLeaderboard } from '../../submissions/leaderboard.ts';
import { neededRuns } from '../../submissions/needed-runs.ts';
import { checkSample, readSubmission, submissionCsv, writeSubmission } from '../../submissions/submission.ts';
import { temporaryFolder, tiny } from '../data/tiny.ts';
import { csvOf, recordRun, runsIn } from './runs.ts';

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
  t.throws(() => checkSample(tiny, ids, ['1', '2'], '/somewhere'), {
    instanceOf: UserError,
    message:
      'sample_submission.csv in /somewhere: 1 of the 3 test images is not in the sample submission, the first one 3. ' +
      'Complete it, or put the files of one competition there.',
  });
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

const near = (...labels: string[]) => labels.map((label, row) => ({ row, label, distance: 0.1 }));
const votes = (...classes: string[]) => classes.map((predicted) => ({ run: 'r', predicted, confidence: 0.9 }));

for (const [what, labelProbability, nearest, said, suspect] of [
  ['most other runs are right', 0.01, ['5', '5', '5'], ['3', '3', '5'], 'network'],
  ['most neighbours have the label', 0.01, ['3', '3', '5'], ['5'], 'network'],
  ['it is improbable, and no neighbour has it', 0.04, ['5', '5', '8'], ['5', '5'], 'label'],
  ['there are no other runs', 0.04, ['5', '5', '8'], [], 'label'],
  ['one neighbour has the label', 0.04, ['5', '5', '3'], [], 'image'],
  ['the label is not improbable', 0.05, ['5', '5', '5'], ['5'], 'image'],
] as const) {
  test(`a 3 that is taken for a 5 points to the ${suspect} where ${what}`, (t) => {
    t.is(suspectOf({ label: '3', labelProbability, nearest: near(...nearest), votes: votes(...said) }), suspect);
  });
}

test('the members of a blend are needed as long as the blend is the best', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const record = (i: number, points: number, paramsFrom?: string) =>
    recordRun(runsDir, { test: points, paramsFrom, file: join(folder, `${i}.csv`), csv: csvOf([i]) });
  await record(1, 80);
  await record(2, 81);
  await record(3, 82);
  const { rows } = await readLeaderboard(runsDir);
  const [, second, third] = rows.toSorted((a, b) => a.run!.test!.accuracy - b.run!.test!.accuracy);
  await record(4, 90, `blend (weights) of runs ${second.run!.id}, ${third.run!.id}`);
  const blended = neededRuns((await readLeaderboard(runsDir)).rows);
  t.regex(blended.get(second.run!.id)!, /^blended in plain-\w{8}$/);
  t.is(blended.size, 3);
  await record(5, 95);
  t.is(neededRuns((await readLeaderboard(runsDir)).rows).size, 1);
});

test('the best run of each study is needed, by its record or by the sentence of an earlier one', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const record = (i: number, points: number, paramsFrom: string, study?: string) =>
    recordRun(runsDir, { test: points, paramsFrom, study, file: join(folder, `${i}.csv`), csv: csvOf([i]) });
  await record(1, 95, 'defaults');
  await record(2, 81, 'trial 3 of study a, with b, with momentum=0.9', 'a, with b');
  await record(3, 82, 'trial 4 of study a, with b', 'a, with b');
  await record(4, 70, 'trial 1 of study old, with momentum=0.9');
  const reasons = [...neededRuns((await readLeaderboard(runsDir)).rows).values()];
  t.deepEqual(reasons, [
    'the best of small-digits',
    'the best with the parameters of study a, with b',
    'the best with the parameters of study old',
  ]);
});

const predictions = {
  probabilities: Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.4, 0.6, 0.05, 0.95),
  labels: [0, 0, 1, 0],
  classes: ['a', 'b'],
};

test('confusion counts images by true and predicted class', (t) => {
  t.deepEqual(confusionOf(predictions).counts, [
    [1, 2],
    [0, 1],
  ]);
});

test('mistakes come the surest first', (t) => {
  t.deepEqual(
    mistakesOf(predictions).map(({ row, label, predicted }) => [row, label, predicted]),
    [
      [3, 0, 1],
      [1, 0, 1],
    ],
  );
});

test('a label is suspected where another class reaches its threshold with a larger probability', (t) => {
  const probabilities = Float32Array.from(
    [
      [0.9, 0.1, 0],
      [0.7, 0.3, 0],
      // Class 1 is likelier, and above its threshold: the mean of 0.875, 0.625 and 0.125.
      [0.25, 0.75, 0],
      [0.125, 0.875, 0],
      [0.375, 0.625, 0],
      // Class 0 is likelier, and reaches its threshold, the mean of 0.9, 0.7 and 0.25.
      [0.875, 0.125, 0],
    ].flat(),
  );
  const labels = [0, 0, 0, 1, 1, 1];
  const { images, suspected } = findLabelErrors({ probabilities, labels, classes: ['a', 'b', 'never there'] });
  t.is(images, 6);
  t.deepEqual(suspected, [
    { row: 5, label: 1, suggested: 0, labelProbability: 0.125, suggestedProbability: 0.875 },
    { row: 2, label: 0, suggested: 1, labelProbability: 0.25, suggestedProbability: 0.75 },
  ]);
});

test('a label that the networks predict is not suspected, though another class passes its own threshold', (t) => {
  const rows = [
    [0.9, 0.1],
    [0.9, 0.1],
    [0.6, 0.4],
    [0.7, 0.3],
  ];
  const probabilities = Float32Array.from(rows.flat());
  // The thresholds are .8 and .3.
  const { suspected } = findLabelErrors({ probabilities, labels: [0, 0, 0, 1], classes: ['dog', 'fish'] });
  t.deepEqual(suspected, []);
});

test('most labels that were turned are found, and few others', (t) => {
  const [count, classes] = [2000, 5];
  const stream = random(5, 'labels');
  const truth = Array.from({ length: count }, (_, row) => row % classes);
  const labels = truth.map((label) => (stream.integer(10) === 0 ? (label + 1) % classes : label));
  const probabilities = new Float32Array(count * classes);
  for (let row = 0; row < count; row += 1) {
    const sure = 0.5 + stream.integer(50) / 100;
    probabilities.fill((1 - sure) / (classes - 1), row * classes, (row + 1) * classes);
    probabilities[row * classes + truth[row]] = sure;
  }
  const names = Array.from({ length: classes }, (_, k) => String(k));
  const found = new Set(findLabelErrors({ probabilities, labels, classes: names }).suspected.map(({ row }) => row));
  const turned = labels.flatMap((label, row) => (label === truth[row] ? [] : [row]));
  const right = turned.filter((row) => found.has(row)).length;
  t.true(right / turned.length > 0.5 && right / found.size > 0.95, `${right} of ${turned.length}, ${found.size} found`);
});

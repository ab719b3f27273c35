import test, { type ExecutionContext } from 'ava';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSolution } from '../../data/solution.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { UserError } from '../../base/user-error.ts';
import { keepEntry } from '../../submissions/ledger.ts';
import { checkSubmission, type Preflight } from '../../submissions/preflight.ts';
import { submissionDigest } from '../../submissions/submission.ts';
import { temporaryFolder } from '../data/tiny.ts';
import { csvOf, recordRun, runsIn } from './runs.ts';
import { small, TEST_IMAGES, TRAIN_IMAGES } from './small.ts';

interface Setting {
  readonly folder: string;
  readonly dataDir: string;
  readonly runsDir: string;
  /** The true labels: ten of each class, as in the training images. */
  readonly labels: number[];
  readonly check: (csv: string) => Promise<Preflight>;
}

async function setting(t: ExecutionContext): Promise<Setting> {
  const folder = await temporaryFolder(t);
  const [dataDir, runsDir, file] = [join(folder, 'data'), runsIn(folder), join(folder, 'swa.csv')];
  await writeSyntheticDigits(dataDir, { train: TRAIN_IMAGES, test: TEST_IMAGES });
  const labels = (await loadSolution(join(dataDir, 'solution.csv'), small)).map(({ label }) => label);
  return {
    folder,
    dataDir,
    runsDir,
    labels,
    async check(csv) {
      await writeFile(file, csv);
      return checkSubmission(small, file, { dataDir, runsDir });
    },
  };
}

test('a good submission passes without a warning, and its classes are counted', async (t) => {
  const { check, labels } = await setting(t);
  const csv = csvOf(labels);
  const { rows, bytes, sha256, classes, agreement, warnings } = await check(csv);
  t.deepEqual({ rows, bytes, sha256 }, { rows: TEST_IMAGES, bytes: csv.length, sha256: submissionDigest(csv) });
  t.deepEqual(
    classes,
    small.classes.map((name) => ({ name, count: 10, share: 0.1, trainShare: 0.1 })),
  );
  t.is(agreement, null);
  t.deepEqual(warnings, []);
});

test('the order of the ids does not matter', async (t) => {
  const { check, labels } = await setting(t);
  const [header, ...lines] = csvOf(labels).trimEnd().split('\n');
  t.deepEqual((await check([header, ...lines.toReversed()].join('\n'))).warnings, []);
});

test('what Kaggle would refuse is refused, with and without a sample submission', async (t) => {
  const { check, labels, dataDir } = await setting(t);
  const csv = csvOf(labels);
  const wrong: [csv: string, message: RegExp][] = [
    [csv.replace('ImageId', 'Id'), /swa\.csv:1: expected the header `ImageId,Label`/],
    [csv.replace(/\n1,\d/, '\n1,10'), /swa\.csv:2: expected `Label` to be an integer in 0 … 9, got "10"/],
    [csv.replace('\n2,', '\n1,'), /swa\.csv:3: expected every id once, got 1 as on line 2/],
    [
      csvOf(labels.slice(1)),
      /swa\.csv: expected the 100 ids of (sample_submission\.csv|the test images), got 99 rows\. Name/,
    ],
    [csvOf([...labels, 1]), /expected the 100 ids of (sample_submission\.csv|the test images), got 101 rows/],
    [
      csv.replace('\n7,', '\n107,'),
      /expected the 100 ids of (sample_submission\.csv|the test images), got none for id 7\. Name/,
    ],
  ];
  for (const sample of [true, false]) {
    if (!sample) await rm(join(dataDir, 'sample_submission.csv'));
    for (const [text, message] of wrong) {
      await t.throwsAsync(() => check(text), { instanceOf: UserError, message });
    }
  }
});

// 4 · √(.1 · .9 · (1/100 + 1/200)) = .14697: beyond it lie 25 of 100, but not 24.
test('a class is warned about from four standard errors of its share in the training images on', async (t) => {
  const { check, labels } = await setting(t);
  const withSevens = (more: number): string => {
    const others = new Set(labels.flatMap((label, row) => (label === 7 ? [] : [row])).slice(0, more));
    return csvOf(labels.map((label, row) => (others.has(row) ? 7 : label)));
  };
  t.deepEqual((await check(withSevens(14))).warnings, []);
  const { warnings } = await check(withSevens(15));
  t.deepEqual(warnings, [
    'Class 7 has 25.00 % of the labels, but 10.00 % of the training images: more than 14.70 points apart.',
  ]);
  const [all, ...others] = (await check(csvOf(labels.map((label) => label % 2)))).warnings;
  t.regex(all, /^Class 0 has 50\.00 % .*\. So it is with other classes: 1\.$/);
  t.deepEqual(others, []);
});

test('the last submission is the one sent last, else the newest of a run that is still there', async (t) => {
  const { check, labels, runsDir, folder } = await setting(t);
  const changed = (rows: number): string => csvOf(labels.map((label, row) => (row < rows ? (label + 1) % 10 : label)));
  const csv = csvOf(labels);
  await recordRun(runsDir, { file: join(folder, 'a.csv'), csv: changed(5) });
  await recordRun(runsDir, { file: join(folder, 'b.csv'), csv: changed(6), startedAt: '2026-01-03T00:00:00Z' });
  await recordRun(runsDir, { file: join(folder, 'c.csv'), csv: changed(7), startedAt: '2026-01-04T00:00:00Z' });
  await recordRun(runsDir, { file: join(folder, 'd.csv'), csv, startedAt: '2026-01-05T00:00:00Z' });
  await recordRun(runsDir, {
    competition: 'other',
    file: join(folder, 'e.csv'),
    csv: changed(8),
    startedAt: '2026-01-06T00:00:00Z',
  });
  await writeFile(join(folder, 'c.csv'), 'changed');
  t.deepEqual((await check(csv)).agreement, { file: join(folder, 'b.csv'), equal: 94, share: 0.94 });

  for (const [rows, at] of [
    [20, '2026-01-01T00:00:00.000Z'],
    [21, '2026-01-02T00:00:00.000Z'],
  ] as const) {
    const sent = { at, message: '', ref: null };
    const bytes = Buffer.from(changed(rows));
    const entry = { competition: small.id, file: 'sent.csv', sha256: submissionDigest(bytes), sent, publicScore: null };
    await keepEntry(runsDir, entry, bytes);
  }
  const { agreement, warnings } = await check(csv);
  t.like(agreement, { equal: 79, share: 0.79 });
  t.deepEqual(warnings, [
    'Only 79.00 % of the labels are those of sent.csv as sent at 2026-01-02T00:00:00.000Z, below 80.00 %.',
  ]);
  t.deepEqual((await check(changed(20))).warnings, [
    'The very same labels were sent at 2026-01-01T00:00:00.000Z already.',
  ]);
});

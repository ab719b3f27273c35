import { localTime } from '../../base/format.ts';
import test, { type ExecutionContext } from 'ava';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Competition } from '../../data/competition.ts';
import { loadSolution } from '../../data/solution.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { UserError } from '../../base/user-error.ts';
import { keepEntry, sentCopy } from '../../records/ledger.ts';
import { checkSubmission, type Preflight } from '../../submissions/preflight.ts';
import { submissionDigest } from '../../submissions/submission.ts';
import { temporaryFolder } from '../data/tiny.ts';
import { zipOf } from '../data/zip.ts';
import { csvOf, recordRun, runsIn } from './runs.ts';
import { small, TEST_IMAGES, TRAIN_IMAGES } from './small.ts';

interface Setting {
  readonly folder: string;
  readonly dataDir: string;
  readonly runsDir: string;
  /** The true labels: ten of each class, as in the training images. */
  readonly labels: number[];
  /** @param name of the file. Default: swa.csv */
  readonly check: (content: string | Uint8Array, name?: string) => Promise<Preflight>;
}

async function setting(t: ExecutionContext): Promise<Setting> {
  const folder = await temporaryFolder(t);
  const [dataDir, runsDir] = [join(folder, 'data'), runsIn(folder)];
  await writeSyntheticDigits(dataDir, { train: TRAIN_IMAGES, test: TEST_IMAGES });
  const labels = (await loadSolution(join(dataDir, 'solution.csv'), small)).map(({ label }) => label);
  return {
    folder,
    dataDir,
    runsDir,
    labels,
    async check(content, name = 'swa.csv') {
      const file = join(folder, name);
      await writeFile(file, content);
      return (await checkSubmission(small, file, { dataDir, runsDir })).preflight;
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
    `Only 79.00 % of the labels are those of sent.csv as sent at ${localTime('2026-01-02T00:00:00.000Z')}, below 80.00 %.`,
  ]);
  t.deepEqual((await check(changed(20))).warnings, [
    `The same labels were already sent at ${localTime('2026-01-01T00:00:00.000Z')}.`,
  ]);
});

test('what is in another form than a CSV in UTF-8 is refused, with its place', async (t) => {
  const { check, labels } = await setting(t);
  const csv = csvOf(labels);
  const wrong: [content: string | Uint8Array, message: RegExp][] = [
    [Buffer.from(`\uFEFF${csv}`, 'utf16le'), /swa\.csv: expected a CSV in UTF-8, got UTF-16, as PowerShell writes it/],
    [Buffer.from(csv, 'utf16le'), /swa\.csv: expected a CSV in UTF-8, got a zero byte in line 1/],
    [`${csv}\0`, /got a zero byte in line 102\. Save it/],
    [Buffer.from(csv.replace('\n3,', '\n\xe9,'), 'latin1'), /swa\.csv:4: expected a CSV in UTF-8, got other bytes/],
    [csv.replaceAll('\n', ',Public\n').replace(',Public', ',Usage'), /:1: expected the header `ImageId,Label`, got/],
    [csv.replaceAll('\n', ',1\n'), /:1: expected the header `ImageId,Label`, got "ImageId,Label,1"/],
    [csv.replace(/(\n2,\d)/, '$1,9'), /:3: expected 2 columns, got 3/],
    [csv.replaceAll(',', ';'), /:1: expected the header `ImageId,Label`, got "ImageId;Label"/],
    [`${csv}junk\n`, /:102: expected 2 columns, got 1/],
    [csv.replace('\n3,', '\n\n3,'), /:4: expected 2 columns, got a blank line/],
    [csv.replace(/\n3,\d/, '\n3,7.0'), /:4: expected `Label` to be an integer in 0 … 9, got "7\.0"/],
  ];
  for (const [content, message] of wrong) {
    await t.throwsAsync(() => check(content), { instanceOf: UserError, message });
  }
});

test('a form that others may read otherwise is warned about; ends of lines as on Windows are not', async (t) => {
  const { check, labels } = await setting(t);
  const csv = csvOf(labels);
  for (const usual of [csv.replaceAll('\n', '\r\n'), csv.trimEnd(), gzipSync(csv)]) {
    const { isUsual, warnings } = await check(usual, typeof usual === 'string' ? 'swa.csv' : 'swa.csv.gz');
    t.deepEqual([isUsual, warnings], [true, []]);
  }
  const unusual: [csv: string, line: string][] = [
    [`\uFEFF${csv}`, String.raw`Line 1 is "\ufeffImageId,Label": Kaggle may read it otherwise`],
    [csv.replace('ImageId,Label', '"ImageId","Label"'), 'Line 1 is ""ImageId","Label"": '],
    [csv.replace(/\n1,/, '\n01,'), 'Line 2 is "01,'],
    [csv.replace(/\n1,(\d)/, '\n1,0$1'), 'Line 2 is "1,0'],
    [`${csv}\n`, 'Line 102 is "": '],
  ];
  for (const [content, beginning] of unusual) {
    const { isUsual, warnings } = await check(content);
    t.false(isUsual);
    t.is(warnings.length, 1);
    t.true(warnings[0].startsWith(beginning), warnings[0]);
  }
});

test('a packed submission is unpacked and checked, and its name must say how it is packed', async (t) => {
  const { check, labels } = await setting(t);
  const csv = csvOf(labels);
  const gzip = gzipSync(csv);
  const zip = zipOf({ name: 'swa.csv', content: csv });
  t.like(await check(gzip, 'swa.csv.gz'), { packing: 'gzip', bytes: gzip.length, sha256: submissionDigest(gzip) });
  t.like(await check(zip, 'swa.zip'), { packing: 'zip', rows: TEST_IMAGES, isUsual: true, warnings: [] });
  const damaged = Buffer.from(zip);
  damaged[damaged.indexOf('PK\x01\x02') - 3] ^= 1;
  const bomb = gzipSync(Buffer.alloc(40_000_000, '1'));
  const wrong: [content: string | Uint8Array, name: string, message: RegExp][] = [
    [gzip, 'swa.csv', /swa\.csv: expected a name that ends with \.csv\.gz, since it is a CSV packed by gzip\. Rename/],
    [zip, 'swa.csv.gz', /expected a name that ends with \.zip, since it is a zip/],
    [csv, 'swa.csv.gz', /expected a name that ends with \.csv, since it is a CSV/],
    [csv, 'swa.7z', /expected a name that ends with \.csv/],
    [Buffer.concat([gzip, Buffer.alloc(7)]), 'swa.csv.gz', /expected nothing after the packed CSV, got 7 bytes/],
    [gzip.subarray(0, -9), 'swa.csv.gz', /swa\.csv\.gz: damaged \(.*\)\. Pack it again/],
    [damaged, 'swa.zip', /swa\.zip.*damaged/],
    [zipOf({ name: 'a.csv', content: csv }, { name: 'b.csv', content: csv }), 'swa.zip', /got 2 files\. Pack/],
    [zipOf({ name: 'a.txt', content: csv }), 'swa.zip', /expected a zip with one CSV in it, got a\.txt/],
    [gzipSync(Buffer.from(csv, 'utf16le')), 'swa.csv.gz', /expected a CSV in UTF-8/],
    [gzipSync(csv.replace(/\n1,\d/, '\n1,10')), 'swa.csv.gz', /swa\.csv\.gz:2: expected `Label`/],
    [bomb, 'swa.csv.gz', /expected a CSV of at most 33554432 bytes, got more/],
  ];
  for (const [content, name, message] of wrong) {
    await t.throwsAsync(() => check(content, name), { instanceOf: UserError, message });
  }
});

test('earlier submissions that were packed, are damaged or gone keep no later one back', async (t) => {
  const { check, labels, runsDir, folder } = await setting(t);
  const changed = (rows: number): string => csvOf(labels.map((label, row) => (row < rows ? (label + 1) % 10 : label)));
  const sendAt = async (at: string, bytes: Buffer): Promise<string> => {
    const sha256 = submissionDigest(bytes);
    const sent = { at, message: '', ref: null };
    await keepEntry(runsDir, { competition: small.id, file: 'sent.csv', sha256, sent, publicScore: null }, bytes);
    return sha256;
  };
  await sendAt('2026-01-01T00:00:00Z', Buffer.from(`\uFEFF${changed(11)}`, 'utf16le'));
  t.like((await check(csvOf(labels))).agreement, { equal: 89 });
  await sendAt('2026-01-02T00:00:00Z', gzipSync(changed(12)));
  t.like((await check(csvOf(labels))).agreement, { equal: 88 });
  t.deepEqual((await check(csvOf(labels))).notes, []);

  await sendAt('2026-01-03T00:00:00Z', Buffer.from([0xff, 0x80, 0x00]));
  const gone = await sendAt('2026-01-04T00:00:00Z', Buffer.from(changed(13)));
  await rm(sentCopy(runsDir, gone));
  await writeFile(join(runsDir, 'kaggle', `${'e'.repeat(64)}.json`), '{');
  await recordRun(runsDir, { file: join(folder, 'f.csv'), csv: changed(5) });
  const { agreement, warnings, notes } = await check(csvOf(labels));
  t.like(agreement, { equal: 88 });
  t.deepEqual(warnings, []);
  t.is(notes.length, 2);
  t.regex(notes[0], /e{64}\.json: expected JSON/);
  t.regex(
    notes[1],
    /^sent\.csv as sent at \d{4}-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d cannot be compared with: .*expected a submission, found none.* 1 more\.$/,
  );
});

test('whoever sent the same labels and got no answer is told to look first', async (t) => {
  const { check, labels, runsDir } = await setting(t);
  const bytes = Buffer.from(csvOf(labels));
  const entry = { competition: small.id, file: 'sent.csv', sha256: submissionDigest(bytes), publicScore: null };
  const sent = { at: '2026-01-01T00:00:00Z', message: '', ref: null, answer: 'none' } as const;
  await keepEntry(runsDir, { ...entry, sent }, bytes);
  t.regex((await check(csvOf(labels))).warnings[0], /and no answer came: check with "npm run kaggle -- submissions"/);
});

test('probabilities are checked as numbers: their form, their sums, zeros, and whether they are wanted', async (t) => {
  const { dataDir, runsDir, folder, labels } = await setting(t);
  const wanting: Competition = {
    ...small,
    metric: 'log-loss',
    submission: { ...small.submission, probabilities: { columns: small.classes } },
  };
  // The sample of labels that the small data set has would have to be one of probabilities.
  const unsampled = { ...wanting, files: { ...wanting.files, sampleSubmission: null } };
  const rows = (cells: (label: number, row: number) => readonly (number | string)[]): string =>
    `ImageId,${small.classes.join()}\n${labels.map((label, row) => `${row + 1},${cells(label, row).join()}\n`).join('')}`;
  const sure = (label: number): number[] => small.classes.map((_, k) => (k === label ? 0.91 : 0.01));
  const check = async (competition: Competition, content: string): Promise<Preflight> => {
    const file = join(folder, 'swa.csv');
    await writeFile(file, content);
    return (await checkSubmission(competition, file, { dataDir, runsDir })).preflight;
  };
  const good = await check(unsampled, rows(sure));
  t.like(good, { holds: 'probabilities', isUsual: true, rows: TEST_IMAGES, warnings: [] });
  t.is(good.classes[0].count, 10);

  const zeros = await check(
    unsampled,
    rows((label, row) => small.classes.map((_, k) => Number(row > 0 ? k === label : 0.5))),
  );
  t.deepEqual(zeros.warnings.slice(0, 2), [
    'The probabilities of 1 of 100 rows do not sum to 1, for example those of 1.',
    'A class has probability 0 in 99 of 100 rows, which log loss punishes most if it is the right one.',
  ]);
  const quotes = await check(
    unsampled,
    rows((label, row) => (row === 1 ? ['"0.1"', ...sure(label).slice(1)] : sure(label))),
  );
  t.regex(quotes.warnings[0], /^Line 3 is "2,/);
  await t.throwsAsync(() => check(unsampled, csvOf(labels)), {
    instanceOf: UserError,
    message: /expected probabilities, as small-digits wants them, got labels/,
  });
  await t.throwsAsync(() => check(small, rows(sure)), {
    instanceOf: UserError,
    message: /expected labels, as small-digits wants them, got probabilities/,
  });
});

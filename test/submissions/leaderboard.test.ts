import test from 'ava';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import { addPublicScore, findRun, rankRows, readLeaderboard } from '../../submissions/leaderboard.ts';
import { dropEntry, findEntry, keepEntry, readLedger, sentCopy } from '../../records/ledger.ts';
import { submissionDigest } from '../../submissions/submission.ts';
import { temporaryFolder } from '../data/tiny.ts';
import { csvOf, recordRun, runsIn } from './runs.ts';

test('without runs the leaderboard is empty', async (t) => {
  const runsDir = runsIn(await temporaryFolder(t));
  t.deepEqual(await readLeaderboard(runsDir), { rows: [], unreadable: [] });
});

test('each run is a row with its scores, and damaged records are named beside them', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const file = join(folder, 'plain.csv');
  const sha256 = await recordRun(runsDir, { file, csv: csvOf([1]), test: 80 });
  await recordRun(runsDir, { file, csv: csvOf([2]), startedAt: '2026-01-03T00:00:00Z' });
  const [, newer] = (await readdir(runsDir)).toSorted();
  await writeFile(join(runsDir, newer, 'record.json'), '{');
  const { rows, unreadable } = await readLeaderboard(runsDir);
  t.is(rows.length, 1);
  t.like(rows[0], {
    competition: 'small-digits',
    submission: file,
    sha256,
    date: '2026-01-02T03:04:05.000Z',
    kaggle: null,
  });
  t.like(rows[0].run, { method: 'plain', model: 'digit-cnn', seed: 7, seconds: 1.5 });
  t.like(rows[0].run, { test: { accuracy: 0.8, n: 100, standardError: 0.04 }, outOfFold: { accuracy: 0.9 } });
  t.is(unreadable.length, 1);
  t.regex(unreadable[0], /record\.json: expected JSON/);
});

test('rows are ranked by a column, those without a value last, and equals by out-of-fold score and then by date', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const letters = { plain: 'a', swa: 'b', ema: 'c', fge: 'd', sam: 'e' } as const;
  const runs = {
    a: { test: 90, outOfFold: 910, seconds: 3 },
    b: { test: 95, outOfFold: 900, seconds: 1 },
    c: { test: null, outOfFold: 990, seconds: 2 },
    d: { test: 90, outOfFold: 920, seconds: 5 },
    e: { test: 90, outOfFold: 920, seconds: 4, startedAt: '2026-02-01T00:00:00Z' },
  };
  for (const [i, method] of (Object.keys(letters) as (keyof typeof letters)[]).entries()) {
    const letter = letters[method];
    await recordRun(runsDir, { ...runs[letter], method, file: join(folder, `${letter}.csv`), csv: csvOf([i]) });
  }
  await addPublicScore(runsDir, join(folder, 'a.csv'), 0.5);
  await addPublicScore(runsDir, join(folder, 'c.csv'), 1);
  const { rows } = await readLeaderboard(runsDir);
  const ranked = (order: Parameters<typeof rankRows>[1]): string =>
    rankRows(rows, order)
      .map(({ run }) => letters[run?.method as keyof typeof letters])
      .join('');
  t.is(ranked('test'), 'bedac');
  t.is(ranked('out-of-fold'), 'cedab');
  t.is(ranked('seconds'), 'bcaed');
  t.is(ranked('kaggle'), 'caedb');
  t.is(ranked('date')[0], 'e');
  // By log loss the smallest goes first, and it may be above 1.
  const metric = { name: 'log-loss', direction: 'minimize', value: 1, standardError: 0.1 } as const;
  const [row] = rows;
  const run = { ...row.run!, outOfFold: { ...row.run!.outOfFold, metric } };
  const byLogLoss = [1.5, 0.4, 1.1].map((kaggle) => Object.assign({}, row, { kaggle, run }));
  const scores = rankRows(byLogLoss, 'kaggle').map(({ kaggle }) => kaggle!);
  t.deepEqual(
    scores,
    scores.toSorted((a, b) => a - b),
  );
});

test('a score of log loss above 1 is kept, and one beyond any metric is not', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const file = join(folder, 'a.csv');
  const csv = Buffer.from(csvOf([1]));
  await writeFile(file, csv);
  const entry = { competition: 'otto', file, sha256: submissionDigest(csv), sent: null, publicScore: null };
  await keepEntry(runsDir, entry, csv);
  t.is((await addPublicScore(runsDir, file, 1.31)).kaggle, 1.31);
  t.is((await readLedger(runsDir)).entries[0].publicScore, 1.31);
  await t.throwsAsync(addPublicScore(runsDir, file, 98.7), {
    message: /to be a score from -1 to 34\.54, got 98\.7\.$/,
  });
});

test('a public score belongs to the bytes of the submission, not to its path', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const file = join(folder, 'swa.csv');
  const first = await recordRun(runsDir, { file, csv: csvOf([1]) });
  await addPublicScore(runsDir, file, 0.9);
  const second = await recordRun(runsDir, { file, csv: csvOf([2]), startedAt: '2026-01-03T00:00:00Z' });
  const scores = async (): Promise<Record<string, number | null>> =>
    Object.fromEntries((await readLeaderboard(runsDir)).rows.map(({ sha256, kaggle }) => [sha256, kaggle]));
  t.deepEqual(await scores(), { [first]: 0.9, [second]: null });
  await addPublicScore(runsDir, file, 0);
  await addPublicScore(runsDir, file, 0.95);
  t.deepEqual(await scores(), { [first]: 0.9, [second]: 0.95 });
  const { rows } = await readLeaderboard(runsDir);
  t.deepEqual(
    rows.map(({ sha256, isThere }) => [sha256, isThere]),
    [
      [first, false],
      [second, true],
    ],
  );
  t.is((await findRun(runsDir, { competition: 'small-digits', sha256: first }))?.submission.sha256, first);
  t.is(await findRun(runsDir, { competition: 'small-digits', sha256: '0' }), null);
});

test('a score for a file that is missing, changed or of no run is refused, and nothing is kept', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const file = join(folder, 'swa.csv');
  await recordRun(runsDir, { file, csv: csvOf([1]) });
  await writeFile(file, csvOf([2]));
  await t.throwsAsync(() => addPublicScore(runsDir, file, 0.5), {
    instanceOf: UserError,
    message:
      /swa\.csv: expected a submission of a run in .*runs, got another or a changed one\. Name exactly the file that was sent/,
  });
  await t.throwsAsync(() => addPublicScore(runsDir, join(folder, 'no.csv'), 0.5), {
    instanceOf: UserError,
    message: /no\.csv: expected a submission, found none/,
  });
  for (const score of [-0.1, 1.1, NaN, 98.7]) {
    await t.throwsAsync(() => addPublicScore(runsDir, file, score), { instanceOf: UserError });
  }
  t.deepEqual(await readLedger(runsDir), { entries: [], unreadable: [] });
});

test('what was sent is kept with a copy, keeps its sending when a score comes, and is a row also without a run', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const csv = Buffer.from(csvOf([3, 4]));
  const sha256 = submissionDigest(csv);
  const file = join(folder, 'imported.csv');
  await writeFile(file, csv);
  const sent = { at: '2026-01-02T00:00:00.000Z', message: 'first', ref: 42 };
  await keepEntry(runsDir, { competition: 'small-digits', file, sha256, sent, publicScore: null }, csv);
  t.deepEqual(await readFile(sentCopy(runsDir, sha256)), csv);
  await addPublicScore(runsDir, file, 0.97);
  t.like(await findEntry(runsDir, { competition: 'small-digits', sha256 }), { sent, publicScore: 0.97 });
  const { rows } = await readLeaderboard(runsDir);
  t.deepEqual(rows, [
    { competition: 'small-digits', submission: file, sha256, isThere: true, date: sent.at, kaggle: 0.97, run: null },
  ]);
  t.deepEqual((await readdir(join(runsDir, 'kaggle'))).toSorted(), [`${sha256}.csv`, `small-digits-${sha256}.json`]);
});

test('equal bytes for two competitions have a score, a run and an entry each', async (t) => {
  const folder = await temporaryFolder(t);
  const runsDir = runsIn(folder);
  const inFolder = (competition: string, name: string): string => join(folder, competition, name, 'plain.csv');
  const csv = csvOf([1]);
  const [a, b] = ['cats', 'dogs'].map((competition) => ({ competition, file: inFolder(competition, 'first'), csv }));
  const sha256 = await recordRun(runsDir, { ...a, outOfFold: 800 });
  await recordRun(runsDir, { ...b, outOfFold: 900 });
  await addPublicScore(runsDir, a.file, 0.8);
  // A copy, as `latest/` has it.
  const copy = inFolder('dogs', 'latest');
  await mkdir(join(folder, 'dogs/latest'));
  await writeFile(copy, csv);
  await addPublicScore(runsDir, copy, 0.9);
  const { rows } = await readLeaderboard(runsDir);
  t.deepEqual(
    rows.map(({ competition, kaggle }) => [competition, kaggle]),
    [
      ['cats', 0.8],
      ['dogs', 0.9],
    ],
  );
  const run = await findRun(runsDir, { competition: 'cats', sha256 });
  t.is(run?.scores.outOfFold.accuracy, 0.8);
  t.is(await findRun(runsDir, { competition: 'birds', sha256 }), null);
  const elsewhere = join(folder, 'plain.csv');
  await writeFile(elsewhere, csv);
  await t.throwsAsync(addPublicScore(runsDir, elsewhere, 0.5), {
    message:
      /plain\.csv: expected a submission of one competition, got one with the bytes of submissions of cats and dogs\./,
  });
  // A refused submission takes its own entry away alone.
  const bytes = Buffer.from(csv);
  const sent = { at: '2026-01-02T03:04:05Z', message: 'm', ref: null };
  for (const competition of ['cats', 'dogs']) {
    await keepEntry(runsDir, { competition, file: 'f', sha256, sent, publicScore: null }, bytes);
  }
  await dropEntry(runsDir, { competition: 'cats', sha256 });
  t.is(await findEntry(runsDir, { competition: 'cats', sha256 }), null);
  t.deepEqual(await readFile(sentCopy(runsDir, sha256)), bytes);
  await dropEntry(runsDir, { competition: 'dogs', sha256 });
  t.deepEqual(await readdir(join(runsDir, 'kaggle')), []);
});

test('an entry of an early version, named by the digest alone, is read, and renamed when it changes', async (t) => {
  const runsDir = runsIn(await temporaryFolder(t));
  const entry = { competition: 'cats', file: 'b', sha256: 'c'.repeat(64), sent: null, publicScore: 0.5 };
  await mkdir(join(runsDir, 'kaggle'), { recursive: true });
  const early = `${entry.sha256}.json`;
  await writeFile(join(runsDir, 'kaggle', early), JSON.stringify({ format: 1, ...entry }));
  t.deepEqual(await findEntry(runsDir, entry), entry);
  t.is(await findEntry(runsDir, { ...entry, competition: 'dogs' }), null);
  const other = { ...entry, competition: 'dogs', publicScore: 0.6 };
  await keepEntry(runsDir, other);
  t.deepEqual(await readLedger(runsDir), { entries: [entry, other], unreadable: [] });
  const changed = { ...entry, publicScore: 0.7 };
  await keepEntry(runsDir, changed);
  t.deepEqual((await readdir(join(runsDir, 'kaggle'))).toSorted(), [`cats-${early}`, `dogs-${early}`]);
  t.deepEqual(await findEntry(runsDir, entry), changed);
});

test('a damaged entry of the ledger is named, and keeps no other from being read or kept', async (t) => {
  const runsDir = runsIn(await temporaryFolder(t));
  const entry = { competition: 'a', file: 'b', sha256: 'c'.repeat(64), sent: null, publicScore: 0.5 };
  const other = { ...entry, sha256: 'd'.repeat(64) };
  await keepEntry(runsDir, entry);
  await keepEntry(runsDir, other);
  const file = join(runsDir, 'kaggle', `a-${entry.sha256}.json`);
  const text = await readFile(file, 'utf8');
  for (const [damaged, message] of [
    ['{', /c\.json: expected JSON, got something else/],
    ['['.repeat(50_000), /c\.json: expected at most 64 levels of brackets/],
    [text.replace('0.5', '98.7'), /Expected `publicScore` in .*json to be a score, got 98\.7\./],
    [text.replace(/c{64}/, 'd'.repeat(64)), /c\.json: expected the entry of the digest in its name, got another/],
  ] as const) {
    await writeFile(file, damaged);
    const { entries, unreadable } = await readLedger(runsDir);
    t.deepEqual(entries, [other]);
    t.is(unreadable.length, 1);
    t.regex(unreadable[0], message);
    t.deepEqual((await readLeaderboard(runsDir)).unreadable, unreadable);
    await t.throwsAsync(() => findEntry(runsDir, entry), { instanceOf: UserError, message });
  }
  await writeFile(file, '{');
  await keepEntry(runsDir, entry);
  t.is(await readFile(`${file}.damaged`, 'utf8'), '{');
  t.deepEqual(await readLedger(runsDir), { entries: [entry, other], unreadable: [] });
});

test('what was sent is kept byte by byte', async (t) => {
  const runsDir = runsIn(await temporaryFolder(t));
  const bytes = Buffer.from([0x1f, 0x8b, 0xff, 0xfe, 0x00, 0x80]);
  const sha256 = submissionDigest(bytes);
  await keepEntry(runsDir, { competition: 'a', file: 'b.csv.gz', sha256, sent: null, publicScore: null }, bytes);
  t.deepEqual(await readFile(sentCopy(runsDir, sha256)), bytes);
});

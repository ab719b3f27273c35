import test, { type ExecutionContext } from 'ava';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { localTime } from '../../base/format.ts';
import { loadSolution } from '../../data/solution.ts';
import { findCompetition } from '../../data/competitions/index.ts';
import { publish, published } from '../data/published.ts';
import { zipOf } from '../data/zip.ts';
import { type FakeKaggle, fakeKaggle, type FakeOptions, SIGNATURE, TOKEN } from '../submissions/kaggle/server.ts';
import { csvOf, recordRun, runsIn } from '../submissions/runs.ts';
import { runIn } from './in-process.ts';
import { type Ended, filesIn, type Running, smallProject, start, temporaryFolder, withoutReports } from './process.ts';

const syntheticDigits = findCompetition('synthetic-digits');

interface Setting {
  readonly folder: string;
  readonly server: FakeKaggle;
  /** Starts a process of `kaggle` with these words, a home of its own, and the stand-in for Kaggle. */
  readonly begin: (words: readonly string[]) => Running;
  readonly kaggle: (...words: string[]) => Promise<Ended>;
  /** As `kaggle`, with the credentials of this environment alone. */
  readonly kaggleOf: (environment: NodeJS.ProcessEnv, ...words: string[]) => Promise<Ended>;
}

/** @param folder working directory, and home too */
async function setting(t: ExecutionContext, folder: string, options: FakeOptions = {}): Promise<Setting> {
  const server = await fakeKaggle(t, options);
  const nothing = { KAGGLE_USERNAME: '', KAGGLE_KEY: '', KAGGLE_CONFIG_DIR: '' };
  const fixed = { ...nothing, HOME: folder, USERPROFILE: folder, KAGGLE_API_ENDPOINT: server.endpoint };
  const kaggleOf: Setting['kaggleOf'] = (environment, ...words) =>
    runIn(folder, ['kaggle', ...words], { ...fixed, KAGGLE_API_TOKEN: '', ...environment });
  return {
    folder,
    server,
    begin: (words) => start(folder, ['kaggle', ...words], { ...fixed, KAGGLE_API_TOKEN: TOKEN }),
    kaggleOf,
    async kaggle(...words) {
      const ended = await kaggleOf({ KAGGLE_API_TOKEN: TOKEN }, ...words);
      for (const secret of [TOKEN, SIGNATURE, 'blob-token']) {
        t.false(`${ended.stdout}${ended.stderr}`.includes(secret), `a secret was printed by ${words.join(' ')}`);
      }
      return ended;
    },
  };
}

const zip = zipOf({ name: 'train.csv', content: 'label,pixel0\n'.repeat(5000), deflate: false });

test('download fetches the zip into the data folder and says what is in it', async (t) => {
  const { folder, kaggle } = await setting(t, await temporaryFolder(t), { zip, breaks: [500] });
  const { code, stdout, stderr } = await kaggle('download', '--data-dir', 'raw');
  t.is(code, 0, stderr);
  t.is(stdout, 'Written: raw/digit-recognizer.zip, 66 kB, checked: train.csv.\n');
  t.regex(stderr, /^Downloading digit-recognizer from 127\.0\.0\.1:\d+\.\n/);
  t.regex(stderr, / zip .*66 of 66 kB/);
  t.deepEqual(await filesIn(folder), ['raw/digit-recognizer.zip']);
  t.deepEqual(await readFile(join(folder, 'raw/digit-recognizer.zip')), zip);
});

test('Ctrl-C during a slow download keeps what has come, and the next one goes on with it', async (t) => {
  const folder = await temporaryFolder(t);
  const slow = await setting(t, folder, { zip, breaks: [50_000], hangs: true });
  const running = slow.begin(['download', '--data-dir', 'raw']);
  await running.said(' of 66 kB');
  running.child.kill('SIGTERM');
  const { code, stderr } = await running.ended;
  t.is(code, 143);
  t.regex(stderr, /What has come is kept; go on with: npm run kaggle -- download --data-dir raw\n$/);
  const [part] = await filesIn(folder);
  t.is(part, 'raw/digit-recognizer.zip.part');
  const kept = (await readFile(join(folder, part))).length;
  t.true(kept > 0 && kept <= 50_000, String(kept));

  const fast = await setting(t, folder, { zip });
  t.is((await fast.kaggle('download', '--data-dir', 'raw', '-q')).code, 0);
  t.is(fast.server.asked.at(-1)?.range, `bytes=${kept}-`);
  t.deepEqual(await readFile(join(folder, 'raw/digit-recognizer.zip')), zip);
});

test('without usable credentials nothing is asked', async (t) => {
  const { folder, server, kaggleOf } = await setting(t, await temporaryFolder(t));
  const none = await kaggleOf({}, 'submissions');
  t.is(none.code, 2);
  t.regex(none.stderr, /^Expected credentials for Kaggle, found none\. Make a token at /);
  if (process.platform !== 'win32') {
    const file = join(folder, '.kaggle', 'kaggle.json');
    await mkdir(join(folder, '.kaggle'));
    await writeFile(file, '{"username": "ada", "key": "key-of-the-test"}');
    await chmod(file, 0o644);
    const open = await kaggleOf({}, 'submissions');
    t.is(open.code, 2);
    t.is(
      open.stderr,
      '.kaggle/kaggle.json: expected a file that only you can read, got mode 644. Type: chmod 600 .kaggle/kaggle.json\n',
    );
    t.deepEqual(server.asked, []);
    await chmod(file, 0o600);
    t.is((await kaggleOf({}, 'submissions')).code, 0);
  }
});

test('a competition that is none of Kaggle’s, and rules that were not accepted, are explained', async (t) => {
  const body = JSON.stringify({ message: "You must accept this competition's rules" });
  const { kaggle, folder } = await setting(t, await temporaryFolder(t), { refuse: { status: 403, body } });
  const foreign = await kaggle('download', '--competition', 'synthetic-digits');
  t.deepEqual(
    [foreign.code, foreign.stderr],
    [2, 'Expected a competition of Kaggle, got synthetic-digits, which is not one.\n'],
  );
  const refused = await kaggle('download', '--data-dir', 'raw', '-q');
  t.is(refused.code, 2);
  t.regex(
    refused.stderr,
    /^Kaggle wants its rules accepted first .* Join at https:\/\/www\.kaggle\.com\/competitions\/digit-recognizer\/rules/,
  );
  t.deepEqual(await filesIn(folder), []);
});

/** A project with the data, and a run that has made `swa.csv` with the true labels. */
async function submitted(
  t: ExecutionContext,
  options?: FakeOptions,
): Promise<Setting & { csv: string; data: string[] }> {
  const { folder } = await smallProject(t);
  await withoutReports(folder);
  const labels = (await loadSolution(join(folder, 'digits/solution.csv'), syntheticDigits)).map(({ label }) => label);
  const csv = csvOf(labels);
  const file = join(folder, 'swa.csv');
  await recordRun(runsIn(folder), {
    competition: 'digit-recognizer',
    method: 'swa',
    outOfFold: 980,
    test: null,
    file,
    csv,
  });
  return { ...(await setting(t, folder, options)), csv, data: ['--data-dir', 'digits'] };
}

test('submit --dry-run checks the submission, shows what would be sent, and sends nothing', async (t) => {
  const { kaggle, data, server, folder } = await submitted(t);
  const before = await filesIn(folder);
  const { code, stdout, stderr } = await kaggle('submit', 'swa.csv', ...data, '--dry-run');
  t.is(code, 0, stderr);
  t.regex(stdout, /100 rows, ids and labels as digit-recognizer wants them\.\nNo other submission to compare with\./);
  t.regex(
    stdout,
    /Would be sent to digit-recognizer on 127\.0\.0\.1:\d+: swa\.csv, 506 bytes, "swa, seed 7, out-of-fold 98\.00 %", with those of KAGGLE_API_TOKEN\.\n$/,
  );
  const json = JSON.parse((await kaggle('submit', 'swa.csv', ...data, '--dry-run', '--json', '-m', 'hello')).stdout);
  t.like(json, { message: 'hello', credentials: 'KAGGLE_API_TOKEN', sent: null });
  t.like(json.preflight, { rows: 100, warnings: [] });
  t.deepEqual(server.asked, []);
  t.deepEqual(await filesIn(folder), before);
});

test('submit takes the competition of the submit that made the file, which may be described in a folder', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(
    join(folder, 'plants'),
    published.find(({ name }) => name === 'plant seedlings')!,
  );
  t.is((await runIn(folder, ['data', '--data-dir', 'plants', '-q'])).code, 0);
  const file = join(folder, 'plants/competition.json');
  const page = 'https://www.kaggle.com/competitions/my-plants';
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), page }));
  const small = ['--method', 'plain', '--epochs', '1', '--folds', '2', '--workers', '1', '-q'];
  const trained = await runIn(folder, ['submit', '--data-dir', 'plants', ...small]);
  t.is(trained.code, 0, trained.stderr);
  const { kaggle } = await setting(t, folder);
  const { code, stdout, stderr } = await kaggle('submit', 'submissions/plants/latest/plain.csv', '--dry-run');
  t.is(code, 0, stderr);
  t.regex(stdout, /ids and labels as plants wants them\./);
  t.regex(stdout, /Would be sent to my-plants on /);
  t.regex(stderr, /^Data: plants, since submissions\/plants\/latest\/plain\.csv is of a submit of it\.$/m);
});

test('submit sends the checked bytes; the score that comes later is on the leaderboard', async (t) => {
  const scored = {
    ref: 42,
    date: '2026-01-02T03:04:05Z',
    status: 'COMPLETE',
    publicScore: '0.98742',
    fileName: 'swa.csv',
  };
  const { kaggle, data, server, csv, folder } = await submitted(t, { pages: { 'page=1': [scored] } });
  const { code, stdout, stderr } = await kaggle('submit', 'swa.csv', ...data, '-m', 'first try');
  t.is(code, 0, stderr);
  t.regex(stdout, /\nSent: swa\.csv to digit-recognizer as "first try"\. Successfully submitted to Digit Recognizer\n/);
  t.deepEqual(server.uploaded.map(String), [csv]);
  t.deepEqual(server.submitted, [{ blobFileTokens: 'blob-token', submissionDescription: 'first try' }]);

  const again = await kaggle('submit', 'swa.csv', ...data, '-q');
  t.is(again.code, 2);
  t.regex(again.stderr, /^The same labels were already sent at .*\. Use --yes to send it all the same\.\n$/);
  t.is(server.uploaded.length, 1);

  const listed = await kaggle('submissions');
  t.regex(listed.stdout, / complete +0\.98742 +swa\.csv/);
  t.true(listed.stdout.includes(` ${localTime('2026-01-02T03:04:05Z')} `), listed.stdout);
  const { stdout: board } = await runIn(folder, ['leaderboard']);
  t.regex(board, / 1 +swa .* 98\.742 /);
  for (const file of await filesIn(folder)) {
    t.false((await readFile(join(folder, file), 'latin1')).includes(TOKEN), `a secret was stored in ${file}`);
  }
});

test('a submission with other ids is refused before anything is asked, and warnings are kept from being passed over', async (t) => {
  const { kaggle, data, server, csv, folder } = await submitted(t);
  await writeFile(join(folder, 'short.csv'), csv.slice(0, -6));
  const short = await kaggle('submit', 'short.csv', ...data);
  t.is(short.code, 2);
  t.regex(short.stderr, /^short\.csv: expected the 100 ids of sample_submission\.csv, got 99 rows/);
  await writeFile(join(folder, 'zeros.csv'), csv.replaceAll(/,\d/g, ',0'));
  const zeros = await kaggle('submit', 'zeros.csv', ...data);
  t.is(zeros.code, 2);
  t.regex(zeros.stderr, /^Class 0 has 100\.00 % of the labels/);
  t.regex(zeros.stderr, /Use --yes to send it all the same\.\n$/);
  t.deepEqual(server.asked, []);
  t.is((await kaggle('submit', 'zeros.csv', ...data, '--yes')).code, 0);
  t.is(server.uploaded.length, 1);
});

/** The only file of the ledger whose name ends so. */
async function inLedger(folder: string, ending: '.json' | '.csv'): Promise<Buffer> {
  const name = (await filesIn(folder)).find((file) => file.startsWith('runs/kaggle/') && file.endsWith(ending));
  return readFile(join(folder, name ?? 'none'));
}

const sentIn = async (folder: string): Promise<object> => JSON.parse((await inLedger(folder, '.json')).toString()).sent;

test('a confirmation that cannot be read is recorded as sent, and a person is told to look first', async (t) => {
  const { kaggle, data, folder, csv } = await submitted(t, { confirm: (response) => response.end('<html>') });
  const { code, stdout, stderr } = await kaggle('submit', 'swa.csv', ...data, '-m', 'one');
  t.is(code, 0, stderr);
  t.regex(
    stdout.replaceAll('\n', ' '),
    /Kaggle has taken it, but its confirmation cannot be read \(a web page\)\. Look with "npm run kaggle -- submissions" before you send it again/,
  );
  t.like(await sentIn(folder), { message: 'one', ref: null, answer: 'unreadable' });
  t.is((await inLedger(folder, '.csv')).toString(), csv);
  t.regex((await kaggle('submit', 'swa.csv', ...data)).stderr, /^The same labels were already sent at /);
});

test('an answer that is lost is recorded as unknown, and a refusal as nothing', async (t) => {
  const lost = await submitted(t, { losesAnswer: true });
  const ended = await lost.kaggle('submit', 'swa.csv', ...lost.data, '-m', 'one');
  t.is(ended.code, 2);
  t.regex(ended.stderr, /Look with `npm run kaggle -- submissions` whether it took the submission before/);
  t.like(await sentIn(lost.folder), { message: 'one', ref: null, answer: 'none' });
  t.regex((await lost.kaggle('submit', 'swa.csv', ...lost.data)).stderr, /and no answer came: check with/);

  const confirm: FakeOptions['confirm'] = (response) =>
    void response.writeHead(400).end('{"message": "No more today"}');
  const refused = await submitted(t, { confirm });
  const before = await filesIn(refused.folder);
  const { code, stderr } = await refused.kaggle('submit', 'swa.csv', ...refused.data);
  t.is(code, 2);
  t.regex(stderr, /^Kaggle refuses \(400: No more today\)/);
  t.deepEqual(await filesIn(refused.folder), before);
});

test('a packed submission is sent and kept as it is, and the next one is compared with it', async (t) => {
  const { kaggle, data, folder, csv, server } = await submitted(t);
  const packed = gzipSync(csv);
  await writeFile(join(folder, 'swa.csv.gz'), packed);
  t.is((await kaggle('submit', 'swa.csv.gz', ...data, '-q')).code, 0);
  t.deepEqual(server.uploaded, [packed]);
  t.deepEqual(await inLedger(folder, '.csv'), packed);
  const next = await kaggle('submit', 'swa.csv', ...data, '--dry-run');
  t.is(next.code, 0, next.stderr);
  t.regex(next.stdout, /100\.00 % of the labels are those of runs\/kaggle\//);
});

test('credentials that cannot be used are named while others are', async (t) => {
  const { folder, kaggleOf } = await setting(t, await temporaryFolder(t));
  await mkdir(join(folder, '.kaggle'));
  await writeFile(join(folder, '.kaggle', 'access_token'), 'a b', { mode: 0o600 });
  const { code, stderr } = await kaggleOf({ KAGGLE_USERNAME: 'ada', KAGGLE_KEY: 'key-of-the-test' }, 'submissions');
  t.is(code, 0);
  t.regex(
    stderr,
    /^\.kaggle\/access_token: expected a token without spaces, .* Until then: those of KAGGLE_USERNAME and/,
  );
});

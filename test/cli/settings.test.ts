/** Options that a folder keeps, and hints that repeat those that were typed. */
import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { programVersion } from '../../base/modules.ts';
import { runIn } from './in-process.ts';
import { filesIn, temporaryFolder } from './process.ts';

const keep = (folder: string, settings: unknown, file = '.wide-optima.json'): Promise<void> =>
  writeFile(join(folder, file), typeof settings === 'string' ? settings : JSON.stringify(settings));

test.serial('a folder keeps competition, data and storage; what is typed wins', async (t) => {
  const folder = await temporaryFolder(t);
  await writeSyntheticDigits(join(folder, 'digits'), { train: 200, test: 100 });
  await keep(folder, { competition: 'synthetic-digits', 'data-dir': 'digits', storage: 'kept.db', folds: 2 });
  const words = ['search', '--method', 'plain', '--trials', '1', '--epochs', '1', '--workers', '2'];
  const search = await runIn(folder, words);
  t.is(search.code, 0, search.stderr);
  t.regex(
    search.stderr,
    /^From \.wide-optima\.json: --competition synthetic-digits, --data-dir digits, --folds 2, --storage kept\.db\.$/m,
  );
  t.regex(search.stderr, /on 200 images: 1 trial each, 2 folds × 1 epoch, kept in kept\.db/);
  t.regex(search.stdout, /submit -- --method plain --workers 2 trains with the best/);
  const submit = await runIn(folder, ['submit', '--method', 'plain,sam', '--epochs', '1', '--workers', '2']);
  t.is(submit.code, 0, submit.stderr);
  t.regex(
    submit.stderr,
    /plain parameters: trial 0 of study \S+ \(\d+\.\d\d % out of fold, the best of 1 complete trial\)/,
  );
  t.regex(submit.stderr, /sam {3}parameters: defaults \(kept\.db has no complete trial of sam with digit-cnn on these/);
  // Commands that take the competition from a run find its images in the kept folder, and say so.
  const report = await runIn(folder, ['report', '--storage', 'other.db']);
  t.is(report.code, 0, report.stderr);
  t.regex(report.stderr, /^From \.wide-optima\.json: --data-dir digits\.$/m);
  const files = await filesIn(folder);
  t.true(files.includes('kept.db'));
  t.true(files.some((file) => /runs\/reports\/.*mistakes\.svg$/.test(file)));
  const other = await runIn(folder, ['data', '--competition', 'mnist']);
  t.false(other.stderr.includes('digits'), other.stderr);
  t.regex(other.stderr, /^data\/raw\/mnist: no train-images/m);
});

test.serial('a kept folder without a competition is that of the competition that it describes', async (t) => {
  const folder = await temporaryFolder(t);
  await writeSyntheticDigits(join(folder, 'own'), { train: 200, test: 100 });
  const data = await runIn(folder, ['data', '--data-dir', 'own', '--json']);
  const { competition } = JSON.parse(data.stdout) as { competition: string };
  await keep(folder, { 'wide-optima': { 'data-dir': 'own' } }, 'package.json');
  const kept = await runIn(folder, ['data', '--json']);
  t.regex(kept.stderr, /^From "wide-optima" of package\.json: --data-dir own\.$/m);
  const { competition: found, folder: read } = JSON.parse(kept.stdout) as { competition: string; folder: string };
  t.deepEqual([found, read], [competition, 'own']);
  const other = await runIn(folder, ['data', '--competition', 'mnist', '--json']);
  t.is((JSON.parse(other.stdout) as { folder: string }).folder, 'data/raw/mnist');
  t.false(other.stderr.includes('From '), other.stderr);
});

test.serial(
  'what is kept and does not hold is refused with its place, by commands and not by help and version',
  async (t) => {
    const folder = await temporaryFolder(t);
    const refused: readonly [settings: unknown, sentence: RegExp][] = [
      [{ dataDir: 'x' }, /^Unknown key `dataDir` in \.wide-optima\.json\. Known: \$schema, competition, data-dir, /],
      [{ epochs: 0 }, /^Expected `epochs` in \.wide-optima\.json to be a whole number from 1 to 100000, got "0"\./],
      [{ model: 'foo' }, /^`model` in \.wide-optima\.json: Unknown model "foo"\./],
      [{ competition: 'foo' }, /^`competition` in \.wide-optima\.json: Unknown competition "foo"\./],
      [{ storage: ['a'] }, /^Expected `storage` in \.wide-optima\.json to be a text or a number, got \["a"\]\./],
      [{ storage: 'mysql://x/y' }, /^`storage` in \.wide-optima\.json: /],
      [[], /^Expected \.wide-optima\.json to be an object, got \[\]\./],
      ['{', /^\.wide-optima\.json: expected JSON, got something else/],
    ];
    for (const [settings, sentence] of refused) {
      await keep(folder, settings);
      const { code, stderr } = await runIn(folder, ['leaderboard']);
      t.deepEqual([code, sentence.test(stderr)], [2, true], stderr);
      t.is((await runIn(folder, ['submit', '--help'])).code, 0);
    }
    t.deepEqual(await runIn(folder, ['--version']), { code: 0, stdout: `${programVersion()}\n`, stderr: '' });
    await keep(folder, {});
    await keep(folder, { 'wide-optima': {} }, 'package.json');
    const both = await runIn(folder, ['leaderboard']);
    t.regex(
      both.stderr,
      /^Expected settings in \.wide-optima\.json or in "wide-optima" of package\.json, found both\./,
    );
  },
);

test.serial('the help says what is kept, and shows no password', async (t) => {
  const folder = await temporaryFolder(t);
  await keep(folder, { storage: 'postgres://me:secret@127.0.0.1:1/db', 'data-dir': 'digits' });
  const { stdout } = await runIn(folder, ['search', '--help']);
  const help = stdout.replaceAll(/\s+/g, ' ');
  t.true(help.includes('(default: postgres://me@127.0.0.1:1/db, from .wide-optima.json)'), stdout);
  t.true(help.includes('(default: digits, from .wide-optima.json)'), stdout);
  const { code, stderr } = await runIn(folder, ['study', 'list']);
  t.is(code, 2);
  t.true(stderr.includes('--storage postgres://me@127.0.0.1:1/db'), stderr);
  t.false(stderr.includes('secret'), stderr);
});

test.serial('a hint repeats the options that were typed and that its command has', async (t) => {
  const folder = await temporaryFolder(t);
  const hints: readonly [words: readonly string[], hint: RegExp][] = [
    [['leaderboard', '--competition', 'mnist', '--top', '3'], /run submit -- --competition mnist makes some/],
    [['data', '--competition=mnist', '--data-dir', 'my files'], /run data -- mnist --data-dir 'my files'"/],
    [['report', '--storage', 'other.db'], /run submit -- --storage other\.db\)/],
    [['export', '--run', 'swa'], /run submit -- --method swa$/m],
    [['average', '--workers', '2'], /run submit -- --workers 2\)/],
  ];
  for (const [words, hint] of hints) {
    const { stdout, stderr } = await runIn(folder, words);
    t.regex(stdout + stderr, hint);
  }
});

/** What is typed, and what a folder keeps so that it need not be typed. */
import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programVersion } from '../../base/modules.ts';
import { competitions } from '../../data/competitions/index.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { models } from '../../models/architectures/index.ts';
import { methodNames } from '../../pipeline/methods/index.ts';
import { pruners } from '../../search/pruners/index.ts';
import { samplers } from '../../search/samplers/index.ts';
import { runIn } from './in-process.ts';
import { filesIn, smallProject, temporaryFolder } from './process.ts';

const wrong: readonly [words: string, sentence: string][] = [
  ['search --epochs 0', 'Expected --epochs to be a whole number from 1 to 100000, got "0".'],
  ['search --epochs 1e3', 'Expected --epochs to be a whole number from 1 to 100000, got "1e3".'],
  ['search --folds 1', 'Expected --folds to be a whole number from 2 to 256, got "1".'],
  ['submit --folds 0', 'Expected --folds to be a whole number from 1 to 256, got "0".'],
  ['start --workers x', 'Expected --workers to be a whole number from 1 to 512, got "x".'],
  ['submit --seed -1', 'Expected --seed to be a whole number from 0 to 9007199254740991, got "-1".'],
  ['search --timeout 30', 'Expected --timeout to be a time such as 90s, 30m or 1h30m (at most 596h), got "30".'],
  ['search --timeout 0s', 'Expected --timeout to be a time such as 90s, 30m or 1h30m (at most 596h), got "0s".'],
  ['search --method swa,foo', `Unknown method "foo". Known: ${methodNames.join(', ')}.`],
  ['search --sampler foo', `Unknown sampler "foo". Known: ${Object.keys(samplers).join(', ')}.`],
  ['search --pruner foo', `Unknown pruner "foo". Known: ${Object.keys(pruners).join(', ')}.`],
  ['search --fix momentum', 'Expected --fix as name=value, several separated by commas, got "momentum".'],
  ['search --enqueue [1]', 'Expected --enqueue to be a JSON object of parameters, or a list of such objects, got 1.'],
  [
    'search --space {"momentum":{"kind":"float","low":1}}',
    '--space: Expected `high` of `momentum` to be a finite number, got undefined.',
  ],
  [
    'submit --data-dir /dev/null',
    'Expected --data-dir to be a folder, got "/dev/null", which is a file. Name the folder that contains the files.',
  ],
  ['submit --model foo', `Unknown model "foo". Known: ${['auto', ...Object.keys(models)].toSorted().join(', ')}.`],
  ['data --competition foo', `Unknown competition "foo". Known: ${competitions.map(({ id }) => id).join(', ')}.`],
  ['search --epoch 3', "Unknown option '--epoch'. Did you mean --epochs?"],
  ['serch', "Unknown command 'serch'. Did you mean search?"],
  ['submit --out-dir', "Option '--out-dir <folder>' argument missing. See --help."],
];

test.serial('wrong usage ends with one sentence, exit code 2 and nothing on stdout', async (t) => {
  const folder = await temporaryFolder(t);
  for (const [words, sentence] of wrong) {
    const { code, stdout, stderr } = await runIn(folder, words.split(' '));
    t.deepEqual({ code, stdout, stderr }, { code: 2, stdout: '', stderr: `${sentence}\n` }, words);
  }
  t.deepEqual(await filesIn(folder), []);
});

test('an option that npm has swallowed is explained', async (t) => {
  const { code, stderr } = await runIn(await temporaryFolder(t), ['search', '5']);
  t.is(code, 2);
  t.is(
    stderr,
    'Expected only options after "search", got "5". With npm, options follow --, as in: npm run search -- --trials 5\n',
  );
});

test('a word too many is shown as the value of the option that it was meant for', async (t) => {
  const folder = await temporaryFolder(t);
  for (const [words, got, meant] of [
    ['study copy a b', 'the study, got "b"', 'study -- copy a --name b'],
    ['study copy a b --storage c.db -q', 'the study, got "b"', 'study -- copy a --storage c.db -q --name b'],
    ['study rename a b', 'the study, got "b"', 'study -- rename a --name b'],
    ['runs rename swa best', 'the run, got "best"', 'runs -- rename swa --name best'],
    ['study export a a.csv', 'the study, got "a.csv"', 'study -- export a --out a.csv'],
    ['study export a json', 'the study, got "json"', 'study -- export a --format json'],
    ['study import a.log a', 'the file, got "a"', 'study -- import a.log --name a'],
    ['study list a.db', '"list", got "a.db"', 'study -- list --storage a.db'],
    ['search swa plain', '"search", got "swa" and "plain"', 'search -- --method swa,plain'],
    ['submit resnet-small --epochs 3', '"submit", got "resnet-small"', 'submit -- --epochs 3 --model resnet-small'],
    ['search fashion-mnist', '"search", got "fashion-mnist"', 'search -- --competition fashion-mnist'],
    ['leaderboard mnist', '"leaderboard", got "mnist"', 'leaderboard -- --competition mnist'],
    ['average fge', '"average", got "fge"', 'average -- --run fge'],
    ['export swa', '"export", got "swa"', 'export -- --run swa'],
    ['export onnx', '"export", got "onnx"', 'export -- --format onnx'],
    ['analyze line swa plain', '"line", got "swa" and "plain"', 'analyze -- line --run swa,plain'],
    ['worker swa', '"worker", got "swa"', 'worker -- --study swa'],
    ['data show swa', 'the competition, got "swa"', 'data -- show --run swa'],
    ['kaggle submit a.csv first', 'the file, got "first"', 'kaggle -- submit a.csv --message first'],
    ['experiment swa-budgets mine', '"swa-budgets", got "mine"', 'experiment -- swa-budgets --name mine'],
  ]) {
    const { code, stdout, stderr } = await runIn(folder, words.split(' '));
    const told = `Expected only options after ${got}. Type: npm run ${meant}\n`;
    t.deepEqual({ code, stdout, stderr }, { code: 2, stdout: '', stderr: told }, words);
  }
  const open = await runIn(folder, ['study', 'list', 'postgres://me:S3CRETPW@127.0.0.1:1/db']);
  t.regex(open.stderr, /Type: npm run study -- list --storage \S*postgres:\/\/me@127/);
  t.notRegex(open.stderr, /S3CRETPW/);
});

const unusable: readonly [words: string, sentence: RegExp][] = [
  ['search --competition digit-recognizer --data-dir nowhere', /^nowhere: expected train\.csv .*kaggle\.com/],
  ['submit --competition fashion-mnist --data-dir nowhere', /^nowhere: expected fashion-mnist_train\.csv /],
  [
    'submit --data-dir nowhere',
    /^nowhere: expected a folder with images, found none of that name\. Put the files there/,
  ],
  ['search DATA --folds 201', /train\.csv: expected at least 201 images for 201 folds, got 200\./],
  ['search DATA --storage digits/test.csv', /^digits\/test\.csv is not a study file/],
  ['search DATA --fix rate=1', /^Unknown parameter "rate"\. Known: learningRate, /],
  [
    'search DATA --storage postgres://me:secret@127.0.0.1:1/db',
    /^The server of postgres:\/\/me@127\.0\.0\.1:1\/db does not/,
  ],
  [
    'worker --storage nowhere.db --study swa',
    /^nowhere\.db: expected a file with studies, found none\. Search first \(npm run search -- --storage nowhere\.db\)/,
  ],
  ['search DATA --engine foo', /^Unknown engine "foo"\. Known: simd, wasm, native, /],
  ['submit DATA --engine tfjs --fast-math', /^Option '--fast-math' cannot be used with option '--engine/],
  ['submit DATA --out-dir digits/train.csv', /^digits\/train\.csv: expected a folder, got a file there or above it\. /],
  ['submit DATA --solution nowhere.csv', /^nowhere\.csv: expected a solution file, found none/],
  ['submit DATA --params nowhere.json', /^nowhere\.json: expected "best", "default" or a readable JSON file/],
  ['submit DATA --params digits/train.csv', /^digits\/train\.csv: expected JSON, got something else/],
  ['submit DATA --params best', /^runs\/studies\.db: expected a finished trial of swa on synthetic-digits, found none/],
  ['compare DATA', /^submissions\/synthetic-digits: expected a submit, found none\. Train one: /],
  ['average', /^runs: expected a run, found none\. Train first \(npm run submit\)/],
  ['compare DATA one.csv', /^submissions\/synthetic-digits: expected a submit, found none\. Train one: /],
];

test.serial('unusable input ends with one sentence, exit code 2 and nothing written', async (t) => {
  const { folder, data } = await smallProject(t);
  const before = await filesIn(folder);
  for (const [words, sentence] of unusable) {
    const { code, stdout, stderr } = await runIn(folder, `${words.replace('DATA', data.join(' '))} -q`.split(' '));
    t.regex(stderr, sentence, words);
    t.is(stderr.trimEnd().split('\n').length, 1, words);
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' }, words);
  }
  t.deepEqual(await filesIn(folder), before);
});

test('no message shows a password, and no file is named by one', async (t) => {
  const folder = await temporaryFolder(t);
  for (const words of [
    ['search', '--storage', 'mysql://me:S3CRETPW@h/db'],
    ['search', '--storage=postgres:me:S3CRETPW@h/db', '--json', '--debug'],
    ['worker', '--study', 'swa', '--storage', 'postgres://me:S3 CRETPW@127.0.0.1:1/db'],
    ['study', 'list', '--storage', 'postgresql+psycopg2://me:S3CRETPW@127.0.0.1:1/db', '--debug'],
    ['study', 'show', '--storag=postgres://me:S3CRETPW@h/db'],
    ['report', 'x', '--storage', 'postgres://127.0.0.1:1/db?user=me&password=S3CRETPW'],
    ['search', 'postgres://me:S3CRETPW@h/db'],
  ]) {
    const { code, stdout, stderr } = await runIn(folder, words);
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' }, words.join(' '));
    t.notRegex(stderr, /CRETPW/, words.join(' '));
    t.regex(stderr, /Expected|does not answer|Unknown/, words.join(' '));
  }
  t.deepEqual(await filesIn(folder), []);
});

test('studies in memory are looked for by nobody', async (t) => {
  const folder = await temporaryFolder(t);
  const { code, stderr } = await runIn(folder, ['study', 'list', '--storage', 'sqlite:///:memory:']);
  t.is(code, 2);
  t.regex(stderr, /^Studies in sqlite:\/\/\/:memory: end with the process that makes them: name the file/);
});

for (const command of ['start', 'data', 'search', 'submit', 'compare']) {
  test(`${command} --help shows examples and defaults`, async (t) => {
    const { code, stdout, stderr } = await runIn(await temporaryFolder(t), [command, '--help']);
    t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    t.regex(stdout, /\nExamples:\n {2}npm (run|start)/);
    t.regex(stdout, /--data-dir <folder>[^-]*\(default:\s+data\/raw\/<competition>\)/);
  });
}

// Options that a folder keeps, and hints that repeat those that were typed.

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
  t.regex(report.stderr, /^From \.wide-optima\.json: --data-dir digits for synthetic-digits\.$/m);
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

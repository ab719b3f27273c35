import test from 'ava';
import { competitions } from '../../data/competitions/index.ts';
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
  ['submit DATA --out-dir digits/train.csv', /^digits\/train\.csv: cannot be written/],
  ['submit DATA --solution nowhere.csv', /^nowhere\.csv: expected a solution file, found none/],
  ['submit DATA --params nowhere.json', /^nowhere\.json: expected "best", "default" or a readable JSON file/],
  ['submit DATA --params digits/train.csv', /^digits\/train\.csv: expected JSON, got something else/],
  ['submit DATA --params best', /^runs\/studies\.db: expected a finished trial of swa on synthetic-digits, found none/],
  ['compare DATA', /^submissions\/synthetic-digits\/comparison\.json: expected the comparison of a submit, found/],
  ['average', /^runs: expected a run, found none\. Train first \(npm run submit\)/],
  [
    'compare DATA one.csv',
    /^submissions\/synthetic-digits\/comparison\.json: expected the comparison of a submit, found/,
  ],
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

import test from 'ava';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataLook } from '../../dashboard/server/data.ts';
import { diagnose } from '../../dashboard/server/diagnosis.ts';
import { describedIn } from '../../data/index.ts';
import { listRuns, readRecord } from '../../records/index.ts';
import { idxFiles, someImages, writeFiles } from '../data/image-files.ts';
import { publish, published } from '../data/published.ts';
import { filesIn, run, temporaryFolder, withoutReports } from './process.ts';
import { runIn } from './in-process.ts';

const dataSet = (name: string) => published.find((one) => one.name === name)!;
/** The text of the one submission. */
async function submissionIn(folder: string): Promise<string> {
  const file = (await filesIn(folder)).find((path) => path.startsWith('submissions/') && path.endsWith('plain.csv'));
  return readFile(join(folder, file!), 'utf8');
}

const training = ['--epochs', '1', '--folds', '2', '--workers', '1', '-q'];

test('a folder of images is described, searched, submitted and ranked without a word of its own', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(join(folder, 'plants'), dataSet('plant seedlings'));
  const refused = await runIn(folder, ['submit', '--data-dir', 'plants', ...training]);
  t.is(refused.code, 2);
  t.regex(refused.stderr, /^plants had no description: plants\/competition\.json now has a proposal\. Look at it/);
  const data = await runIn(folder, ['data', '--data-dir', 'plants']);
  t.is(data.code, 0, data.stderr);
  t.regex(data.stdout, /train +12 images/);

  const two = ['--method', 'plain', '--trials', '2'];
  const searched = await runIn(folder, ['search', '--data-dir', 'plants', ...two, ...training]);
  t.is(searched.code, 0, searched.stderr);
  const submitted = await runIn(folder, [
    'submit',
    '--competition',
    'plants/competition.json',
    '--method',
    'plain',
    ...training,
  ]);
  t.is(submitted.code, 0, submitted.stderr);
  const csv = await submissionIn(folder);
  t.regex(csv, /^file,species\nff\.png,(Black-grass|Common Chickweed)\n0a\.png,(Black-grass|Common Chickweed)\n$/);
  const ranked = await runIn(folder, ['leaderboard', '--competition', 'plants', '--json']);
  t.is(JSON.parse(ranked.stdout).competitions[0].submissions.length, 1);
});

test('without test images methods are compared on folds', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(join(folder, 'letters'), dataSet('A-Z handwritten'));
  const data = await runIn(folder, ['data', '--data-dir', 'letters']);
  t.is(data.code, 0, data.stderr);
  t.regex(data.stderr, /\? There are no test images/);
  t.regex(data.stdout, /3 classes are of fewer images than the 5 folds, .*: 0 \(4\), 1 \(4\), 2 \(4\)\./);
  const words = ['submit', '--data-dir', 'letters', '--method', 'plain', ...training].filter((word) => word !== '-q');
  const submitted = await runIn(folder, words);
  t.is(submitted.code, 0, submitted.stderr);
  t.regex(submitted.stderr, /letters has no test images: methods are compared on folds/);
  t.is(await submissionIn(folder), 'id,label\n');
});

test('a competition is searched, compared and ranked by its own metric', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(join(folder, 'digits'), dataSet('optdigits'));
  await runIn(folder, ['data', '--data-dir', 'digits']);
  const path = join(folder, 'digits/competition.json');
  const description = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...description, metric: 'log-loss' }));

  const words = ['--competition', 'digits/competition.json', ...training, '--json'];
  const searched = await runIn(folder, ['search', '--method', 'plain', '--trials', '3', ...words]);
  t.is(searched.code, 0, searched.stderr);
  const { metric, best } = JSON.parse(searched.stdout).methods.plain;
  t.is(metric, 'log-loss');
  const study = await runIn(folder, ['study', 'trials', '--json']);
  const { trials } = JSON.parse(study.stdout);
  t.is(best.value, Math.min(...trials.flatMap(({ value }: { value: number | null }) => value ?? [])));

  const submitted = await runIn(folder, ['submit', '--method', 'plain,ema', ...words]);
  t.is(submitted.code, 0, submitted.stderr);
  const { methods, comparison } = JSON.parse(submitted.stdout);
  t.is(methods.plain.outOfFold.metric.name, 'log-loss');
  t.true(methods.plain.outOfFold.metric.standardError > 0, `${methods.plain.outOfFold.metric.standardError}`);
  t.regex(comparison.sentence, /log loss \d\.\d{4} against \d\.\d{4} on \d+ (test images|out-of-fold predictions)/);
  const ranked = await runIn(folder, ['leaderboard', '--competition', 'digits', '--sort', 'out-of-fold', '--json']);
  const losses = JSON.parse(ranked.stdout).competitions[0].submissions.map(
    ({ run: one }: { run: { outOfFold: { metric: { value: number } } } }) => one.outOfFold.metric.value,
  );
  t.deepEqual(
    losses,
    losses.toSorted((a: number, b: number) => a - b),
  );
  t.is(losses.length, 2);
});

test('a description is written once, and replaced with --force alone', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(join(folder, 'digits'), dataSet('optdigits'));
  const words = ['data', '--data-dir', 'digits', '-q'];
  await runIn(folder, words);
  const file = join(folder, 'digits/competition.json');
  const proposed = await readFile(file, 'utf8');
  const own = proposed.replace('"title": "digits"', '"title": "Own"');
  await writeFile(file, own);
  await runIn(folder, words);
  t.is(await readFile(file, 'utf8'), own);
  await runIn(folder, [...words, '--force']);
  t.is(await readFile(file, 'utf8'), proposed);
});

// Root may write everywhere.
const person = process.getuid?.() === 0 ? test.skip : test;
person('a proposal that cannot be written is shown, and says where it can go', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(join(folder, 'digits'), dataSet('optdigits'));
  await chmod(join(folder, 'digits'), 0o555);
  t.teardown(() => chmod(join(folder, 'digits'), 0o755));
  const { code, stderr } = await runIn(folder, ['data', '--data-dir', 'digits']);
  t.is(code, 2);
  t.regex(stderr, /"title": "digits"/);
  t.regex(
    stderr,
    /digits\/competition\.json: cannot be written \(EACCES\)\. Save the lines above as a competition\.json elsewhere, and give its path after --competition beside --data-dir/,
  );
});

test('the other competitions are one line', async (t) => {
  const folder = await temporaryFolder(t);
  await publish(join(folder, 'plants'), dataSet('plant seedlings'));
  const { stdout } = await runIn(folder, ['data', '--data-dir', 'plants', '-q']);
  t.regex(stdout, /\nOthers \(--competition\): cifar-10, .*, synthetic-digits\.\n$/);
});

test('the competitions of the project are among those that can be named', async (t) => {
  const folder = await temporaryFolder(t);
  for (const [place, name] of [
    ['plants', 'plant seedlings'],
    ['data/raw/written', 'optdigits'],
  ] as const) {
    await publish(join(folder, place), dataSet(name));
    t.is((await runIn(folder, ['data', '--data-dir', place, '-q'])).code, 0);
  }
  await mkdir(join(folder, 'data/raw/damaged'));
  await writeFile(join(folder, 'data/raw/damaged/competition.json'), '{');
  const { stdout } = await runIn(folder, ['data', '--data-dir', 'plants', '-q']);
  t.regex(stdout, /\nOthers \(--competition\): cifar-10, .*, synthetic-digits, damaged, written \(there\)\.\n$/);
  const { code, stderr } = await runIn(folder, ['data', '--competition', 'nosuch']);
  t.is(code, 2);
  t.regex(stderr, /^Unknown competition "nosuch"\. Known: cifar-10, .*, synthetic-digits, damaged, written\.\n$/);
});

test('a broken image is named, or left out and counted', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(join(folder, 'sights'), dataSet('Intel'));
  await writeFile(join(folder, 'sights/seg_train/seg_train/forest/101.jpg'), 'no image');
  const words = ['data', '--data-dir', 'sights'];
  const broken = await runIn(folder, words);
  t.is(broken.code, 2);
  t.regex(
    broken.stderr,
    /sights\/seg_train\/seg_train\/forest\/101\.jpg: this image cannot be read \(.*\)\. Replace it, or/,
  );
  t.regex(broken.stderr, /expected a JPEG, PNG, WebP, GIF, TIFF or BMP, got something else.* Nothing was written; /);
  t.false((await filesIn(folder)).includes('sights/competition.json'));
  const skipped = await runIn(folder, [...words, '--skip-broken']);
  t.regex(skipped.stdout, /\n1 image that cannot be read left out: forest\/101\.jpg\./);
});

test('a broken test image is named as black, by data and submit', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(join(folder, 'plants'), dataSet('plant seedlings'));
  await writeFile(join(folder, 'plants/test/0a.png'), 'no image');
  const { stdout, stderr } = await runIn(folder, ['data', '--data-dir', 'plants', '--skip-broken']);
  const sentence = '1 test image that cannot be read is black: 0a.png.';
  t.true(stdout.includes(`\n${sentence}\n`), `${stdout}${stderr}`);
  // As docs/own-competition.md has it.
  const file = join(folder, 'plants/competition.json');
  const description = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...description, images: { ...description.images, skipBroken: true } }));
  const words = ['submit', '--data-dir', 'plants', '--method', 'plain', ...training].filter((word) => word !== '-q');
  const submitted = await runIn(folder, words);
  t.is(submitted.code, 0, submitted.stderr);
  t.true(submitted.stderr.includes(sentence), submitted.stderr);
});

test('a run without the broken images is looked at with the images that it was trained on', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(join(folder, 'sights'), dataSet('Intel'));
  const dataDir = join(folder, 'sights');
  await runIn(folder, ['data', '--data-dir', 'sights']);
  await writeFile(join(dataDir, 'seg_train/seg_train/forest/101.jpg'), 'no image');
  // Each command in a process of its own, as a person types them: nothing but the run remembers the option.
  const words = ['submit', '--data-dir', 'sights', '--method', 'plain', ...training, '--skip-broken'];
  const submitted = await run(folder, words);
  t.is(submitted.code, 0, submitted.stderr);
  const runsDir = join(folder, 'runs');
  const [trained] = await listRuns(runsDir);
  t.true((await readRecord(trained)).configuration.skipBroken);

  const errors = await run(folder, ['runs', 'errors', 'plain']);
  t.regex(errors.stdout, /wrong out of fold/, errors.stderr);
  t.regex(errors.stdout, /\n image +label .*\n.*\n (buildings|forest|glacier)\/\d+\.jpg /);
  const shown = await run(folder, ['runs', 'show', 'plain']);
  t.notRegex(shown.stdout, /Classes: not shown/);
  t.regex(shown.stdout, /skipBroken true/);
  const report = await run(folder, ['report', 'plain', '--out', 'pages', '--json']);
  t.regex(report.stdout, /confusion\.svg/);

  describedIn(dataDir);
  const look = await dataLook({ id: 'sights', runsDir, dataDir }, () => {});
  t.is(look.notes[0], '1 image that cannot be read left out: forest/101.jpg.');
  const { mistakes } = await diagnose(trained, dataDir);
  t.true(mistakes.length > 0 && mistakes.every(({ id, label }) => id.startsWith(`${label}/`)));

  await rm(join(dataDir, 'seg_train'), { recursive: true });
  const without = await run(folder, ['report', 'plain', '--out', 'pages']);
  t.regex(without.stderr, /\nOut-of-fold predictions: not shown\. .*expected the folder seg_train/);
});

test('a worker on a machine that has never seen the images joins by their folder, also without broken ones', async (t) => {
  const [first, second] = [await temporaryFolder(t), await temporaryFolder(t)];
  await publish(join(first, 'sights'), dataSet('Intel'));
  await runIn(first, ['data', '--data-dir', 'sights']);
  await writeFile(join(first, 'sights/seg_train/seg_train/forest/101.jpg'), 'no image');
  const storage = ['--storage', join(first, 'studies.db')];
  const words = ['--data-dir', 'sights', '--method', 'plain', '--epochs', '1', '--folds', '2', '--skip-broken'];
  const searched = await run(first, ['search', ...words, '--trials', '1', ...storage]);
  t.is(searched.code, 0, searched.stderr);

  await cp(join(first, 'sights'), join(second, 'sights'), { recursive: true });
  const worker = ['worker', ...storage, '--trials', '2', '--workers', '1'];
  t.regex(
    (await run(second, worker)).stderr,
    /made with the competition "sights", which is not known here\. Copy the folder/,
  );
  const broken = await run(second, [...worker, '--data-dir', 'sights']);
  t.regex(broken.stderr, /101\.jpg: this image cannot be read .* with --skip-broken\./);
  const joined = await run(second, [...worker, '--data-dir', 'sights', '--skip-broken']);
  t.is(joined.code, 0, joined.stderr);

  const description = join(second, 'sights/competition.json');
  const views = { ...JSON.parse(await readFile(description, 'utf8')), id: 'views' };
  await writeFile(description, JSON.stringify(views));
  await rm(join(second, 'runs'), { recursive: true });
  const other = await run(second, [...worker, '--data-dir', 'sights', '--skip-broken']);
  t.is(other.code, 2);
  t.regex(other.stderr, /was made with the competition "sights", and sights has "views"\. Copy the competition\.json/);
});

test('known files are recognised in any folder, and named where another competition was meant', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  const shape = { height: 28, width: 28, channels: 1 };
  const images = someImages(10, shape, 10).map(({ pixels }, i) => ({
    pixels,
    label: [9, 0, 0, 3, 0, 2, 7, 2, 5, 5][i],
  }));
  await writeFiles(join(folder, 'x'), { ...idxFiles('train', shape, images), ...idxFiles('t10k', shape, images) });
  const found = await runIn(folder, ['data', '--data-dir', 'x']);
  t.regex(found.stderr, /Data: fashion-mnist, whose files lie in x\./);
  const other = await runIn(folder, ['data', '--data-dir', 'x', '--competition', 'mnist']);
  t.regex(other.stdout, /These look like the files of Fashion-MNIST: --competition fashion-mnist\./);
  const missing = await runIn(folder, ['data', '--data-dir', 'x', '--competition', 'cifar-10']);
  t.regex(missing.stderr, /These look like the files of Fashion-MNIST: --competition fashion-mnist\./);
});

const refusals: readonly (readonly [what: string, change: (text: string) => string, words: RegExp])[] = [
  ['an unknown key', (text) => text.replace('"title"', '"titel"'), /Unknown key|`title` in digits\/competition\.json/],
  [
    'a metric that there is not',
    (text) => text.replace('{', '{"metric":"auc",'),
    /`metric` in .* to be one of accuracy, .*, matthews, got "auc"/,
  ],
  ['a path that leads out', (text) => text.replace('optdigits.tra', '../secret'), /a path inside the data folder/],
  [
    'a missing column',
    (text) => text.replace('"label": 65', '"label": 66'),
    /optdigits\.tra:1: expected at least 66 columns, got 65/,
  ],
  ['another scale', (text) => text.replace('16', '8'), /optdigits\.tra:1: expected pixels from 0 to 8, got "16"/],
  [
    'a class that is not listed',
    (text) => text.replace(/"3"(,?)/, '"9"$1'),
    /optdigits\.tra:4: expected the label to be one of 0, 1, 2, 9, got "3"/,
  ],
  [
    'the id of a known one',
    (text) => text.replace('"id": "digits"', '"id": "mnist"'),
    /to be another one, got "mnist"/,
  ],
  ['no JSON', () => '{', /digits\/competition\.json: expected JSON/],
];

test('bad descriptions are refused in a sentence', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(join(folder, 'digits'), dataSet('optdigits'));
  await runIn(folder, ['data', '--data-dir', 'digits', '-q']);
  const file = join(folder, 'digits/competition.json');
  const proposed = await readFile(file, 'utf8');
  for (const [what, change, words] of refusals) {
    await writeFile(file, change(proposed));
    const { code, stdout, stderr } = await runIn(folder, ['data', '--data-dir', 'digits', '-q']);
    t.deepEqual([code, stdout], [2, ''], what);
    t.regex(stderr, words, what);
    if (what === 'another scale') {
      t.regex(
        stderr,
        /Another description fits the files \(optdigits\.tra: 8 × 8 .*\): ".* --data-dir digits --force" writes/,
      );
    }
  }
});

test('two descriptions with one id are refused, since their runs would be ranked together', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  for (const parent of ['one', 'two']) {
    await publish(join(folder, parent, 'photos'), dataSet('optdigits'));
    await runIn(folder, ['data', '--data-dir', `${parent}/photos`]);
  }
  const submit = (parent: string) =>
    runIn(folder, ['submit', '--data-dir', `${parent}/photos`, '--method', 'plain', ...training]);
  t.is((await submit('one')).code, 0);
  const { code, stderr } = await submit('two');
  t.is(code, 2);
  t.is(
    stderr,
    'Expected `id` in two/photos/competition.json to be another one, got "photos", which ' +
      'one/photos/competition.json has too. Rename one of them: their runs would be ranked together.\n',
  );
  t.is((await submit('one')).code, 0);
});

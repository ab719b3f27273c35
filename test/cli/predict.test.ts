import test, { type ExecutionContext } from 'ava';
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { predict } from '../../index.ts';
import { competitionGround } from '../../data/competition-ground.ts';
import { Changes } from '../../data/adaptation.ts';
import { groundOf } from '../../data/ground.ts';
import { allPixels } from '../../data/images.ts';
import { findCompetition, loadTest } from '../../data/index.ts';
import { readSubmission } from '../../submissions/submission.ts';
import { runIn } from './in-process.ts';
import { filesIn, sharedProject } from './process.ts';

const competition = findCompetition('synthetic-digits');
const { folder, data } = sharedProject();
/** Rows of the test images, and the labels that the run has submitted. */
let rows: Uint8Array[] = [];
let submitted: Uint16Array = new Uint16Array(0);
let id = '';

const image = (row: number) => sharp(rows[row], { raw: { width: 28, height: 28, channels: 1 } }).toColourspace('b-w');
const header = (first: readonly string[]): string =>
  [...first, ...Array.from({ length: 784 }, (_, i) => `pixel${i}`)].join(',');

test.serial.before(async (t) => {
  const words = ['submit', ...data, '--method', 'plain', '--params', 'default', '--epochs', '4', '--folds', '2'];
  const { code, stdout, stderr } = await runIn(folder, [...words, '--json', '-q']);
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  [id] = await readdir(join(folder, 'runs'));
  const { images } = await loadTest(competition, { dataDir: join(folder, 'digits') });
  rows = Array.from({ length: images.count }, (_, i) =>
    Uint8Array.from(allPixels(images).subarray(i * 784, (i + 1) * 784)),
  );
  const { submission } = JSON.parse(stdout).methods.plain;
  submitted = (await readSubmission(join(folder, submission), competition)).labels;
  const pictures = join(folder, 'pictures');
  await mkdir(join(pictures, 'more'), { recursive: true });
  await image(0).png().toFile(join(pictures, '0 as it is.png'));
  await image(1).resize(140, 140, { kernel: 'nearest' }).png().toFile(join(pictures, '1-large.png'));
  await image(2).negate().png().toFile(join(pictures, '2-dark-on-light.png'));
  await image(3)
    .toColourspace('srgb')
    .jpeg({ quality: 100 })
    .toFile(join(pictures, 'more', '3.jpg'));
  const ink = Buffer.alloc(4 * 784);
  rows[4].forEach((value, i) => (ink[4 * i + 3] = value));
  await sharp(ink, { raw: { width: 28, height: 28, channels: 4 } })
    .png()
    .toFile(join(pictures, 'more', '4-ink.png'));
  await writeFile(join(folder, 'broken.png'), 'no image');
  await writeFile(join(folder, 'short.csv'), '1,2,3\n4,5,6\n');
  await writeFile(join(folder, 'texts.csv'), 'a,b\nc,d\n');
  await writeFile(join(folder, 'blank.csv'), '\n');
  await mkdir(join(folder, 'empty'));
});

/** Runs `predict`, which must succeed. @returns what it printed as JSON */
async function json(t: ExecutionContext, words: readonly string[]) {
  const { code, stdout, stderr } = await runIn(folder, ['predict', ...words, '--json', '-q']);
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return JSON.parse(stdout);
}

const labelsOf = (result: { images: { label: string }[] }): number[] => result.images.map(({ label }) => Number(label));

test.serial('the test images of the competition get the labels and the digits of the submission', async (t) => {
  const { images, counts, changes, run: used } = await json(t, ['digits/test.csv']);
  t.is(used, id);
  t.deepEqual(labelsOf({ images }), [...submitted]);
  t.deepEqual(changes, []);
  t.is(images[0].id, '1');
  t.is(
    Object.values<number>(counts).reduce((sum, n) => sum + n, 0),
    100,
  );
  t.is(images[7].probability, images[7].probabilities[images[7].label]);

  const { code } = await runIn(folder, ['predict', 'digits/test.csv', '--output', 'out/all.csv', '-q']);
  t.is(code, 0);
  const lines = (await readFile(join(folder, 'out/all.csv'), 'utf8')).trimEnd().split('\n');
  t.is(lines[0], 'file,id,label,probability,p_0,p_1,p_2,p_3,p_4,p_5,p_6,p_7,p_8,p_9');
  t.is(lines.length, 101);
  t.deepEqual(lines[8].split(',').slice(4).map(Number), images[7].probabilities);

  await json(t, ['digits/test.csv', '--output', 'out/all.json']);
  t.deepEqual(JSON.parse(await readFile(join(folder, 'out/all.json'), 'utf8')).images, images);

  const inCode = await predict({ run: join(folder, 'runs', id), files: [join(folder, 'digits/test.csv')] });
  t.deepEqual([...inCode.images[7].probabilities], images[7].probabilities);
});

test.serial(
  'images of other sizes, colours and polarity are brought to what the network saw, which is said',
  async (t) => {
    const result = await json(t, ['pictures']);
    t.deepEqual(
      result.images.map(({ file }: { file: string }) => file),
      ['0 as it is.png', '1-large.png', '2-dark-on-light.png', 'more/3.jpg', 'more/4-ink.png'].map(
        (n) => `pictures/${n}`,
      ),
    );
    t.deepEqual(labelsOf(result).slice(0, 3), [...submitted.subarray(0, 3)]);
    const [exact] = (await json(t, ['digits/test.csv'])).images.slice(2);
    // 255 − (255 − x) = x, and enlarging by a whole number and shrinking again gives the image back.
    t.deepEqual(result.images[2].probabilities, exact.probabilities);
    t.deepEqual(
      result.changes.map(({ kind, images }: { kind: string; images: number }) => `${images} ${kind}`).toSorted(),
      ['1 laid', '1 resized', '2 greyed', '2 inverted'],
    );
    const { stdout } = await runIn(folder, ['predict', 'pictures', '-q']);
    t.regex(stdout, /\n1 image of 140 × 140 pixels was resized to 28 × 28/);
    t.regex(stdout, /\n2 images dark on light were inverted: the network saw light on dark\./);
    const untouched = await json(t, ['pictures', '--invert', 'no']);
    t.false(JSON.stringify(untouched.changes).includes('inverted'));
    t.notDeepEqual(untouched.images[2].probabilities, exact.probabilities);
  },
);

test.serial('tables of any layout are understood, and ids stay texts', async (t) => {
  const line = (row: number, first: readonly string[] = []): string => [...first, ...rows[row]].join(',');
  const tables: Readonly<Record<string, readonly [text: string, ids: readonly string[]]>> = {
    'one.csv': [`${line(0)}\n`, ['1']],
    'ids.csv': [`${header(['id'])}\n${line(0, ['007'])}\n${line(1, ['=1+1'])}\n`, ['007', '=1+1']],
    'labels.csv': [`${header(['label'])}\n${line(0, ['3'])}\n${line(1, ['4'])}\n`, ['1', '2']],
    'first.csv': [`${line(0, ['0042'])}\n${line(1, ['0043'])}\n`, ['0042', '0043']],
    'shares.tsv': [[0, 1].map((row) => Array.from(rows[row], (x) => x / 255).join('\t')).join('\n'), ['1', '2']],
  };
  for (const [name, [text, ids]] of Object.entries(tables)) {
    await writeFile(join(folder, name), text);
    const result = await json(t, [name]);
    t.deepEqual(labelsOf(result), [...submitted.subarray(0, ids.length)], name);
    t.deepEqual(
      result.images.map((one: { id: string }) => one.id),
      ids,
      name,
    );
  }
});

test.serial('broken files are named, or left out and listed', async (t) => {
  const { images, skipped } = await json(t, ['broken.png', 'pictures', '--skip-broken']);
  t.is(images.length, 5);
  t.deepEqual(skipped, ['broken.png']);
});

test.serial('thousands of files go through in batches and keep their order', async (t) => {
  await mkdir(join(folder, 'many'));
  const contents = await Promise.all([0, 1, 2].map((row) => image(row).png().toBuffer()));
  await Promise.all(
    Array.from({ length: 600 }, (_, i) =>
      writeFile(join(folder, 'many', `${String(i).padStart(4, '0')}.png`), contents[i % 3]),
    ),
  );
  const result = await json(t, ['many']);
  t.deepEqual(
    labelsOf(result),
    Array.from({ length: 600 }, (_, i) => submitted[i % 3]),
  );
});

test.serial('without a name the newest run that keeps its weights is taken, and said', async (t) => {
  const newer = `29990101T000000Z-synthetic-digits-plain-00000000`;
  await cp(join(folder, 'runs', id), join(folder, 'runs', newer), { recursive: true });
  await truncate(join(folder, 'runs', newer, 'solutions.f32'), 8);
  const { code, stderr } = await runIn(folder, ['predict', 'pictures']);
  t.is(code, 0);
  t.true(stderr.includes(`Run: plain-${id.slice(-8)}, the newest that keeps its weights.`), stderr);
  const named = await runIn(folder, ['predict', 'pictures', '--run', newer, '-q']);
  t.is(named.code, 2);
  t.regex(named.stderr, /^runs\/.*solutions\.f32: expected \d+ bytes as record\.json says, got 8\. Take the run from/);
  await rm(join(folder, 'runs', newer, 'solutions.f32'));
  const gone = await runIn(folder, ['predict', 'pictures', '--run', newer, '-q']);
  t.regex(
    gone.stderr,
    /^runs\/.*solutions\.f32: expected \d+ bytes as record\.json says, got no file that can be read\. Take the run/,
  );
  await rm(join(folder, 'runs', newer), { recursive: true });
});

const unusable: readonly [words: string, sentence: RegExp][] = [
  ['empty', /^empty: expected a folder with images \(JPEG, .*\), found none\./],
  ['digits', /^digits: expected a folder with images .*, it has tables, which are named one by one: digits\//],
  ['nowhere', /^nowhere: expected an image, a table of images or a folder, found nothing of that name\./],
  ['nowhere.csv', /^nowhere\.csv: expected an image, /],
  ['broken.png', /^broken\.png: this image cannot be read \(.*\)\. Replace it, or .* --skip-broken\./],
  ['broken.png --skip-broken', /^Expected images that can be read, got none: 1 file could not be\./],
  ['short.csv', /^short\.csv: expected images of 28 × 28, so 784 pixels in a row, .* got 3 columns\./],
  ['blank.csv', /^blank\.csv: expected images of 28 × 28, .* got an empty file\. Name a table of such images/],
  ['texts.csv', /^texts\.csv: expected images of 28 × 28, .* got 2 columns, some of them texts\./],
  ['pictures --output digits/test.csv', /^digits\/test\.csv: expected no such file, found one\./],
  ['pictures --output labels.txt', /^Expected --output to end with \.csv or \.json, got "labels\.txt"\./],
  ['pictures --invert maybe', /^Unknown inversion "maybe"\. Known: auto, yes, no\./],
  ['pictures --competition mnist', /^runs: expected a run of mnist that keeps its weights, found none\. Train one/],
  ['', /^Missing required argument 'files'\. See --help\./],
];

test.serial('unusable input ends with one sentence, exit code 2 and nothing written', async (t) => {
  const before = await filesIn(folder);
  for (const [words, sentence] of unusable) {
    const { code, stdout, stderr } = await runIn(folder, `predict ${words} -q`.replace('  ', ' ').split(' '));
    t.regex(stderr, sentence, words);
    t.is(stderr.trimEnd().split('\n').length, 1, words);
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' }, words);
  }
  t.deepEqual(await filesIn(folder), before);
});

test('images of several sizes are told by one of these', (t) => {
  const adaptation = new Changes({
    shape: { height: 28, width: 28, channels: 1 },
    fit: 'pad',
    ground: null,
    invert: 'auto',
  });
  adaptation.resized({ height: 40, width: 30, channels: 1 });
  adaptation.resized({ height: 9, width: 9, channels: 1 });
  t.is(
    adaptation.list()[0].sentence,
    '2 images of 30 × 40 pixels and other sizes were resized to 28 × 28 (other proportions: with black borders).',
  );
});

test('the ground of an image is what three quarters of its border are', (t) => {
  const shape = { height: 4, width: 4, channels: 1 };
  const border = (light: number): Uint8Array => {
    const places = [0, 1, 2, 3, 4, 7, 8, 11, 12, 13, 14, 15];
    const pixels = new Uint8Array(16);
    for (const place of places.slice(0, light)) pixels[place] = 128;
    return pixels;
  };
  t.deepEqual(
    [0, 3, 4, 8, 9, 12].map((light) => groundOf(border(light), shape)),
    ['dark', 'dark', null, null, 'light', 'light'],
  );
  t.is(groundOf(Uint8Array.of(200), { height: 1, width: 1, channels: 1 }), 'light');
});

test('where no description says it, the training images tell the ground', async (t) => {
  const silent = { ...competition, form: undefined };
  t.is(await competitionGround(silent, join(folder, 'digits')), 'dark');
  t.is(await competitionGround(silent, join(folder, 'empty')), null);
  t.is(await competitionGround(competition, join(folder, 'empty')), 'dark');
});

import test from 'ava';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'bmp-ts';
import sharp from 'sharp';
import { decodeImage } from '../../data/decode-image.ts';
import { resample } from '../../data/resample.ts';
import { competitionOf } from '../../data/described.ts';
import { descriptionSchema, type WrittenDescription } from '../../data/description.ts';
import { random } from '../../numerics/random.ts';
import { loadTest, loadTrain, loadTrainWithIds } from '../../data/load.ts';
import { lookAtData } from '../../data/look-at-data.ts';
import { repeatedIds } from '../../data/oddities.ts';
import { propose } from '../../data/propose/index.ts';
import { loadSampleSubmission } from '../../data/solution.ts';
import { checkSample, submissionCsv } from '../../submissions/submission.ts';
import { tarOf, writeFiles } from './image-files.ts';
import { picture, published } from './published.ts';
import { sevenZipOf } from './seven-zip.ts';
import { temporaryFolder } from './tiny.ts';
import { zipOf } from './zip.ts';
import { allPixels } from '../../data/images.ts';

const grey = (height: number, width: number) => ({ height, width, channels: 1 });

test('a smaller image is the mean of areas, and other proportions are cut, framed or stretched', (t) => {
  const square = Uint8Array.of(0, 4, 8, 12, 0, 4, 8, 12, 100, 100, 20, 20, 100, 100, 20, 20);
  t.deepEqual([...resample(square, grey(4, 4), grey(2, 2), 'stretch')], [2, 10, 100, 20]);
  const wide = Uint8Array.of(9, 10, 20, 9, 9, 30, 40, 9);
  t.deepEqual([...resample(wide, grey(2, 4), grey(2, 2), 'crop')], [10, 20, 30, 40]);
  t.deepEqual([...resample(wide, grey(2, 4), grey(2, 2), 'stretch')], [10, 15, 20, 25]);
  // Two rows of paper above and below would be half a row each here.
  t.deepEqual([...resample(Uint8Array.of(40, 80), grey(1, 2), grey(2, 2), 'pad')], [20, 40, 20, 40]);
  t.deepEqual([...resample(Uint8Array.of(0, 100), grey(1, 2), grey(1, 4), 'stretch')], [0, 0, 100, 100]);
});

test('every format is decoded, turned as its camera says, and made grey or coloured', async (t) => {
  const pixels = Buffer.from([250, 0, 0, 0, 0, 250]);
  const raw = sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } });
  const shape = { height: 1, width: 2, channels: 3 };
  for (const format of ['png', 'webp', 'tiff'] as const) {
    const options = { webp: { lossless: true }, tiff: { compression: 'lzw' }, png: {} }[format];
    const file = await raw.clone().toFormat(format, options).toBuffer();
    t.deepEqual([...(await decodeImage(file, shape, 'stretch'))], [...pixels], format);
  }
  const { data } = encode({ data: Buffer.from([255, 0, 0, 250, 255, 250, 0, 0]), width: 2, height: 1 });
  t.deepEqual([...(await decodeImage(Buffer.from(data), shape, 'stretch'))], [...pixels], 'bmp');
  const turned = await raw.clone().png().withMetadata({ orientation: 6 }).toBuffer();
  t.deepEqual([...(await decodeImage(turned, { height: 2, width: 1, channels: 3 }, 'stretch'))], [...pixels]);
  const inGrey = await decodeImage(await raw.clone().png().toBuffer(), grey(1, 2), 'stretch');
  t.is(inGrey.length, 2);
  await t.throwsAsync(decodeImage(Buffer.from('BM no image'), shape, 'stretch'), { message: /its size cannot be/ });
});

test('a folder for each class is read alike from the folder and from every archive of it', async (t) => {
  const dataDir = await temporaryFolder(t);
  const entries = await Promise.all(
    ['b/2.png', 'a/1.png', 'a/3.png'].map(async (name, i) => ({
      name: `train/${name}`,
      content: await picture(i, 8, 8, 'png'),
    })),
  );
  await writeFiles(join(dataDir, 'plain'), Object.fromEntries(entries.map(({ name, content }) => [name, content])));
  await writeFiles(dataDir, {
    'zip/all.zip': zipOf(...entries),
    'tar/train.tar': tarOf(...entries),
    'tgz/other.tar.gz': gzipSync(tarOf(...entries)),
    '7z/train.7z': sevenZipOf(...entries),
  });
  const read = async (folder: string) => {
    const { description } = await propose(join(dataDir, folder));
    const competition = competitionOf(descriptionSchema.parse(description), join(dataDir, folder));
    const train = await loadTrain(competition);
    return { pixels: [...allPixels(train)], labels: [...train.labels], shape: competition.shape };
  };
  const plain = await read('plain');
  t.deepEqual(plain.labels, [0, 0, 1]);
  for (const folder of ['zip', 'tar', 'tgz', '7z']) t.deepEqual(await read(folder), plain, folder);
});

test('tables, IDX files and arrays are read alike from a folder and from every archive, .gz within too', async (t) => {
  const dataDir = await temporaryFolder(t);
  for (const name of ['Kannada-MNIST', 'KMNIST', 'EMNIST letters', 'optdigits']) {
    const files = Object.entries(await published.find((one) => one.name === name)!.files());
    const entries = files.map(([file, content]) => ({ name: file, content: Buffer.from(content) }));
    const ways: Record<string, Record<string, Buffer>> = {
      plain: Object.fromEntries(entries.map((entry) => [entry.name, entry.content])),
      zip: { 'all.zip': zipOf(...entries) },
      tar: { 'all.tar': tarOf(...entries) },
      tgz: { 'all.tar.gz': gzipSync(tarOf(...entries)) },
      '7z': { 'all.7z': sevenZipOf(...entries) },
      gz: {
        'all.tar': tarOf(
          ...entries.map((entry) => ({
            name: `${entry.name.replace(/\.gz$/, '')}.gz`,
            content: entry.name.endsWith('.gz') ? entry.content : gzipSync(entry.content),
          })),
        ),
      },
    };
    const found = [];
    for (const [way, written] of Object.entries(ways)) {
      const folder = join(dataDir, name, way, 'x');
      await writeFiles(folder, written);
      const { description } = await propose(folder);
      const competition = competitionOf(descriptionSchema.parse(description), folder);
      const { images, ids } = await loadTest(competition);
      const train = await loadTrain(competition);
      found.push({
        description,
        images: [...allPixels(images)],
        ids,
        pixels: [...allPixels(train)],
        labels: [...train.labels],
      });
    }
    for (const one of found) t.deepEqual(one, found[0], name);
  }
});

const described = (more: Partial<WrittenDescription>, directory: string) =>
  competitionOf(
    descriptionSchema.parse({
      id: 'x',
      title: 'X',
      shape: { height: 1, width: 2, channels: 1 },
      classes: ['no', 'yes'],
      train: { format: 'table', file: 'a.csv', label: 'y', pixels: 'others' },
      ...more,
    }),
    directory,
  );

test('quotes, semicolons, a mark of UTF-8, spaces and other spellings of labels are read as they are meant', async (t) => {
  const directory = await temporaryFolder(t);
  await writeFile(join(directory, 'a.csv'), '\uFEFF"p 1";y;p2\r\n"10";"no"; 20 \r\n\r\n0;yes;"255"');
  const table = { format: 'table', file: 'a.csv', label: 'y', pixels: 'others', delimiter: ';' } as const;
  const quotedImages = await loadTrain(described({ train: table }, directory));
  t.deepEqual(
    [[...allPixels(quotedImages)], [...quotedImages.labels]],
    [
      [10, 20, 0, 255],
      [0, 1],
    ],
  );

  await writeFile(join(directory, 'b.txt'), '  -1.0   0.5 1e0 1\n 1 -0.999 .0 2.0');
  const spaces = { format: 'table', file: 'b.txt', header: false, delimiter: ' ', label: 4 } as const;
  const train = { ...spaces, pixels: { from: 2, to: 3 }, scale: [-1, 1] as [number, number] };
  const real = await loadTrain(described({ train, labels: ['1', '2'] }, directory));
  t.deepEqual(
    [[...allPixels(real)], [...real.labels]],
    [
      [191, 255, 0, 128],
      [0, 1],
    ],
  );
});

test('ids of any form follow the sample submission, and a sample of other images is named', async (t) => {
  const directory = await temporaryFolder(t);
  await writeFile(join(directory, 'a.csv'), 'p,q,y\n1,2,no\n3,4,yes\n');
  await writeFile(join(directory, 'b.csv'), 'name,p,q\n007,1,2\n"a, b",3,4\n');
  const test2 = { format: 'table', file: 'b.csv', id: 'name', pixels: 'others' } as const;
  const { ids, labels } = await loadTest(described({ test: test2 }, directory));
  t.deepEqual([ids, labels], [['007', 'a, b'], null]);
  const competition = described({ test: test2, sampleSubmission: 's.csv' }, directory);
  await writeFile(join(directory, 's.csv'), 'id,label\n"a, b",no\n007,no\n');
  const sample = (await loadSampleSubmission(competition))!;
  const order = checkSample(competition, ids, sample);
  t.is(
    submissionCsv(competition, { ids, labels: Uint16Array.of(0, 1) }, { rows: order, columns: null }),
    'id,label\n"a, b",yes\n007,no\n',
  );
  t.throws(() => checkSample(competition, ids, ['7', '007']), {
    message: /s\.csv in .*: expected the ids of the 2 test images, 007 … a, b, got id 7 in row 1\./,
  });
  t.throws(() => checkSample(competition, [...ids, 'c', 'd'], ['a, b', '007']), {
    message: /s\.csv in .*: 2 of the 4 test images are not in the sample submission, the first one c\. Complete it, or/,
  });
});

test('a test table with an id twice is refused with both lines, and so is one that was read for training before', async (t) => {
  const directory = await temporaryFolder(t);
  await writeFile(join(directory, 'a.csv'), 'name,p,q,y\n7,1,2,no\n8,3,4,yes\n\n7,5,6,no\n');
  const table = { format: 'table', file: 'a.csv', id: 'name', label: 'y', pixels: 'others' } as const;
  const competition = described({ train: table, test: table }, directory);
  const options = { cacheDir: join(directory, 'cache') };
  const { ids } = await loadTrainWithIds(competition, options);
  t.deepEqual(ids, ['7', '8', '7']);
  await t.throwsAsync(loadTest(competition, options), {
    message: /a\.csv:5: expected every id once, got "7" as on line 2\. Correct that line/,
  });
  t.is(
    repeatedIds(ids!),
    '1 id of several training images, such as "7" of the images 1 and 3: tables of out-of-fold predictions cannot ' +
      'tell these apart. Correct the ids, or leave `id` of `train` out of the description.',
  );
  t.is(repeatedIds(['7', '8']), null);
  t.deepEqual((await lookAtData(described({ train: table }, directory))).notes.slice(0, 1), [repeatedIds(ids!)]);
});

test('the label of a table without a header is told from pixels that are noise, and the guess is said', async (t) => {
  const folder = await temporaryFolder(t);
  const stream = random(1, 0, 'noise');
  const row = (i: number): string => [i % 3, ...Array.from({ length: 64 }, () => stream.integer(17))].join(',');
  await writeFile(join(folder, 'train.csv'), Array.from({ length: 60 }, (_, i) => row(i)).join('\n'));
  const { understood, unclear } = await propose(folder);
  t.regex(understood.join('\n'), /3 classes in column 1\./);
  t.regex(unclear.join('\n'), /both its first and its last column may be the label: column 1 was taken/);
});

test('folders behind links are proposed and read as folders are', async (t) => {
  const parent = await temporaryFolder(t);
  const real = ['elsewhere/train/a/1.png', 'elsewhere/b/2.png', 'elsewhere/test/3.png'];
  for (const [i, path] of real.entries()) await writeFiles(parent, { [path]: await picture(i, 8, 8, 'png') });
  await mkdir(join(parent, 'data'));
  await symlink('../b', join(parent, 'elsewhere/train/b'));
  for (const name of ['train', 'test']) await symlink(`../elsewhere/${name}`, join(parent, 'data', name));
  const { description, understood } = await propose(join(parent, 'data'));
  t.deepEqual(understood.slice(0, 2), ['train: a folder for each of 2 classes, 2 images.', 'test: the test images.']);
  const competition = competitionOf(descriptionSchema.parse(description), join(parent, 'data'));
  const { images, ids } = await loadTrainWithIds(competition, {});
  t.deepEqual(
    [ids, [...images.labels]],
    [
      ['a/1.png', 'b/2.png'],
      [0, 1],
    ],
  );
  t.is((await loadTest(competition)).images.count, 1);
});

const paths = Array.from({ length: 40 }, (_, i) => `train/${'ab'[i % 2]}/${i}.png`);

test('images of 16 bits with low values alone, and pictures in the transparency alone, are said', async (t) => {
  const size = { width: 8, height: 8 };
  const deep = (top: number): Promise<Buffer> =>
    sharp(
      Uint16Array.from({ length: 64 }, (_, i) => Math.round((i * top) / 63)),
      { raw: { ...size, channels: 1 } },
    )
      .toColourspace('grey16')
      .png()
      .toBuffer();
  const transparent = (opacity: (i: number) => number): Promise<Buffer> =>
    sharp(
      Uint8Array.from({ length: 256 }, (_, i) => (i % 4 === 3 ? opacity(i) : 0)),
      { raw: { ...size, channels: 4 } },
    )
      .png()
      .toBuffer();
  for (const [image, sentences] of [
    [
      await deep(1020),
      [
        'Images of 16 bits, such as train/a/0.png, have no value above 1,020 of 65,535. They are rounded to 8 bits, ' +
          'so the images become dark: their brightest pixel is 4 of 255. Stretch their values to 0 … 65,535, or save the images with 8 bits.',
      ],
    ],
    [await deep(60_000), []],
    [
      await transparent((i) => i),
      [
        '40 of the 40 images that were looked at, such as train/a/0.png, have one colour, and their picture is in the ' +
          'transparency. Transparency is dropped, so they become blank. Save them on a ground of another colour.',
      ],
    ],
    [await transparent(() => 255), []],
  ] as const) {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, Object.fromEntries(paths.map((path) => [path, image])));
    const { description, unclear } = await propose(folder);
    t.deepEqual(unclear.slice(0, -1), [...sentences]);
    const train = await loadTrain(competitionOf(descriptionSchema.parse(description), folder));
    const brightest = Math.max(...allPixels(train));
    if (sentences[0]) t.is(brightest, sentences[0].includes('16 bits') ? 4 : 0);
  }
});

test('one tiny image does not decide the size of all, and is named', async (t) => {
  const folder = await temporaryFolder(t);
  const image = await picture(1, 48, 48, 'png');
  await writeFiles(folder, Object.fromEntries(paths.map((path) => [path, image])));
  await writeFiles(folder, { [paths[6]]: await picture(2, 12, 10, 'png') });
  const { description, understood, unclear } = await propose(folder);
  t.deepEqual(description?.shape, { height: 48, width: 48, channels: 3 });
  t.regex(understood.join('\n'), /Images of 1[02] … 48 × 1[02] … 48, in colour, made 48 × 48 \(crop\)\./);
  t.regex(
    unclear[0],
    /^train\/a\/6\.png has 1[02] × 1[02] pixels, and the others have 48 × 48: it is enlarged\. Replace it by a larger one, or remove it\.$/,
  );

  // More of them are meant.
  const small = await picture(2, 12, 12, 'png');
  await writeFiles(folder, Object.fromEntries(paths.slice(0, 4).map((path) => [path, small])));
  const several = await propose(folder);
  t.is(several.description?.shape.height, 10);
  t.is(several.unclear.length, 1);
});

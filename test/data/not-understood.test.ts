import test from 'ava';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { competitionOf } from '../../data/described.ts';
import { descriptionSchema } from '../../data/description.ts';
import { loadTrain } from '../../data/load.ts';
import { filesOfRows } from '../../data/formats/image-names.ts';
import { findNewImages } from '../../data/new-images.ts';
import { propose } from '../../data/propose/index.ts';
import { csvOf, pngOf, tarOf, writeFiles } from './image-files.ts';
import { npy } from './published.ts';
import { temporaryFolder } from './tiny.ts';
import { zipOf } from './zip.ts';
import type { LabelledImages } from '../../data/images.ts';
import { oddities } from '../../data/oddities.ts';

const pixels = Array.from({ length: 16 }, (_, i) => `pixel${i}`);
/** @param label of each row */
const rowsOf = (labels: readonly (number | string)[]): (number | string)[][] =>
  labels.map((label, i) => [label, ...pixels.map((_, k) => (7 * i + 11 * k) % 256)]);
const labels = Array.from({ length: 40 }, (_, i) => i % 3);

test('a row of a table that is wrong is named with its line, and the rest is understood', async (t) => {
  const short = rowsOf(labels);
  short[5].pop();
  const text = rowsOf(labels);
  text[5][3] = 'x';
  for (const [rows, sentence] of [
    [short, /train\.csv:7: expected 17 columns as in the first line, got 16\. Correct that line\./],
    [text, /train\.csv:7: expected a number in column pixel2, got "x"\. Correct that line\./],
  ] as const) {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'train.csv'), csvOf(['label', ...pixels], rows));
    const { description, unclear } = await propose(folder);
    t.regex(unclear.join('\n'), sentence);
    t.deepEqual(description?.classes, ['0', '1', '2']);
    const competition = competitionOf(descriptionSchema.parse(description), folder);
    await t.throwsAsync(loadTrain(competition), { message: /train\.csv:7: expected / });
  }
});

test('real targets are refused, and numbers that are no classes are doubted', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'train.csv'), csvOf(['target', ...pixels], rowsOf(labels.map((label) => label + 0.5))));
  const real = await propose(folder);
  t.is(real.description, null);
  t.regex(real.unclear.join('\n'), /Column target of train\.csv holds real numbers, such as \d\.5: a quantity/);

  await writeFile(join(folder, 'train.csv'), csvOf(['target', ...pixels], rowsOf(labels.map((_, i) => 1000 + 37 * i))));
  const counted = await propose(folder);
  t.is(counted.description?.classes.length, 40);
  t.regex(counted.unclear.join('\n'), /Column target of train\.csv has another number in almost every row: each of 40/);
});

test('a text that stands for a missing label is a class, and doubted', async (t) => {
  for (const text of ['NaN', 'n/a', 'None', 'NULL']) {
    const folder = await temporaryFolder(t);
    const texts = labels.map((label, i) => (i === 5 ? text : label));
    await writeFile(join(folder, 'train.csv'), csvOf(['label', ...pixels], rowsOf(texts)));
    const { description, unclear } = await propose(folder);
    t.deepEqual(description?.classes, ['0', '1', '2', text]);
    t.is(
      unclear[0],
      `Column label of train.csv holds "${text}" in line 7: it was taken for a class. ` +
        'If it stands for a missing label, fill it in, or remove such rows.',
    );
  }
});

/** Values of pixels, and one of another in the fifth image. */
const scales: readonly (readonly [
  what: string,
  value: (i: number) => number | string,
  stray: number,
  scale: number[],
])[] = [
  ['bytes', (i) => (37 * i) % 256, 999, [0, 255]],
  ['bytes and a negative one', (i) => (37 * i) % 256, -3, [0, 255]],
  ['four bits', (i) => (37 * i) % 16, 999, [0, 15]],
  ['digits of scikit-learn', (i) => (37 * i) % 17, 2550, [0, 16]],
  ['fractions', (i) => ((37 * i) % 256) / 256, 200, [0, 1]],
  ['fractions from −1', (i) => ((37 * i) % 256) / 128 - 1, 255, [-1, 1]],
];

test('a few values outside of the scale of all others are said, and refused by their line', async (t) => {
  for (const [what, value, stray, scale] of scales) {
    const rows = labels.map((label, i) => [
      label,
      ...pixels.map((_, k) => (i === 4 && k === 3 ? stray : value(16 * i + k))),
    ]);
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'train.csv'), csvOf(['label', ...pixels], rows));
    const all = [Math.min(stray, scale[0]), Math.max(stray, scale[1])];
    const { description, understood, unclear } = await propose(folder);
    t.regex(understood[0], new RegExp(`values ${scale.join(' … ')}, 3 classes`), what);
    const place = `${displayPath(join(folder, 'train.csv'))}:6, column pixel3`;
    t.is(
      unclear[0],
      `1 of 640 values lies outside ${scale.join(' … ')}, first ${stray} in ${place}. ` +
        `Correct it, or write "scale": [${all.join(', ')}] if such values are meant.`,
      what,
    );
    const competition = competitionOf(descriptionSchema.parse(description), folder);
    await t.throwsAsync(loadTrain(competition), {
      message: new RegExp(`train\\.csv:6: expected pixels from ${scale.join(' to ')}, got "${stray}" in column 5\\.`),
    });
  }
});

test('a few values outside of the scale of all others are said of arrays', async (t) => {
  const folder = await temporaryFolder(t);
  const values = Array.from({ length: 40 * 16 }, (_, i) => (i === 70 ? -500 : ((37 * i) % 256) / 255));
  await writeFiles(folder, {
    'x.npz': zipOf(
      { name: 'train_images.npy', content: npy([40, 4, 4], values, '>f8') },
      { name: 'train_labels.npy', content: npy([40], labels) },
    ),
  });
  const { unclear } = await propose(folder);
  t.is(
    unclear[0],
    '1 of 640 values lies outside 0 … 1, first -500 in image 5 of x.npz (train_images). ' +
      'Correct it, or write "scale": [-500, 1] if such values are meant.',
  );
});

test('values that go a little beyond a scale, or of which many do, have a scale of their own', async (t) => {
  const byte = (i: number): number => (37 * i) % 256;
  for (const [what, value, scale] of [
    ['resampled', (i: number) => (i === 70 ? 1.02 : byte(i) / 256), '0 … 1.02'],
    ['twelve bits', (i: number) => (i % 50 === 0 ? 4095 : byte(i)), '0 … 4095'],
  ] as const) {
    const folder = await temporaryFolder(t);
    const rows = labels.map((label, i) => [label, ...pixels.map((_, k) => value(16 * i + k))]);
    await writeFile(join(folder, 'train.csv'), csvOf(['label', ...pixels], rows));
    const { understood, unclear } = await propose(folder);
    t.true(understood[0].includes(`values ${scale}, 3 classes`), `${what}: ${understood[0]}`);
    t.is(unclear.length, 1);
  }
});

test('tables of mixed columns are said to be what they are', async (t) => {
  const folder = await temporaryFolder(t);
  const rows = labels.map((label, i) => [label, i, `name ${i}`, i % 2 ? 'male' : 'female', i / 2]);
  await writeFile(join(folder, 'train.csv'), csvOf(['Survived', 'PassengerId', 'Name', 'Sex', 'Fare'], rows));
  const { description, unclear } = await propose(folder);
  t.is(description, null);
  t.regex(unclear.join('\n'), /train\.csv has 2 columns of text \(Name, Sex\) beside 3 of numbers: tables of mixed/);
});

const table = (columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  String(csvOf(columns, rows));
const twelve = [...Array(12).keys()];
const pictures = Object.fromEntries(twelve.map((i) => [`images/${i}.png`, Buffer.from('an image')]));
const halfTar = tarOf({ name: 'train/1.png', content: Buffer.alloc(2000) }).subarray(0, 1500);
/** Files, and what is said of them. */
const odd: readonly (readonly [what: string, files: Record<string, string | Buffer>, sentence: RegExp])[] = [
  [
    'images without classes',
    { 'q7b.png': 'x', 'zza.png': 'x' },
    /^Nothing says the classes of the images \(2 in the folder itself\), such as q7b\.png\. Expected two or more folders/,
  ],
  [
    'one class',
    { 'dogs/1.png': 'x', 'dogs/2.png': 'x' },
    /^All images are of one class \(2 in dogs\)\. Expected two or/,
  ],
  ['one folder', { 'train/1.png': 'x', 'train/2.png': 'x' }, /^Nothing says the classes of the images \(2 in train\)/],
  ['an empty table', { 'train.csv': '' }, /^train\.csv is empty\. Download it again\.$/],
  ['a header alone', { 'train.csv': 'label,a,b\n' }, /^train\.csv has one line alone \("label,a,b"\), and no rows\./],
  [
    'a web page',
    { 'train.csv': '<!DOCTYPE html>\n<html>\n<body>log in</body>' },
    /^train\.csv: expected the file itself, got a web page\. The address perhaps asks to log in/,
  ],
  [
    'a pointer',
    { 'train.csv': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' },
    /^train\.csv: expected the file itself, got a pointer of Git LFS\. Get the file itself with git lfs pull\.$/,
  ],
  ['a web page for a zip', { 'train.zip': '<html>log in' }, /train\.zip: expected the file itself, got a web page\./],
  [
    'a web page for an archive',
    { 'train.tar': '\n<!doctype html><p>' },
    /train\.tar: expected the file itself, got a web page\./,
  ],
  ['half a tar', { 'all.tar': halfTar }, /all\.tar: damaged \(.*\)\. Download it again\.$/],
  ['no 7z', { 'all.7z': '7z' }, /all\.7z: damaged \(it is no \.7z, or cut off\)\. Download it again, or unpack/],
  [
    'a zip in a zip',
    { 'all.zip': zipOf({ name: 'train.zip', content: Buffer.from('x') }) },
    /^all\.zip\/train\.zip: an archive within an archive is not read\. Unpack all\.zip there\.$/,
  ],
  ['TFRecords', { 'train00-1338.tfrec': 'x' }, /^train00-1338\.tfrec: a file of TensorFlow is not read\. Save its/],
  ['sounds', { 'train/a/1.ogg': 'x', 'train/b/2.ogg': 'x' }, /^train\/a\/1\.ogg and 1 more: a file of sound is not/],
  ['HDF5', { 'Galaxy10.h5': 'x' }, /^Galaxy10\.h5: a file of HDF5 is not read\. Save its arrays with numpy\.savez\.$/],
  ['another archive', { 'all.tar.xz': 'x' }, /^all\.tar\.xz: an archive of another kind is not read\. Unpack it there/],
  [
    'no label',
    { 'train.csv': table(['id', ...pixels], rowsOf(twelve)) },
    /^No table of images has a column of labels: train\.csv \(id, pixel0, pixel1, …\)\. Expected one called label/,
  ],
  [
    'an empty label',
    { 'train.csv': table(['label', ...pixels], rowsOf([0, 1, '', 1])) },
    /^Column label of train\.csv is empty in line 4: expected a label in every row/,
  ],
  [
    'several classes of an image',
    {
      ...pictures,
      'train.csv': table(
        ['id', 'cat', 'dog'],
        twelve.map((i) => [i, i % 2, 1]),
      ),
    },
    /^train\.csv names images, and some have several classes or none \(1 in the columns cat, dog\)/,
  ],
  [
    'several labels in a text',
    {
      ...pictures,
      'train.csv': table(
        ['image', 'labels'],
        twelve.map((i) => [`${i}.png`, ['scab', 'rust', 'scab rust'][i % 3]]),
      ),
    },
    /^Column labels of train\.csv holds several labels for an image, such as "scab rust"/,
  ],
  [
    'numbers with a decimal comma',
    {
      'daten.csv': [
        ['klasse', ...Array(16).keys()].join(';'),
        ...twelve.map((i) => [`k${i % 3}`, ...Array(16).fill(`0,${i}`)].join(';')),
      ].join('\n'),
    },
    /^daten\.csv writes numbers with a decimal comma, such as 0,0: expected a point\. Replace the commas\.$/,
  ],
  [
    'a quantity beside names',
    {
      ...pictures,
      'train.csv': table(
        ['id', 'image', 'score'],
        twelve.map((i) => [i, `${i}.png`, i + 0.5]),
      ),
    },
    /^Column score of train\.csv holds real numbers/,
  ],
  [
    'a quantity whose sample has a point',
    {
      ...pictures,
      'train.csv': table(
        ['Id', 'Pawpularity'],
        twelve.map((i) => [i, 20 + (i % 4)]),
      ),
      'sample_submission.csv': table(['Id', 'Pawpularity'], [['t', 38.4]]),
    },
    /^sample_submission\.csv has real numbers as labels, such as 38\.4: a quantity to be estimated is not meant/,
  ],
  [
    'several labels in an array',
    {
      'x.npz': zipOf(
        { name: 'train_images.npy', content: npy([12, 4, 4], Array(192).fill(7)) },
        { name: 'train_labels.npy', content: npy([12, 2], Array(24).fill(1)) },
      ),
    },
    /^x\.npz \(train_labels\) has 12 × 2 numbers: expected a whole number for each image, which is its class\./,
  ],
  [
    'an array of one class each',
    { 'alarm clock.npy': npy([6, 16], Array(96).fill(1)), 'cat.npy': npy([6, 16], Array(96).fill(2)) },
    /^No array tells the classes of the images \(alarm clock\.npy, 6 × 16; cat\.npy, 6 × 16\): expected one of whole/,
  ],
  [
    'a column of ones for each class at the end of a table',
    {
      'semeion.data': twelve
        .map(
          (i) =>
            [...Array(16).keys()].map((j) => (j % 3 === i % 3 ? '1.0' : '0.0')).join(' ') +
            [' 1 0 0', ' 0 1 0', ' 0 0 1'][i % 3],
        )
        .join('\n'),
    },
    /^semeion\.data ends with 3 columns of zeros and ones, one for each class: expected one column with the classes\./,
  ],
  [
    'masks',
    Object.fromEntries(
      ['aachen', 'bonn'].flatMap((town) =>
        ['color', 'labelIds'].map((kind) => [`gtFine/train/${town}/${town}_0_gtFine_${kind}.png`, 'x'] as const),
      ),
    ),
    /^2 of the 4 images of gtFine\/train are called masks, such as gtFine\/train\/aachen\/aachen_0_gtFine_labelIds\.png/,
  ],
  [
    'masks in folders of the classes',
    Object.fromEntries(
      ['COVID', 'Normal'].flatMap((name) =>
        ['images', 'masks'].map((kind) => [`X/${name}/${kind}/1.png`, 'x'] as const),
      ),
    ),
    /^2 of the 4 images of X are called masks, such as X\/COVID\/masks\/1\.png: a class for each pixel is not meant/,
  ],
  [
    'places of objects',
    { 'images/1.png': 'x', 'labels/1.txt': '0 0.5 0.5 0.2 0.2\n' },
    /^labels\/1\.txt tells places of objects in an image: finding objects is not meant, only one class for each image\.$/,
  ],
];

const sampleOf = (rows: readonly string[]): string =>
  table(
    ['id', 'label'],
    rows.map((id) => [id, 'a']),
  );
const twoFolders = (train: string, ofTest: string): Record<string, string> =>
  Object.fromEntries(twelve.map((i) => [i < 8 ? `${train}/i${i}.png` : `${ofTest}/t${i}.png`, 'x']));
const oneEmpty = table(
  ['image', 'label'],
  twelve.slice(0, 8).map((i) => [`i${i}.png`, ['cat', 'dog', ''][i === 4 ? 2 : i % 2]]),
);
const theTest = { 'sample_submission.csv': sampleOf(['t8.png', 't9.png', 't10.png', 't11.png']) };
/** Tables beside a folder of training images and one of test images, which are no classes. */
const mixed: typeof odd = [
  ['an empty label', { 'train.csv': oneEmpty }, /^Column label of train\.csv is empty in line 6: expected a label/],
  ['an empty table', { 'train.csv': '' }, /^train\.csv is empty\. Download it again\.$/],
  [
    'a header alone',
    { 'train.csv': 'image,label\n' },
    /^train\.csv has one line alone \("image,label"\), and no rows\./,
  ],
];

test('folders of training and of test images are no classes, whatever is wrong with the table', async (t) => {
  for (const [train, ofTest] of [
    ['images', 'test'],
    ['photos', 'photos_test'],
    ['pictures', 'new'],
  ]) {
    for (const [what, files, sentence] of mixed) {
      const folder = await temporaryFolder(t);
      const all = Object.entries({ ...twoFolders(train, ofTest), ...theTest, ...files });
      await writeFiles(folder, Object.fromEntries(all.map(([name, content]) => [name, Buffer.from(content)])));
      const { description, unclear } = await propose(folder);
      t.is(description, null, `${train}: ${what}`);
      t.is(unclear.length, 1);
      t.regex(unclear[0], sentence, `${train}: ${what}`);
    }
  }
});

test('a folder of test images beside those of the classes is named', async (t) => {
  const folder = await temporaryFolder(t);
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  const paths = ['cat/1.png', 'cat/2.png', 'dog/1.png', 'dog/2.png', 'test/t8.png', 'test/t9.png'];
  await writeFiles(folder, Object.fromEntries(paths.map((path) => [path, image])));
  t.deepEqual((await propose(folder)).description?.classes, ['cat', 'dog', 'test']);
  await writeFiles(folder, { 'sample_submission.csv': Buffer.from(sampleOf(['t8.png', 't9.png'])) });
  const { description, unclear } = await propose(folder);
  t.is(description, null);
  t.deepEqual(unclear, [
    'test is no class, but lies beside the folders of the classes (cat, dog). ' +
      'Move those into a folder of their own, such as train.',
  ]);
});

test('images of a class may have the names of test images', async (t) => {
  const folder = await temporaryFolder(t);
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  const names = ['1.png', '2.png', '3.png'];
  const paths = ['train/cat', 'train/zebra', 'test'].flatMap((name) => names.map((file) => `${name}/${file}`));
  await writeFiles(folder, {
    ...Object.fromEntries(paths.map((path) => [path, image])),
    'sample_submission.csv': Buffer.from(sampleOf(names)),
    'list.csv': csvOf(
      ['file', 'label'],
      names.map((file, i) => [file, ['a', 'b', ''][i]]),
    ),
  });
  const { description, understood } = await propose(folder);
  t.deepEqual(description?.classes, ['cat', 'zebra']);
  t.is(understood[1], 'test: the test images.');
});

test('what keeps files from being understood is said in a sentence', async (t) => {
  for (const [what, files, sentence] of odd) {
    const folder = await temporaryFolder(t);
    const contents = Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]);
    await writeFiles(folder, Object.fromEntries(contents));
    const { description, unclear } = await propose(folder);
    t.is(description, null, what);
    t.regex(unclear[0] ?? '', sentence, what);
  }
});

test('names of classes with words in common are classes, and a second column of labels is said', async (t) => {
  const folder = await temporaryFolder(t);
  const names = ['Common wheat', 'Common Chickweed', 'wheat, green', 'Maize'];
  const rows = twelve.map((i) => [`${i}.png`, `"${names[i % 4]}"`, 'ab'[i % 2]]);
  await writeFiles(folder, { ...pictures, 'train.csv': Buffer.from(table(['file', 'label', 'category'], rows)) });
  const { unclear, understood } = await propose(folder);
  t.regex(understood.join('\n'), /4 classes in column label/);
  t.regex(unclear.join('\n'), /train\.csv has other columns that may be the label \(category\): label was taken\./);
});

test('names of the images are no groups, whatever their column is called', async (t) => {
  const folder = await temporaryFolder(t);
  const rows = twelve.map((i) => [`${i}.png`, 'ab'[i % 2]]);
  await writeFiles(folder, { ...pictures, 'train.csv': Buffer.from(table(['subject_id', 'diagnosis'], rows)) });
  const { description } = await propose(folder);
  t.truthy(description);
  t.is(description!.group, undefined);
});

test('what is left out is said', async (t) => {
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  const paths = ['train/a/1.png', 'train/b/2.png', 'test/3.png', 'val/4.png', 'more/old/a/5.png', 'more/old/b/6.png'];
  const folder = await temporaryFolder(t);
  const list = Buffer.from('4.png\ta\n5.png\tb\n');
  await writeFiles(folder, { ...Object.fromEntries(paths.map((path) => [path, image])), 'val/annotations.txt': list });
  t.deepEqual((await propose(folder)).understood.slice(0, 3), [
    'train: a folder for each of 2 classes, 2 images.',
    'test: the test images.',
    'Not used: more (2 images), val (1 image). Folds of the training images take the place of a validation set.',
  ]);
});

test('empty folders of classes, and lists of what is for the test beside folders of classes, are said', async (t) => {
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  const paths = ['images/001.A/1.png', 'images/001.A/2.png', 'images/002.B/1.png', 'images/002.B/2.png'];
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    ...Object.fromEntries(paths.map((path) => [path, image])),
    'train_test_split.txt': Buffer.from('1 1\n2 0\n3 1\n4 0\n'),
    'parts.csv': Buffer.from('path,split\n001.A/1.png,train\n001.A/2.png,test\n'),
  });
  await mkdir(join(folder, 'images/003.C'));
  await mkdir(join(folder, 'images/.hidden'));
  const { description, unclear } = await propose(folder);
  t.deepEqual(description?.classes, ['001.A', '002.B']);
  t.deepEqual(unclear.slice(0, 2), [
    'images/003.C: no images, so no class. Put the images there, or remove the folder.',
    'parts.csv, train_test_split.txt: which images are for the test is not read beside folders of classes, so all ' +
      'images of images are for training. Move those for the test into a folder of their own, such as test.',
  ]);
});

test('labels that are written as real numbers are classes of whole numbers', async (t) => {
  const folder = await temporaryFolder(t);
  const rows = twelve.map((i) =>
    [`${i % 3}.0000`, ...Array.from({ length: 16 }, (_, p) => ((i + p) % 9) / 8)].join(' '),
  );
  await writeFiles(folder, { 'zip.train': Buffer.from(`${rows.join('\n')}\n`) });
  const { description } = await propose(folder);
  t.deepEqual(description?.classes, ['0', '1', '2']);
  const loaded = await loadTrain(competitionOf(descriptionSchema.parse(description)), { dataDir: folder });
  t.deepEqual(
    [...loaded.labels],
    twelve.map((i) => i % 3),
  );
});

test('a table in UTF-16 without a mark is read', async (t) => {
  const folder = await temporaryFolder(t);
  const rows = twelve.map((i) => [i % 2, ...Array.from({ length: 16 }, (_, p) => (40 * i + p) % 256)]);
  const text = csvOf(['label', ...Array.from({ length: 16 }, (_, p) => `p${p}`)], rows).toString();
  for (const content of [Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()]) {
    await writeFiles(folder, { 'train.csv': content });
    const { description } = await propose(folder);
    const loaded = await loadTrain(competitionOf(descriptionSchema.parse(description)), { dataDir: folder });
    t.deepEqual([...loaded.labels].slice(0, 3), [0, 1, 0]);
  }
});

test('an image that cannot be read decides no size, and is named when all are loaded', async (t) => {
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  const paths = ['train/a/1.png', 'train/a/2.png', 'train/b/1.png', 'train/b/2.png'];
  const folder = await temporaryFolder(t);
  await writeFiles(folder, Object.fromEntries(paths.map((path) => [path, image])));
  await rm(join(folder, paths[0]));
  // A link to nothing cannot be opened by anybody, root included.
  await symlink(join(folder, 'nothing'), join(folder, paths[0]));
  const { description, understood } = await propose(folder);
  t.true(understood.includes('Images of 8 × 8, in colour.'));
  const competition = competitionOf(descriptionSchema.parse(description), folder);
  await t.throwsAsync(loadTrain(competition), {
    message: /train\/a\/1\.png: cannot be read \(ENOENT\)\. Put a readable file there\.$/,
  });
});

test('tables and arrays that cannot be read are said, though folders of images are understood', async (t) => {
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  for (const file of ['train.csv', 'labels/train.csv', 'train.npy', 'train-images-idx3-ubyte']) {
    const folder = await temporaryFolder(t);
    await writeFiles(folder, {
      'train/a/1.png': image,
      'train/b/2.png': image,
      'train-labels-idx1-ubyte': Buffer.alloc(12),
      'labels/none.txt': Buffer.alloc(0),
    });
    await symlink(join(folder, 'nothing'), join(folder, file));
    const { description, unclear } = await propose(folder);
    t.deepEqual(description?.classes, ['a', 'b'], file);
    t.is(
      unclear[0],
      `${displayPath(join(folder, file))}: expected a file, got a link to nothing. Put the file itself there.`,
    );
  }
});

// Root may read everything.
const person = process.getuid?.() === 0 ? test.skip : test;

person('a proposal and a prediction name the only folder below theirs that cannot be read', async (t) => {
  const folder = await temporaryFolder(t);
  const closed = join(folder, 'train/3');
  await mkdir(join(folder, 'train/2'), { recursive: true });
  await mkdir(closed, { mode: 0 });
  t.teardown(() => chmod(closed, 0o700));
  const message = `${displayPath(closed)}: cannot be read (EACCES). Fix its permissions.`;
  await t.throwsAsync(propose(folder), { message });
  await t.throwsAsync(
    findNewImages([folder], { shape: { height: 1, width: 1, channels: 1 }, ground: null, invert: 'no' }),
    {
      message,
    },
  );
});

test('an id is made of the letters of the folder, without their marks', async (t) => {
  const parent = await temporaryFolder(t);
  for (const [name, id] of [
    ['Größe & Æpfel', 'grosse-pfel'],
    ['Crème brûlée 2', 'creme-brulee-2'],
  ]) {
    const folder = join(parent, name);
    const rows = twelve.map((i) => [i % 2, ...Array.from({ length: 16 }, (_, p) => (40 * i + p) % 256)]);
    await writeFiles(folder, {
      'train.csv': Buffer.from(table(['label', ...Array.from({ length: 16 }, (_, p) => `p${p}`)], rows)),
    });
    t.is((await propose(folder)).description?.id, id);
  }
});

test('folders called mask may be classes', async (t) => {
  const folder = await temporaryFolder(t);
  const paths = ['mask', 'with_mask', 'without_mask'].flatMap((name) => [
    `data/${name}/${name}_1.png`,
    `data/${name}/2.png`,
  ]);
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  await writeFiles(folder, Object.fromEntries(paths.map((path) => [path, image])));
  t.deepEqual((await propose(folder)).description?.classes, ['mask', 'with_mask', 'without_mask']);
});

test('parts for validation in tables are said to be left out', async (t) => {
  const folder = await temporaryFolder(t);
  const list = (from: number, to: number): Buffer =>
    Buffer.from(
      table(
        ['Filename', 'Label'],
        twelve.slice(from, to).map((i) => [`${i}.png`, 'ab'[i % 2]]),
      ),
    );
  await writeFiles(folder, {
    ...pictures,
    'train.csv': list(0, 8),
    'test.csv': list(8, 10),
    'validation.csv': list(10, 12),
  });
  t.deepEqual((await propose(folder)).understood, [
    'train.csv: names of images in images, 2 classes in column Label.',
    'images: the test images that test.csv names, with labels.',
    'Not used: validation.csv. Folds of the training images take the place of a validation set.',
  ]);
});

test('a column that says which rows are for validation or the test is no label', async (t) => {
  for (const [name, ofTest, sentence] of [
    [
      'is_valid',
      null,
      'Not used: column is_valid of list.csv. Folds of the training images take the place of a validation set.',
    ],
    ['is_test', ['True'], 'Column is_test: False for training, True for the test.'],
    ['is_train', ['False'], 'Column is_train: True for training, False for the test.'],
  ] as const) {
    const folder = await temporaryFolder(t);
    const isLast = (i: number): string => ((name === 'is_train') === i < 9 ? 'True' : 'False');
    const rows = twelve.map((i) => [`${i}.png`, isLast(i), 'ab'[i % 2]]);
    await writeFiles(folder, { ...pictures, 'list.csv': Buffer.from(table(['path', name, 'noisy_labels_0'], rows)) });
    const { description, understood } = await propose(folder);
    t.is(understood[0], 'list.csv: names of images in images, 2 classes in column noisy_labels_0.');
    t.is(understood[1], sentence);
    const written = JSON.parse(JSON.stringify(description));
    t.deepEqual(written.test?.table.rows ?? null, ofTest && { column: name, values: [...ofTest] });
  }
});

test('paths of another machine mean the images whose last folders they have, and none of mere equal names', async (t) => {
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  const paths = twelve.map((i) => `images/${i % 3}/${Math.floor(i / 3)}.png`);
  for (const beginning of ['/kaggle/input/digits/', 'C:\\Users\\me\\']) {
    const folder = await temporaryFolder(t);
    const rows = paths.map((path, i) => [`${beginning}${path}`, 'ab'[i % 2], `patient ${i % 6}`]);
    await writeFiles(folder, {
      ...Object.fromEntries(paths.map((path) => [path, image])),
      'train.csv': csvOf(['path', 'label', 'patient'], rows),
    });
    const { description, understood } = await propose(folder);
    t.is(understood[0], 'train.csv: names of images in images, 2 classes in column label.');
    const read = await loadTrain(competitionOf(descriptionSchema.parse(description), folder));
    t.deepEqual(
      [...read.labels],
      twelve.map((i) => i % 2),
    );
    const [train] = descriptionSchema.parse(description).train;
    // The same table as one of groups beside folders of the classes.
    const byFolder = descriptionSchema.parse({
      ...description,
      classes: ['0', '1', '2'],
      train: { format: 'folders', folder: 'images' },
      group: { file: 'train.csv', id: 'path', column: 'patient' },
    });
    t.is(train.format, 'files');
    t.is((await loadTrain(competitionOf(byFolder, folder))).folds?.part?.count, 6);
  }
  const rows = [{ line: 2, id: '/kaggle/input/other/3.png', label: 0 }];
  t.throws(() => filesOfRows('train.csv', 'images', 'images', ['3.png'], rows), {
    message: /^train\.csv:2: expected an image of images, got "\/kaggle\/input\/other\/3\.png", of which there is none/,
  });
});

test('a file is meant by its whole path, whatever other files are called', (t) => {
  const rows = [
    { line: 2, id: 'a.jpg', label: 0 },
    { line: 3, id: 'z.jpg', label: 1 },
  ];
  const paths = ['a.jpg', 'masks/a.jpg', 'masks/z.jpg', 'z.jpg'];
  t.deepEqual(
    filesOfRows('train.csv', 'images', 'images', paths, rows).map(({ path }) => path),
    ['a.jpg', 'z.jpg'],
  );
  const both = ['left/a.jpg', 'right/a.jpg', 'z.jpg'];
  t.throws(() => filesOfRows('train.csv', 'images', 'images', both, rows), {
    message: /"a\.jpg", a name that several/,
  });
});

test('an image whose name begins with the index of its class has the longest index that fits', async (t) => {
  const folder = await temporaryFolder(t);
  const image = pngOf({ height: 4, width: 4, channels: 1 }, Array(16).fill(7));
  const names = twelve.map((i) => `train/${i}_a.png`);
  await writeFiles(folder, Object.fromEntries(names.map((name) => [name, image])));
  const description = descriptionSchema.parse({
    id: 'by-index',
    title: 'By index',
    shape: { width: 4, height: 4, channels: 1 },
    classes: twelve.map((i) => 'abcdefghijkl'[i].repeat(2)),
    labels: 'index',
    train: { format: 'files', folder: 'train', classInName: true },
  });
  const { labels: read } = await loadTrain(competitionOf(description, folder));
  t.deepEqual(
    [...new Set(read)].toSorted((a, b) => a - b),
    [...twelve],
  );
});

test('a table whose names are no images is said not to be read, and the first of these is named', async (t) => {
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  const paths = twelve.map((i) => `images/${i % 3}/${i}.png`);
  for (const [columns, name, which] of [
    [['path', 'label'], (i: number) => `/home/me/other/${i}.jpg`, 'its names are'],
    [['image_id', 'label'], (i: number) => `x${i}`, 'its names are'],
    [['path', 'label'], (i: number) => `${i < 6 ? i : i + 90}.png`, '6 of its first 12 names are'],
  ] as const) {
    const folder = await temporaryFolder(t);
    const rows = twelve.map((i) => [name(i), 'ab'[i % 2]]);
    await writeFiles(folder, {
      ...Object.fromEntries(paths.map((path) => [path, image])),
      'train.csv': csvOf(columns, rows),
      'classes.csv': csvOf(
        ['id', 'class'],
        ['x', 'y', 'z'].map((text, i) => [100 + i, text]),
      ),
    });
    const first = name(which.startsWith('6') ? 6 : 0);
    const { description, unclear } = await propose(folder);
    t.deepEqual(description?.classes, ['0', '1', '2']);
    t.is(
      unclear[0],
      `train.csv is not read: ${which} no images here (the first one: "${first}"). ` +
        'Write them as paths in the data folder, such as images/0/0.png, or remove the table.',
    );
    t.is(unclear.length, 2);
  }
});

test('images that no table names are counted, and lists of test images beside their folder are said', async (t) => {
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  const paths = [...twelve.map((i) => `images/${i}.png`), 'test images/t1.png', 'test images/t2.png'];
  const files = Object.fromEntries(paths.map((path) => [path, image]));
  const folder = await temporaryFolder(t);
  const list = csvOf(
    ['path', 'label'],
    twelve.slice(0, 9).map((i) => [`${i}.png`, 'ab'[i % 2]]),
  );
  await writeFiles(folder, { ...files, 'train.csv': list, 'test.csv': csvOf(['name'], [['t1.png'], ['t2.png']]) });
  const { understood, unclear } = await propose(folder);
  t.deepEqual(understood.slice(0, 3), [
    'train.csv: names of images in images, 2 classes in column label.',
    'test images: the test images.',
    'Not used: test.csv, 3 of the 12 images of images, which no table names.',
  ]);
  t.deepEqual(unclear, []);

  await writeFiles(folder, {
    'unread.csv': csvOf(
      ['path', 'kind'],
      [
        ['9.png', 'a'],
        ['10.png', 'b'],
        ['11.png', 'a'],
      ],
    ),
  });
  t.is((await propose(folder)).understood[2], 'Not used: unread.csv, test.csv.');
});

test('test images that the sample submission does not name are counted', async (t) => {
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  const paths = twelve.map((i) => (i < 6 ? `train/${'ab'[i % 2]}/${i}.png` : `test/${i}.png`));
  const folder = await temporaryFolder(t);
  await writeFiles(folder, Object.fromEntries(paths.map((path) => [path, image])));
  await writeFiles(folder, { 'sample_submission.csv': Buffer.from(sampleOf(['8.png', '11.png'])) });
  const { description, unclear } = await propose(folder);
  t.truthy(description);
  t.deepEqual(unclear, [
    '4 of the 6 test images are not in sample_submission.csv (the first one: test/10.png), and would not be predicted. ' +
      'Complete that file, or remove it.',
  ]);
  await writeFiles(folder, {
    'sample_submission.csv': Buffer.from(sampleOf(twelve.slice(6).map((i) => `${i}.png`))),
  });
  t.deepEqual((await propose(folder)).unclear, []);
});

test('names with composed letters mean files with decomposed ones, and the other way round', async (t) => {
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  for (const [ofFiles, ofTable] of [
    ['NFD', 'NFC'],
    ['NFC', 'NFD'],
  ]) {
    const folder = await temporaryFolder(t);
    const nameOf = (i: number, form: string): string => `ü${i}.png`.normalize(form);
    const files = twelve.map((i) => [`images/${nameOf(i, ofFiles)}`, image]);
    const rows = twelve.map((i) => [nameOf(i, ofTable), 'ab'[i % 2]]);
    await writeFiles(folder, { ...Object.fromEntries(files), 'train.csv': csvOf(['file', 'label'], rows) });
    const { description, understood } = await propose(folder);
    t.deepEqual(understood, [
      'train.csv: names of images in images, 2 classes in column label.',
      'Images of 8 × 8, in colour.',
    ]);
    const { labels: read } = await loadTrain(competitionOf(descriptionSchema.parse(description), folder));
    t.deepEqual(
      [...read],
      twelve.map((i) => i % 2),
    );
  }
});

test('a row that comes twice is to be removed, and a column of one value or too many is told', async (t) => {
  const one = { line: 2, id: 'a.png', label: 0 };
  t.throws(() => filesOfRows('train.csv', 'images', 'images', ['a.png'], [one, { ...one, line: 7 }]), {
    message: 'train.csv:7: expected every image once, got "a.png" as on line 2. Remove one of the rows.',
  });
  const folder = await temporaryFolder(t);
  const list = (labelOf: (i: number) => string, count = 12): Promise<void> =>
    writeFiles(folder, {
      ...pictures,
      'train.csv': csvOf(
        ['file', 'label'],
        Array.from({ length: count }, (_, i) => [`${i % 12}.png`, labelOf(i)]),
      ),
    });
  await list(() => 'cat');
  t.is(
    (await propose(folder)).unclear[0],
    'Column label of train.csv has one value alone, "cat", in all rows: expected two classes or more. ' +
      'Put the classes of the images there, or describe which other column is `label`.',
  );
  await list((i) => `class ${i}`, 10_001);
  t.regex(
    (await propose(folder)).unclear[0],
    /^Column label of train\.csv has more than 10,000 different values, so they are no classes\. Put the classes/,
  );
});

test('a list of images without classes is said to be left out', async (t) => {
  const image = pngOf({ height: 8, width: 8, channels: 3 }, Array(192).fill(7));
  const paths = ['photos/cat/1.png', 'photos/cat/2.png', 'photos/dog/3.png', 'photos/dog/4.png'];
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    ...Object.fromEntries(paths.map((path) => [path, image])),
    'test.txt': Buffer.from('dog/4.png\n'),
    'train.txt': Buffer.from('cat/1\ncat/2\ndog/3\n'),
    'notes.txt': Buffer.from('Cats and dogs\nin 2026\n'),
  });
  const { description, unclear } = await propose(folder);
  t.truthy(description);
  t.is(
    unclear[0],
    'Lists of images without their classes are not read (test.txt, train.txt). ' +
      'Put the images that are not for training into a folder of their own.',
  );
});

const classes = ['a', 'b'];

/** Images of two pixels in one or more channels. */
function imagesOf(rows: readonly (readonly number[])[], numbers: readonly number[], channels = 1): LabelledImages {
  const bytes = new Uint8Array(new SharedArrayBuffer(2 * channels * rows.length));
  bytes.set(rows.flat());
  const shared = new Uint16Array(new SharedArrayBuffer(2 * rows.length));
  shared.set(numbers);
  return { shape: { height: 1, width: 2, channels }, count: rows.length, pixels: bytes, labels: shared };
}

const [p, q, r, blank] = [
  [1, 2],
  [2, 1],
  [3, 1],
  [7, 7],
];
const plain = imagesOf([p, q], [0, 1]);
const cases: [what: string, train: LabelledImages, test: LabelledImages | null, expected: string[]][] = [
  ['nothing odd', plain, imagesOf([r], [0]), []],
  ['no test images', plain, null, []],
  ['one image', imagesOf([p], [0]), null, []],
  [
    'copies',
    imagesOf([p, q, p, p], [0, 1, 0, 1]),
    null,
    ['2 of the 4 training images repeat another one, 1 of them with another class.'],
  ],
  [
    'copies of the same class',
    imagesOf([p, q, q], [0, 1, 1]),
    null,
    ['1 of the 3 training images repeats another one.'],
  ],
  [
    'one image many times',
    imagesOf([p, p, p], [0, 1, 0]),
    null,
    ['All 3 training images are the same: nothing can be learnt from them.'],
  ],
  [
    'one class',
    imagesOf([p, q], [1, 1]),
    null,
    ['All 2 training images are of class b: nothing can be learnt from them.'],
  ],
  [
    'a blank image',
    imagesOf([p, blank], [0, 1]),
    null,
    ['1 of the 2 training images is blank, with all pixels the same.'],
  ],
  [
    'blank colours',
    imagesOf(
      [
        [1, 2, 3, 1, 2, 3],
        [1, 1, 1, 2, 2, 2],
      ],
      [0, 1],
      3,
    ),
    null,
    ['1 of the 2 training images is blank, with all pixels the same.'],
  ],
  [
    'known test images',
    plain,
    imagesOf([q, r, q], [0, 0, 0]),
    ['2 of the 3 test images are among the training images too.'],
  ],
  [
    'blank test images',
    plain,
    imagesOf([blank, blank], [0, 0]),
    ['All 2 test images are the same.', 'All 2 test images are blank, with all pixels the same.'],
  ],
];

for (const [what, train, tested, expected] of cases) {
  test(`${what}: told in sentences, or not at all`, async (t) => {
    t.deepEqual(await oddities(train, tested, classes), expected);
  });
}

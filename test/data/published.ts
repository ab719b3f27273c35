/** Small files in the shapes in which data sets are published, of images that are easy to tell apart. */
import sharp from 'sharp';
import type { ProbabilityForm } from '../../data/probability-form.ts';
import { csvOf, type Files as WrittenFiles, idxFiles, recordsOf, tarOf, writeFiles } from './image-files.ts';
import { zipOf } from './zip.ts';

type Files = Readonly<Record<string, Buffer | string>>;

/** Writes a data set as its publisher offers it. */
export async function publish(folder: string, { files }: Published): Promise<void> {
  const contents = Object.entries(await files()).map(([name, content]) => [name, Buffer.from(content)]);
  await writeFiles(folder, Object.fromEntries(contents) as WrittenFiles);
}

/** What a data set must be read as. */
export interface Published {
  readonly name: string;
  readonly files: () => Files | Promise<Files>;
  readonly shape: readonly [height: number, width: number, channels: number];
  readonly classes: readonly string[];
  /** Class of each training image. */
  readonly labels: readonly number[];
  /** Ids of the test images in the order of the submission; null where there are none. */
  readonly ids: readonly string[] | null;
  readonly columns: readonly [id: string, label: string];
  /** What submissions hold in place of labels. */
  readonly probabilities?: ProbabilityForm;
  /** The value of a place of a training image, where it matters which way round images are. */
  readonly pixel?: { readonly row: number; readonly x: number; readonly y: number; readonly value: number };
}

const range = (count: number): number[] => [...Array(count).keys()];
/** Each class has a bright line of its own; place 1 tells rows from columns. */
const digit = (size: number, label: number, most = 255): number[] =>
  range(size).map((i) => (i === 1 ? most : i % 7 === label % 7 ? Math.round(most * 0.8) : 0));
const COUNT = 12;
const inOrder = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const labelsOf = (classes: number): number[] => range(COUNT).map((i) => i % classes);
const pixelNames = (count: number, first: number): string[] => range(count).map((i) => `pixel${i + first}`);
const ids = (count: number): string[] => range(count).map((i) => String(i + 1));

const npy = (shape: readonly number[], values: readonly number[], type = '|u1'): Buffer => {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const length = Math.ceil((header.length + 11) / 64) * 64 - 10;
  const head = Buffer.alloc(10);
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  head.writeUInt16LE(length, 8);
  const data = Buffer.alloc(values.length * Number(type.slice(2)));
  for (const [i, value] of values.entries()) writers[type](data, value, i);
  return Buffer.concat([head, Buffer.from(header.padEnd(length - 1) + '\n'), data]);
};

const writers: Readonly<Record<string, (data: Buffer, value: number, i: number) => void>> = {
  '|u1': (data, value, i) => data.writeUInt8(value, i),
  '<i4': (data, value, i) => data.writeInt32LE(value, 4 * i),
  '<f4': (data, value, i) => data.writeFloatLE(value, 4 * i),
  '>f8': (data, value, i) => data.writeDoubleBE(value, 8 * i),
};

/** A picture of one colour. */
const picture = async (
  label: number,
  width: number,
  height: number,
  format: 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' = 'jpeg',
) => {
  const background = { r: 200 - 60 * (label % 4), g: 40 + 50 * (label % 5), b: 90 * (label % 3) };
  return sharp({ create: { width, height, channels: 3, background } })
    .toFormat(format)
    .toBuffer();
};

const behaviours = range(10).map((k) => `c${k}`);
const names = ['buildings', 'forest', 'glacier'];

export const published: readonly Published[] = [
  {
    name: 'Kannada-MNIST',
    files: () => ({
      'train.csv': csvOf(
        ['label', ...pixelNames(784, 0)],
        labelsOf(10).map((label) => [label].concat(digit(784, label))),
      ),
      'test.csv': csvOf(
        ['id', ...pixelNames(784, 0)],
        range(3).map((id) => [id].concat(digit(784, id))),
      ),
      'sample_submission.csv': csvOf(
        ['id', 'label'],
        range(3).map((id) => [id, 0]),
      ),
    }),
    shape: [28, 28, 1],
    classes: range(10).map(String),
    labels: labelsOf(10),
    ids: ['0', '1', '2'],
    columns: ['id', 'label'],
  },
  {
    name: 'Sign Language MNIST',
    files: () => {
      const table = csvOf(
        ['label', ...pixelNames(784, 1)],
        labelsOf(4).map((label) => [[0, 8, 10, 24][label]].concat(digit(784, label))),
      );
      return { 'sign_mnist_train.csv': table, 'sign_mnist_test.csv': table };
    },
    shape: [28, 28, 1],
    classes: ['0', '8', '10', '24'],
    labels: labelsOf(4),
    ids: ids(COUNT),
    columns: ['id', 'label'],
  },
  {
    name: 'A-Z handwritten',
    files: () => ({
      'A_Z Handwritten Data.csv': inOrder(labelsOf(3))
        .map((label) => [label, ...digit(784, label)].join())
        .join('\n'),
    }),
    shape: [28, 28, 1],
    classes: ['0', '1', '2'],
    labels: inOrder(labelsOf(3)),
    ids: null,
    columns: ['id', 'label'],
    pixel: { row: 0, x: 1, y: 0, value: 255 },
  },
  {
    name: 'EMNIST letters',
    files: () => {
      const table = labelsOf(3)
        .map((label) => [label + 1, ...digit(784, label)].join())
        .join('\r\n');
      return { 'emnist-letters-train.csv': table, 'emnist-letters-test.csv': table };
    },
    shape: [28, 28, 1],
    classes: ['1', '2', '3'],
    labels: labelsOf(3),
    ids: ids(COUNT),
    columns: ['id', 'label'],
    pixel: { row: 0, x: 0, y: 1, value: 255 },
  },
  {
    name: 'KMNIST',
    files: () => {
      const part = (kind: string) => ({
        [`kmnist-${kind}-imgs.npz`]: zipOf({
          name: 'arr_0.npy',
          content: npy(
            [COUNT, 28, 28],
            labelsOf(3).flatMap((label) => digit(784, label)),
          ),
        }),
        [`kmnist-${kind}-labels.npz`]: zipOf({ name: 'arr_0.npy', content: npy([COUNT], labelsOf(3)) }),
      });
      return { ...part('train'), ...part('test') };
    },
    shape: [28, 28, 1],
    classes: ['0', '1', '2'],
    labels: labelsOf(3),
    ids: ids(COUNT),
    columns: ['id', 'label'],
    pixel: { row: 0, x: 1, y: 0, value: 255 },
  },
  {
    name: 'fer2013',
    files: () => ({
      'fer2013.csv': csvOf(
        ['emotion', 'pixels', 'Usage'],
        range(16).map((i) => [
          i % 4,
          digit(2304, i % 4).join(' '),
          i < 10 ? 'Training' : i < 12 ? 'PublicTest' : 'PrivateTest',
        ]),
      ),
    }),
    shape: [48, 48, 1],
    classes: ['0', '1', '2', '3'],
    labels: labelsOf(4),
    ids: ids(4),
    columns: ['id', 'label'],
  },
  {
    name: 'optdigits',
    files: () => {
      const table = labelsOf(4)
        .map((label) => [0, ...digit(64, label, 16).slice(1), label].join())
        .join('\n');
      return { 'optdigits.tra': `${table}\n`, 'optdigits.tes': `${table}\n`, 'optdigits.names': 'about them\n' };
    },
    shape: [8, 8, 1],
    classes: ['0', '1', '2', '3'],
    labels: labelsOf(4),
    ids: ids(COUNT),
    columns: ['id', 'label'],
    pixel: { row: 0, x: 1, y: 0, value: 255 },
  },
  {
    name: 'HAM10000',
    files: () => ({
      'hmnist_8_8_RGB.csv': csvOf(
        [...range(192).map((i) => `pixel${String(i).padStart(4, '0')}`), 'label'],
        labelsOf(3).map((label) => digit(192, label).concat(label)),
      ),
      'HAM10000_metadata.csv': csvOf(
        ['lesion_id', 'image_id', 'dx'],
        [
          ['HAM_1', 'ISIC_1', 'bkl'],
          ['HAM_2', 'ISIC_2', 'nv'],
        ],
      ),
    }),
    shape: [8, 8, 3],
    classes: ['0', '1', '2'],
    labels: labelsOf(3),
    ids: null,
    columns: ['id', 'label'],
  },
  {
    name: 'Intel',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      for (const [i, label] of labelsOf(3).entries()) {
        files[`seg_train/seg_train/${names[label]}/${100 + i}.jpg`] = await picture(label, 30, 20);
        if (i < 3) files[`seg_test/seg_test/${names[label]}/${200 + i}.jpg`] = await picture(label, 30, 20);
      }
      return files;
    },
    shape: [20, 30, 3],
    classes: names,
    labels: inOrder(labelsOf(3)),
    ids: names.map((name, i) => `${name}/${200 + i}.jpg`),
    columns: ['id', 'label'],
  },
  {
    name: 'plant seedlings',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      for (const [i, label] of labelsOf(2).entries()) {
        files[`train/${['Black-grass', 'Common Chickweed'][label]}/${i}a3b.png`] = await picture(
          label,
          120 + i,
          130,
          'png',
        );
      }
      for (const id of ['ff.png', '0a.png']) files[`test/${id}`] = await picture(1, 100, 140, 'png');
      return {
        ...files,
        'sample_submission.csv': csvOf(
          ['file', 'species'],
          [
            ['ff.png', 'Black-grass'],
            ['0a.png', 'Black-grass'],
          ],
        ),
      };
    },
    shape: [64, 64, 3],
    classes: ['Black-grass', 'Common Chickweed'],
    labels: inOrder(labelsOf(2)),
    ids: ['ff.png', '0a.png'],
    columns: ['file', 'species'],
  },
  {
    name: 'cassava',
    files: async () => {
      const files: Record<string, Buffer | string> = { 'label_num_to_disease_map.json': '{}' };
      for (const i of range(COUNT)) files[`train_images/10${i}.jpg`] = await picture(i % 3, 80, 60);
      return {
        ...files,
        'test_images/2216849948.jpg': await picture(0, 80, 60),
        'train.csv': csvOf(
          ['image_id', 'label'],
          range(COUNT).map((i) => [`10${i}.jpg`, i % 3]),
        ),
        'sample_submission.csv': csvOf(['image_id', 'label'], [['2216849948.jpg', 4]]),
      };
    },
    shape: [60, 80, 3],
    classes: ['0', '1', '2'],
    labels: labelsOf(3),
    ids: ['2216849948.jpg'],
    columns: ['image_id', 'label'],
  },
  {
    name: 'State Farm',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      const rows: string[][] = [];
      for (const i of range(50)) {
        files[`imgs/train/c${i % 10}/img_${100 + i}.jpg`] = await picture(i, 32, 24);
        rows.push([`p0${Math.floor(i / 10)}`, `c${i % 10}`, `img_${100 + i}.jpg`]);
      }
      for (const id of [1, 10, 3]) files[`imgs/test/img_${id}.jpg`] = await picture(id, 32, 24);
      return {
        ...files,
        'driver_imgs_list.csv': csvOf(['subject', 'classname', 'img'], rows),
        'sample_submission.csv': csvOf(
          ['img', ...behaviours],
          ['img_1.jpg', 'img_10.jpg', 'img_3.jpg'].map((id) => [id].concat(behaviours.map(() => '0.1'))),
        ),
      };
    },
    shape: [24, 32, 3],
    classes: behaviours,
    labels: range(50).map((i) => i % 10),
    ids: ['img_1.jpg', 'img_10.jpg', 'img_3.jpg'],
    columns: ['img', 'label'],
    probabilities: { columns: behaviours },
  },
  {
    name: 'Dogs vs Cats',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      for (const i of range(COUNT)) files[`train/${['cat', 'dog'][i % 2]}.${i}.jpg`] = await picture(i % 2, 40, 30);
      for (const id of [1, 2, 10]) files[`test/${id}.jpg`] = await picture(id, 40, 30);
      return {
        ...files,
        'sample_submission.csv': csvOf(
          ['id', 'label'],
          [1, 2, 10].map((id) => [id, 0.5]),
        ),
      };
    },
    shape: [30, 40, 3],
    classes: ['cat', 'dog'],
    labels: [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
    ids: ['1', '2', '10'],
    columns: ['id', 'label'],
    probabilities: { of: 1 },
  },
  {
    name: 'histopathologic cancer',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      const name = (i: number): string => `${(i * 7919 + 10).toString(16)}f0`;
      for (const i of range(COUNT)) files[`train/${name(i)}.tif`] = await picture(i % 2, 16, 16, 'tiff');
      for (const id of ['0b', '0a']) files[`test/${id}.tif`] = await picture(1, 16, 16, 'tiff');
      return {
        ...files,
        'train_labels.csv': csvOf(
          ['id', 'label'],
          range(COUNT).map((i) => [name(i), i % 2]),
        ),
        'sample_submission.csv': csvOf(
          ['id', 'label'],
          [
            ['0b', 0],
            ['0a', 0],
          ],
        ),
      };
    },
    shape: [16, 16, 3],
    classes: ['0', '1'],
    labels: labelsOf(2),
    ids: ['0b', '0a'],
    columns: ['id', 'label'],
  },
  {
    name: 'APTOS',
    files: async () => {
      const files: Record<string, Buffer | string> = {};
      for (const i of range(25)) files[`train_images/0${i}aa.png`] = await picture(i % 5, 50 + i, 40, 'png');
      for (const id of ['ff', '0c']) files[`test_images/${id}.png`] = await picture(1, 50, 40, 'png');
      return {
        ...files,
        'train.csv': csvOf(
          ['id_code', 'diagnosis'],
          range(25).map((i) => [`0${i}aa`, i % 5]),
        ),
        'test.csv': csvOf(['id_code'], [['ff'], ['0c']]),
        'sample_submission.csv': csvOf(
          ['id_code', 'diagnosis'],
          [
            ['ff', 0],
            ['0c', 0],
          ],
        ),
      };
    },
    shape: [40, 40, 3],
    classes: range(5).map(String),
    labels: range(25).map((i) => i % 5),
    ids: ['ff', '0c'],
    columns: ['id_code', 'diagnosis'],
  },
];

export { idxFiles, npy, picture, recordsOf, tarOf, writeFiles };

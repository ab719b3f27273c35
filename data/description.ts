/** The description of a competition as people and programs write it: a JSON file, checked by one schema. */

import { metricNames } from './metrics/index.ts';
import { z } from 'zod';
import { AXIS_ORDERS } from './axes.ts';

/** What a data folder calls its description. */
export const DESCRIPTION_FILE = 'competition.json';

const LARGEST_SIDE = 1024;
export const MOST_CLASSES = 10_000;

const text = (most = 200) => z.string().min(1).max(most);
const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, { error: () => 'small letters, digits, dots and dashes, at most 64' });
/** Absolute paths and `..` would lead out of the data folder. */
const path = text(500).refine((value) => !/^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)/i.test(value), {
  error: () => 'a path inside the data folder',
});
const column = z.union([text(), z.int().min(1).max(1_000_000)], {
  error: () => 'the name of a column, or its position from 1',
});

const tableFile = {
  file: path.describe('name of the table, plain, .gz, or in an archive'),
  header: z.boolean().default(true).describe('whether the first line names the columns'),
  delimiter: z
    .enum([',', ';', '\t', ' '])
    .default(',')
    .describe('what separates columns; a space also stands for several'),
  rows: z
    .strictObject({ column, values: z.array(z.string().max(200)).min(1).max(1000) })
    .nullable()
    .default(null)
    .describe('takes only the rows with one of these values in a column, such as Usage'),
};
const order = z
  .enum(AXIS_ORDERS)
  .default('HWC')
  .describe('order of the pixels: WHC for transposed images, CHW for plane after plane');
const scale = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low < high, { error: () => 'two numbers, the smaller one first' })
  .default([0, 255])
  .describe('values of black and white in the file; bytes are made of the values between');
const arrayFile = z.strictObject({
  file: path.describe('.npy or .npz'),
  key: text().nullable().default(null).describe('name of the array in a .npz that has several'),
});

/** Where a text of each training image stands. */
const part = z.union(
  [
    column,
    z.strictObject({
      file: path.describe('another table, such as driver_imgs_list.csv'),
      id: column.describe('column that names the images'),
      column,
      header: tableFile.header,
      delimiter: tableFile.delimiter,
    }),
    z.strictObject({ level: z.int().min(1).max(20).describe('folder below that of the images, from 1') }),
  ],
  {
    error: () => 'a column of the training table, {"file", "id", "column"} of another table, or {"level"} of a folder',
  },
);

const table = z.strictObject({
  format: z.literal('table'),
  ...tableFile,
  id: column.nullable().default(null).describe('column of the ids'),
  label: column.nullable().default(null).describe('column of the labels'),
  pixels: z
    .union([
      z.literal('others'),
      z.strictObject({ prefix: text(), first: z.int().min(0) }),
      z.strictObject({ column }),
      z.strictObject({ from: column, to: column }),
    ])
    .describe(
      'columns of the pixels: all others; those of a prefix and a number, in this order after the label and with nothing else; a range; or one column with all values',
    ),
  scale,
  order,
});
const folders = z.strictObject({
  format: z.literal('folders'),
  folder: path.describe('holds a folder for each class; . for the data folder itself'),
});
const files = z.strictObject({
  format: z.literal('files'),
  folder: path.describe('holds the images, also in folders of its own'),
  table: z
    .strictObject({
      ...tableFile,
      id: column,
      label: z
        .union([column, z.strictObject({ columns: z.array(column).min(2).max(MOST_CLASSES) })], {
          error: () => 'the name or position of a column, or {"columns"} with one for each class',
        })
        .nullable()
        .default(null)
        .describe('a column; or {"columns": […]}, one of zeros and ones for each class, in the order of the classes'),
    })
    .nullable()
    .default(null)
    .describe('names of the images, with or without suffix, and their labels; null for all images of the folder'),
  classInName: z
    .boolean()
    .default(false)
    .describe('whether the name of each image begins with its class, as in cat.0.jpg and dog_12.png'),
});
const numbered = z.strictObject({
  format: z.literal('numbered-png'),
  folder: path.describe('holds 1.png, 2.png, …'),
  table: z.strictObject({ file: path, id: text(), label: text() }).nullable().default(null),
});
const idx = z.strictObject({
  format: z.literal('idx'),
  images: path,
  labels: path.nullable().default(null),
  order: z.enum(['HWC', 'WHC']).default('HWC'),
  firstLabels: z
    .array(z.int().min(0))
    .default([])
    .describe('classes of the first images, by which files of the same names are told apart'),
});
const cifar = z.strictObject({
  format: z.literal('cifar'),
  archive: path.describe('name of the .tar, which may be packed as .tar.gz'),
  folder: path.describe('name of the folder in it'),
  files: z.array(path).min(1).max(100),
  labelBytes: z.int().min(1).max(2).default(1).describe('bytes before each image; the last one is the label'),
});
const arrays = z.strictObject({
  format: z.literal('arrays'),
  images: arrayFile,
  labels: arrayFile.nullable().default(null),
  scale,
  order,
});
const source = z.discriminatedUnion('format', [table, folders, files, numbered, idx, cifar, arrays]);
const sources = z
  .union([source, z.array(source).min(1).max(10)])
  .transform((value) => (Array.isArray(value) ? value : [value]));

export const descriptionSchema = z.strictObject({
  $schema: z.string().optional(),
  id: id.describe('short name; data/raw/ID and submissions/ID use it'),
  title: text().describe('name in words'),
  page: z
    .url()
    .nullable()
    .default(null)
    .describe(
      'where people get the files; the kaggle commands need https://www.kaggle.com/competitions/SLUG, the address of the competition',
    ),
  shape: z
    .strictObject({
      height: z.int().min(1).max(LARGEST_SIDE),
      width: z.int().min(1).max(LARGEST_SIDE),
      channels: z.union([z.literal(1), z.literal(3)], { error: () => '1 or 3' }),
    })
    .describe('what networks are trained at; image files are resized to it'),
  classes: z
    .array(text())
    .min(1)
    .max(MOST_CLASSES)
    .refine(isUnique, { error: () => 'different names' }),
  labels: z
    .union([z.enum(['index', 'name']), z.array(text()).min(1).max(MOST_CLASSES).refine(isUnique)], {
      error: () => 'index, name, or a list of different texts',
    })
    .default('name')
    .describe('how files write a label: position of the class from 0, its name, or the text for each class'),
  images: z
    .strictObject({
      fit: z.enum(['stretch', 'crop', 'pad']).default('stretch').describe('what happens to other proportions'),
      skipBroken: z
        .boolean()
        .default(false)
        .describe('leave out training images that cannot be read, and take a black image for such a test image'),
      ground: z
        .enum(['dark', 'light'])
        .nullable()
        .default(null)
        .describe('what grey images are drawn on, to which new images are brought; null: the training images tell'),
    })
    .prefault({})
    .describe('how image files are read'),
  train: sources.describe('where the training images are; the first of several that is there'),
  test: sources.nullable().default(null).describe('as train; null where there are none'),
  sampleSubmission: path.nullable().default(null),
  solution: path.nullable().default(null),
  submission: z
    .strictObject({
      id: text().default('id'),
      label: text().default('label'),
      firstId: z
        .int()
        .min(0)
        .nullable()
        .default(null)
        .describe('id of the first test image where ids count them; null for ids of the files'),
      probabilities: z
        .union(
          [
            z.null(),
            z.literal('each'),
            z.strictObject({ columns: z.array(text()).min(1).max(MOST_CLASSES).refine(isUnique) }),
            z.strictObject({ of: text() }),
          ],
          { error: () => 'null, "each", {"columns": [names]} or {"of": class}' },
        )
        .default(null)
        .describe(
          'null for labels; "each" for a column with the probability of each class, in the order of the sample submission; columns for names that are not those of the classes, in the order of the classes; of for the probability of one of two classes in the column `label`',
        ),
    })
    .prefault({})
    .describe('what a submission holds, and the names of its columns'),
  metric: z
    .enum(metricNames, { error: () => `one of ${metricNames.join(', ')}` })
    .default('accuracy')
    .describe('what a search looks for, and what scores are of'),
  group: part
    .nullable()
    .default(null)
    .describe('what says which images belong together, such as those of one person: no group is in two folds'),
  fold: part.nullable().default(null).describe('what says the fold of each image, in place of folds that are made'),
  stratify: z.boolean().default(true).describe('whether folds keep the shares of the classes'),
  generator: z
    .enum(['synthetic-digits'])
    .nullable()
    .default(null)
    .describe('draws the files of a built-in competition'),
  download: z
    .strictObject({
      mirrors: z.array(z.url()).min(1),
      files: z.array(z.strictObject({ name: path, bytes: z.int().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
    })
    .nullable()
    .default(null)
    .describe('files that anybody may download'),
});

export type Description = z.output<typeof descriptionSchema>;
/** As a file has it: what is left out has its default. */
export type WrittenDescription = z.input<typeof descriptionSchema>;
export type SourceDescription = z.output<typeof source>;
export type TableDescription = z.output<typeof table>;
export type FilesDescription = z.output<typeof files>;
export type ArraysDescription = z.output<typeof arrays>;
export type PartDescription = z.output<typeof part>;
/** Name, or position from 1. */
export type Column = z.output<typeof column>;

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

/** Why files are not understood, in sentences that name file and place. */

import { basename, dirname } from 'node:path';
import { integer } from '../../base/format.ts';
import { printable, quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { findSource } from '../archive.ts';
import { MOST_CLASSES } from '../description.ts';
import { isNumber } from '../in-order.ts';
import type { Inventory } from './inventory.ts';
import { eachLine } from './lines.ts';
import { wrongFile } from '../wrong-download.ts';
import { filesOf, isTableFile, nameOf, type Table, type Tables } from './tables.ts';

const MOST_TABLES = 5;
const MOST_COLUMNS = 5;
const DECIMAL_COMMA = /^-?\d+,\d+$/;
/** A column of whole numbers of which so many rows have one of their own counts or measures something. */
const MOSTLY_DIFFERENT = 0.9;
const LEAST_VALUES = 20;
/** How programs write what is not there. */
const MISSING_NAME = /^(#?n\/?a|nan|null|none|undefined)$/i;

/** Kinds of files that people have images in and that are not read, and what to do with them. */
const unread: readonly (readonly [kind: string, name: RegExp, remedy: string])[] = [
  ['HDF5', /\.(h5|hdf5|he5)$/i, 'Save its arrays with numpy.savez.'],
  ['MATLAB', /\.mat$/i, 'Save its arrays with numpy.savez.'],
  ['Parquet', /\.(parquet|feather|arrow)$/i, 'Save its images as files, or its numbers as CSV.'],
  ['pickled', /\.(pkl|pickle|pt|pth)$|(^|\/)(data_batch_\d|test_batch)$/i, 'Save its arrays with numpy.savez.'],
  ['TensorFlow', /\.tfrec(ords?)?(-.*)?$/i, 'Save its images as files.'],
  ['BSON', /\.bson$/i, 'Save its images as files, and its labels as CSV.'],
  ['NIfTI', /\.nii$/i, 'Save its slices as PNG.'],
  ['sound', /\.(wav|mp3|ogg|flac)$/i, 'Save its spectrograms as PNG.'],
  ['film', /\.(mp4|avi|mov|mkv|webm)$/i, 'Save its frames as PNG.'],
  ['Excel', /\.(xlsx?|ods)$/i, 'Save it as CSV.'],
  ['DICOM', /\.(dcm|dicom)$/i, 'Save its images as PNG.'],
  [
    'an archive of another kind',
    /\.(rar|xz|txz|bz2|tbz2?|zst|lz4)$/i,
    'Unpack it there, or pack it as .zip or .tar.gz.',
  ],
  ['JSON', /(?<!-metadata)\.jsonl?$/i, 'Make a CSV of the names of images and their labels in it.'],
];
const MOST_FILES = 3;

/** @returns sentences on tables and on files of kinds that are not read; none for what may be anything, such as lists of names */
export async function whyNot(inventory: Inventory, tables: Tables): Promise<string[]> {
  const { files } = inventory;
  const known = filesOf(tables);
  const named = files.filter(isTableFile).slice(0, MOST_FILES);
  const noTables = await Promise.all(named.map((file) => whyNoTable(inventory.directory, file, known.has(file))));
  const unreadFiles = unread.flatMap(([kind, name, remedy]) => {
    const found = files.filter((file) => name.test(file));
    if (found.length === 0) return [];
    const more = found.length > 1 ? ` and ${found.length - 1} more` : '';
    const what = kind.startsWith('an ') ? kind : `a file of ${kind}`;
    return [
      `${printable(found[0], 80)}${more}: ${what.replace('of pickled', 'of pickled arrays')} is not read. ${remedy}`,
    ];
  });
  return [
    ...noTables.filter((sentence) => sentence !== null),
    ...unreadFiles,
    ...whyNoTables(tables.all),
    ...whyNested(inventory),
  ];
}

/** Archives in archives, which nothing unpacks. */
export function whyNested({ nested }: Inventory): string[] {
  if (nested.length === 0) return [];
  const [first] = nested;
  const more = nested.length > 1 ? ` and ${nested.length - 1} more` : '';
  return [
    `${printable(first, 80)}${more}: an archive within an archive is not read. Unpack ` +
      `${printable(first.slice(0, first.indexOf('/')), 60)} there.`,
  ];
}

function whyNoTables(tables: readonly Table[]): string[] {
  return tables.slice(0, MOST_TABLES).flatMap((table) => {
    if (table.ragged !== null) return [table.ragged];
    const { rows, columns, file } = table;
    const places = [...Array(columns).keys()];
    const texts = places.filter((place) => rows.some((row) => !isNumber(row[place])));
    const comma = rows.flat().find((cell) => DECIMAL_COMMA.test(cell));
    if (comma !== undefined && texts.length > 1) {
      return [
        `${file} writes numbers with a decimal comma, such as ${printable(comma, 20)}: expected a point. Replace the commas.`,
      ];
    }
    const numbers = columns - texts.length;
    if (texts.length < 2 || numbers < 2) return [];
    const names = texts.slice(0, MOST_COLUMNS).map((place) => nameOf(table, place));
    const more = texts.length > names.length ? ', …' : '';
    return [
      `${file} has ${texts.length} columns of text (${printable(names.join(', '), 120)}${more}) beside ${numbers} of numbers: ` +
        'tables of mixed columns are not meant, only rows of numbers that make an image, with one label.',
    ];
  });
}

/** Boxes of YOLO, in a file for each image. */
const BOXES_NAME = /(^|\/)labels\/(.*\/)?[^/]+\.txt$/i;

/** Why a file that is called like a table is none. */
async function whyNoTable(directory: string, file: string, isTable: boolean): Promise<string | null> {
  const lines: string[] = [];
  try {
    const source = await findSource(directory, file);
    if (!source) return null;
    await eachLine(source, (line) => {
      if (line.trim() !== '') lines.push(line.replace(/^\uFEFF/, ''));
      return lines.length === 2;
    });
  } catch (error) {
    return error instanceof UserError ? error.message : null;
  }
  const [first] = lines;
  const name = printable(file, 80);
  if (first === undefined) return `${name} is empty. Download it again.`;
  const wrong = wrongFile(name, first);
  if (wrong) return wrong.message;
  if (isTable) return null;
  if (first.includes('\0')) return `${name} is no text. Put the table itself there.`;
  if (BOXES_NAME.test(file) && /^\d+( -?[\d.]+){4,}$/.test(first.trim()))
    return `${name} tells places of objects in an image: finding objects is not meant, only one class for each image.`;
  if (lines.length === 1) return `${name} has one line alone (${quoted(first, 60)}), and no rows. Download it again.`;
  return null;
}

/** Names of folders that hold images of all classes. */
const NO_CLASS = /train|test|images?|imgs?|data|photos?|pictures?|all/i;

/** Images without anything that says their classes. */
export function whyNoImages({ images }: Inventory): string[] {
  if (images.length === 0) return [];
  const counts = new Map<string, number>();
  for (const path of images) {
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : 'the folder itself';
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const places = [...counts].slice(0, MOST_FILES).map(([folder, count]) => `${count} in ${printable(folder, 60)}`);
  const more = counts.size > places.length ? ', …' : '';
  const [example] = images;
  const found = `${places.join(', ')}${more}`;
  const remedy = 'one for each class; or a table of their names and labels';
  if (counts.size === 1 && example.includes('/') && !NO_CLASS.test(basename(dirname(example)))) {
    return [`All images are of one class (${found}). Expected two or more folders, ${remedy}.`];
  }
  return [
    `Nothing says the classes of the images (${found}), such as ${printable(example, 80)}. Expected two or more ` +
      `folders, ${remedy}; or names that begin with their class, as in cat.0.jpg.`,
  ];
}

/** Why a column is no label. @param values null for too many */
export const tooFewOrMany = (table: Table, place: number, values: readonly string[] | null): string =>
  `Column ${nameOf(table, place)} of ${table.file} has ` +
  (values === null
    ? `more than ${integer(MOST_CLASSES)} different values, so they are no classes. `
    : `one value alone, ${quoted(values[0] ?? '', 40)}, in all rows: expected two classes or more. `) +
  'Put the classes of the images there, or describe which other column is `label`.';

/**
 * What is odd about a column of labels.
 * @param values all that it has, different ones
 * @returns whether it cannot be one, and why; null for nothing
 */
export function oddLabels(
  table: Table,
  place: number,
  values: readonly string[],
): { readonly isRefused: boolean; readonly sentence: string } | null {
  const column = `Column ${nameOf(table, place)} of ${table.file}`;
  if (values.includes('')) {
    const row = table.rows.findIndex((cells) => cells[place] === '');
    const at = row < 0 ? '' : ` in line ${table.lines[row]}`;
    return {
      isRefused: true,
      sentence: `${column} is empty${at}: expected a label in every row. Fill it in, or remove such rows.`,
    };
  }
  const several = severalIn(values);
  if (several !== null) {
    return {
      isRefused: true,
      sentence:
        `${column} holds several labels for an image, such as ${quoted(several, 60)}: only one class for each image is meant. ` +
        'Keep one of them, or describe the column with its whole texts as `classes`.',
    };
  }
  const real = values.find((value) => isNumber(value) && !Number.isInteger(Number(value)));
  if (real !== undefined) {
    return {
      isRefused: true,
      sentence:
        `${column} holds real numbers, such as ${printable(real, 20)}: a quantity to be estimated is not meant, only classes. ` +
        'Name another column as `label` in a description, or make classes of the numbers.',
    };
  }
  const missing = values.find((value) => MISSING_NAME.test(value));
  if (missing !== undefined) {
    const row = table.rows.findIndex((cells) => cells[place] === missing);
    const at = row < 0 ? '' : ` in line ${table.lines[row]}`;
    return {
      isRefused: false,
      sentence: `${column} holds ${quoted(missing)}${at}: it was taken for a class. If it stands for a missing label, fill it in, or remove such rows.`,
    };
  }
  const seen = new Set(table.rows.map((row) => row[place])).size;
  const isQuantity = values.every(isNumber) && seen > LEAST_VALUES && seen >= MOSTLY_DIFFERENT * table.rows.length;
  return isQuantity
    ? {
        isRefused: false,
        sentence: `${column} has another number in almost every row: each of ${values.length} was taken for a class. If it is a quantity, it is not meant.`,
      }
    : null;
}

/** Fewer texts may be classes whose names have words in common. */
const LEAST_TAGGED = 12;

/**
 * A text of several labels, such as `scab rust` where `scab` and `rust` are texts too, or many texts made of few words.
 * @returns an example; null for names of classes
 */
function severalIn(values: readonly string[]): string | null {
  for (const separator of [/\s*[|;]\s*/, /\s*,\s*/, /\s+/]) {
    const wordsOf = new Map(values.map((value) => [value, value.split(separator).filter(Boolean)]));
    const joined = values.filter((value) => wordsOf.get(value)!.length > 1);
    if (joined.length === 0) continue;
    const areValues = joined.every((value) => wordsOf.get(value)!.every((word) => wordsOf.has(word)));
    const words = new Set([...wordsOf.values()].flat());
    if (areValues || (joined.length >= LEAST_TAGGED && words.size * 2 <= values.length)) return joined[0];
  }
  return null;
}

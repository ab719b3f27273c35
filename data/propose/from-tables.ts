/** A draft from tables of images: train, test, classes, scale. */

import { pixelSize } from '../../base/format.ts';
import { printable } from '../../base/printable.ts';
import { inOrder } from '../in-order.ts';
import type { Inventory } from './inventory.ts';
import { type Notes, notUsed } from './notes.ts';
import { partsOf, splitOf } from './parts.ts';
import { oddLabels, tooFewOrMany } from './why-not.ts';
import {
  asImageTable,
  describeTable,
  type Draft,
  type ImageTable,
  labelWithoutHeader,
  nameOf,
  scaleOf,
  shapeOf,
  submissionColumns,
  type Table,
  type Tables,
  valuesOf,
} from './tables.ts';

const TEST_NAME = /(^|[^a-z])(tests?|tes|t10k|eval)([^a-z]|$)/i;

/** @returns null if no table holds images with labels */
export async function fromTables(_: Inventory, tables: Tables, notes: Notes): Promise<Draft | null> {
  const labelName = submissionColumns(tables.sample)?.label ?? null;
  const isTest = ({ table }: Pick<ImageTable, 'table'>): boolean => TEST_NAME.test(table.file);
  const images = tables.all.flatMap((table) => {
    const image = asImageTable(table, labelName);
    return image ? [isTest(image) ? image : withOddLabel(image)] : [];
  });
  if (images.length === 0) return null;
  const candidates = images.filter(
    (image) => !isTest(image) && (image.label >= 0 || (image.table.header === null && image.id < 0)),
  );
  const train = candidates.toSorted((a, b) => rank(b) - rank(a))[0];
  if (!train) {
    const named = images.map(({ table }) => `${table.file} (${beginningOf(table.header)})`);
    notes.unclear.push(
      `No table of images has a column of labels: ${named.join(', ')}. Expected one called label, class or target, beside those of the pixels.`,
    );
    return null;
  }
  notes.unclear.push(...images.flatMap(({ table, odd }) => [table.ragged, odd].filter((one) => one !== null)));
  const hasHeader = train.table.header !== null;
  // Without a header the label was counted with the pixels.
  const known =
    hasHeader || train.label >= 0 ? { place: train.label, isGuess: false } : await labelWithoutHeader(train);
  const label = known.place;
  const ones = hasHeader ? null : columnsOfOnes(train.table);
  if (ones !== null) {
    notes.unclear.push(
      `${train.table.file} ends with ${ones} columns of zeros and ones, one for each class: expected one column with the classes. ` +
        'Put their numbers in place of these columns.',
    );
    return null;
  }
  const size = train.size - Number(train.label < 0 && train.list < 0);
  const found = shapeOf(size);
  const classes = await valuesOf(train.table, label);
  const { file } = train.table;
  if (!found) {
    notes.unclear.push(
      `${file} has ${size} numbers in a row: neither a square image, in grey or in three colours, nor up to 1,024 numbers.`,
    );
    return null;
  }
  if (!classes || classes.length < 2) {
    notes.unclear.push(tooFewOrMany(train.table, label, classes));
    return null;
  }
  const odd = oddLabels(train.table, label, classes);
  if (odd) notes.unclear.push(odd.sentence);
  if (odd?.isRefused) return null;
  const { scale, stray } = await scaleOf({ ...train, label });
  if (stray !== null) notes.unclear.push(stray);
  const { shape, isGuess } = found;
  notes.understood.push(
    `${file}: ${pixelSize(shape)}${shape.channels === 3 ? ' colour' : ''} images in ` +
      `${train.list >= 0 ? `column ${nameOf(train.table, train.list)}` : `${size} columns`}, values ${scale.join(' … ')}, ` +
      `${classes.length} classes in column ${nameOf(train.table, label)}.`,
  );
  if (known.isGuess) {
    notes.unclear.push(
      `${file} has no header, and both its first and its last column may be the label: column ${label + 1} was taken, which has fewer values.`,
    );
  }
  if (isGuess)
    notes.unclear.push(`${size} numbers are no square image: each row is taken for one line of ${size} pixels.`);
  if (shape.channels === 3)
    notes.unclear.push('Colours are taken pixel by pixel; if they are plane after plane, write "order": "CHW".');
  if (/emnist/i.test(file)) notes.understood.push('The images of EMNIST are transposed ("order": "WHC").');

  const parts = await partsOf(train.table, notes, train.id);
  const usage = train.usage >= 0 ? await splitOf(train.table, train.usage, notes) : null;
  if (usage) {
    const at = (values: string[]) => ({ column: nameOf(train.table, train.usage), values });
    const source = (values: string[]) => describeTable(train, label, scale, at(values), { id: train.id });
    return {
      shape,
      classes,
      ...parts,
      train: source(usage.train),
      test: usage.test.length > 0 ? source(usage.test) : null,
    };
  }
  const others = images.filter((image) => image !== train && isTest(image) && image.list >= 0 === train.list >= 0);
  const test =
    others.find((image) => sizeOf(image) === size && image.label >= 0) ??
    others.find((image) => sizeOf(image) === size);
  const twin = others.find(
    (image) => image.table.file === file.replace(/train|tra\b/i, (word) => (/train/i.test(word) ? 'test' : 'tes')),
  );
  const chosen = twin ?? test ?? others.find((image) => image.table.header === null && image.size === size + 1);
  const unused = images.filter((image) => image !== train && image !== chosen);
  notes.understood.push(...notUsed(unused.map(({ table }) => table.file)));
  if (!chosen)
    return { shape, classes, ...parts, train: describeTable(train, label, scale, null, { id: train.id }), test: null };
  // The same layout as the training table where there are no names.
  const testLabel = chosen.table.header ? chosen.label : chosen.size === size + 1 ? label : -1;
  notes.understood.push(`${chosen.table.file}: the test images${testLabel >= 0 ? ', with labels' : ''}.`);
  return {
    shape,
    ...parts,
    classes: testLabel >= 0 ? await together(classes, chosen, testLabel) : classes,
    train: describeTable(train, label, scale, null, { id: train.id }),
    test: describeTable(chosen, testLabel, scale, null, { id: chosen.id }),
  };
}

/** One column of numbers among pixels that are named by a prefix and a number is the label, whatever it is called. */
function withOddLabel(image: ImageTable): ImageTable {
  const { table, label, list, id } = image;
  const { header } = table;
  if (!header || label >= 0 || list >= 0) return image;
  const prefixes = header.map((name) => /^(.*?)\d+$/.exec(name)?.[1] ?? null);
  const counts = new Map<string | null, number>();
  for (const prefix of prefixes) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  const [usual] = [...counts].toSorted((a, b) => b[1] - a[1])[0];
  const odd = [...header.keys()].filter((place) => place !== id && prefixes[place] !== usual);
  return usual !== null && odd.length === 1 ? { ...image, label: odd[0], size: image.size - 1 } : image;
}

/** How many columns at the end have one 1 in each row, after as many as a square image has; null for none. */
function columnsOfOnes({ rows, columns }: Table): number | null {
  if (!shapeOf(columns - 1)?.isGuess) return null;
  const counts = [...Array(Math.min(columns - 1, MOST_ONES)).keys()].slice(2);
  const isOneEach = (row: readonly string[], count: number): boolean => {
    const values = row.slice(columns - count).map(Number);
    return (
      values.every((value) => value === 0 || value === 1) && values.reduce<number>((sum, value) => sum + value, 0) === 1
    );
  };
  const isMeant = (count: number): boolean =>
    shapeOf(columns - count)?.isGuess === false && rows.every((row) => isOneEach(row, count));
  return counts.find(isMeant) ?? null;
}

const MOST_ONES = 200;

const beginningOf = (header: readonly string[] | null): string =>
  header === null ? 'no header' : printable(header.slice(0, 3).join(', '), 60) + (header.length > 3 ? ', …' : '');

/** Those called train before others, then the largest images. */
const rank = ({ table, size }: ImageTable): number => (/train|tra\b/i.test(table.file) ? 1e9 : 0) + size;

const sizeOf = ({ size }: ImageTable): number => size;

/** Classes that only test images have are classes too. */
async function together(classes: readonly string[], { table }: ImageTable, label: number): Promise<string[]> {
  const more = (await valuesOf(table, label)) ?? [];
  return inOrder([...new Set([...classes, ...more])]);
}

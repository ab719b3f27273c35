/** Proposes a description of what lies in a folder. */

import { basename, resolve } from 'node:path';
import { quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import type { WrittenDescription } from '../description.ts';
import { fromArrays, fromIdx } from './from-arrays.ts';
import { fromImages } from './from-images.ts';
import { fromTables } from './from-tables.ts';
import { takeInventory } from './inventory.ts';
import type { Notes } from './notes.ts';
import { isNumber } from '../in-order.ts';
import { type Draft, lookAtTables, submissionColumns, type Table } from './tables.ts';
import { whyNested, whyNoImages, whyNot } from './why-not.ts';

export interface Proposal {
  /** Null where nothing is understood. */
  readonly description: WrittenDescription | null;
  /** Sentences: what was recognised. */
  readonly understood: readonly string[];
  /** Sentences: what a person should look at. */
  readonly unclear: readonly string[];
  /** Whether the folder has files at all. */
  readonly isEmpty: boolean;
}

/**
 * Looks at names, headers, first rows and the sample submission; at whole columns of labels.
 * @param taken ids that mean other competitions
 * @throws UserError if the folder cannot be read
 */
export async function propose(directory: string, taken: readonly string[] = []): Promise<Proposal> {
  const inventory = await takeInventory(directory);
  const tables = await lookAtTables(inventory);
  const faults = [...new Set([...inventory.faults, ...tables.faults])];
  const notes: Notes = { understood: [], unclear: [...faults] };
  const ways = [
    () => fromArrays(inventory, notes),
    () => fromIdx(inventory, notes),
    () => fromTables(inventory, tables, notes),
    () => fromImages(inventory, tables, notes),
  ];
  for (const way of ways) {
    let draft;
    try {
      draft = await way();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      notes.unclear.push(error.message);
      continue;
    }
    if (!draft) continue;
    const quantity = quantityOf(tables.sample, draft.classes);
    if (quantity !== null) {
      return { description: null, understood: [], unclear: [quantity], isEmpty: false };
    }
    const { shape, images, train, test, group, fold } = draft;
    const { classes, labels } = asWholeNumbers(draft);
    const description: WrittenDescription = {
      id: idOf(directory, taken),
      title: basename(resolve(directory)) || 'Data',
      shape,
      classes,
      ...(labels && labels !== 'name' && { labels }),
      ...(images && { images }),
      train: withoutDefaults(train),
      ...(test && { test: withoutDefaults(test) }),
      ...(group !== undefined && { group }),
      ...(fold !== undefined && { fold }),
      ...(tables.sample && { sampleSubmission: tables.sample.file }),
      ...(tables.solution && { solution: tables.solution.file }),
      ...submissionOf(tables.sample, classes, notes),
    };
    if (!test) {
      notes.unclear.push(
        'There are no test images: everything is scored on folds, and there is nothing to submit.',
        ...whyNested(inventory),
      );
    }
    return { description, ...notes, isEmpty: false };
  }
  const reasons = await whyNot(inventory, tables);
  notes.unclear.push(...reasons.filter((sentence) => !faults.includes(sentence)));
  if (notes.unclear.length === faults.length) notes.unclear.push(...whyNoImages(inventory));
  return { description: null, ...notes, isEmpty: inventory.files.length === 0 };
}

/** Labels that are written as real numbers, such as `3.0000`, name the classes of whole numbers. */
function asWholeNumbers({ classes, labels = 'name' }: Draft): Pick<WrittenDescription, 'classes' | 'labels'> {
  const names = classes.map((name) => name.replace(/\.0+$/, ''));
  const areReal = classes.every((name) => /^-?\d+\.0+$/.test(name));
  const isMeant = labels === 'name' && areReal && new Set(names).size === names.length;
  return isMeant ? { classes: names, labels: classes } : { classes, labels };
}

/** What the sample submission says of submissions, and of the metric where it holds probabilities. */
function submissionOf(
  sample: Table | null,
  classes: readonly string[],
  notes: Notes,
): Pick<WrittenDescription, 'submission' | 'metric'> {
  const columns = submissionColumns(sample);
  if (!sample?.header || !columns) return { submission: { id: 'id', label: 'label' } };
  if (sample.header.length === 2) return oneColumn(sample, columns, classes, notes);
  const [id, ...names] = sample.header;
  const areNumbers = sample.rows.every((row) => row.slice(1).every(isProbability));
  if (!areNumbers || names.length !== classes.length) {
    notes.unclear.push(
      `${sample.file} has ${sample.header.length} columns, which are no probabilities of the ${classes.length} classes: ` +
        'submissions are proposed with one label for each id.',
    );
    return { submission: { id, label: 'label' } };
  }
  notes.understood.push(`${sample.file}: submissions with ${names.length} columns of probabilities beside ${id}.`);
  notes.unclear.push(`${LOG_LOSS} Change \`metric\` if the competition scores otherwise.`);
  const isSame = names.every((name) => classes.includes(name));
  if (!isSame)
    notes.unclear.push('The columns have other names than the classes: that they have their order is a guess.');
  return { metric: 'log-loss', submission: { id, probabilities: isSame ? 'each' : { columns: names } } };
}

const LOG_LOSS = 'Log loss is a guess, because submissions hold probabilities.';

function oneColumn(
  { file, header, rows }: Table,
  columns: { id: string; label: string },
  classes: readonly string[],
  notes: Notes,
): Pick<WrittenDescription, 'submission' | 'metric'> {
  notes.understood.push(`${file}: submissions with the columns ${header!.join(' and ')}.`);
  const values = rows.map((row) => row[1]);
  const [, second] = classes;
  const several = values.find((value) => !classes.includes(value) && classes.includes(value.split(' ')[0]));
  if (several !== undefined) {
    notes.unclear.push(
      `${file} has several labels for an image, such as ${quoted(several, 60)}: submissions are proposed with one.`,
    );
  }
  if (classes.length !== 2) return { submission: columns };
  // An example of a label is a class; 0 and 1 may be both.
  if (values.every(isProbability) && values.some((value) => !classes.includes(value))) {
    notes.unclear.push(
      `${columns.label} is a probability in ${file}: that of ${second} is a guess. ${LOG_LOSS} ` +
        'Change `submission.probabilities` and `metric` if the competition wants others.',
    );
    return { metric: 'log-loss', submission: { ...columns, probabilities: { of: second } } };
  }
  if (classes.join() === '0,1') {
    notes.unclear.push(
      `Whether ${columns.label} is a label or the probability of 1, as ROC AUC and log loss want it: ${file} does not say. ` +
        'For probabilities add "probabilities": {"of": "1"} to `submission`.',
    );
  }
  return { submission: columns };
}

/** Real numbers as labels are no classes, though those of the training images may be whole. */
function quantityOf(sample: Table | null, classes: readonly string[]): string | null {
  if (sample?.header?.length !== 2 || !classes.every(isNumber)) return null;
  const value = sample.rows
    .map((row) => row[1])
    .find((text) => isNumber(text) && !Number.isInteger(Number(text)) && !isProbability(text));
  return value === undefined
    ? null
    : `${sample.file} has real numbers as labels, such as ${value}: a quantity to be estimated is not meant, only classes. ` +
        'Make classes of the numbers, or describe them.';
}

const isProbability = (text: string): boolean => isNumber(text) && Number(text) >= 0 && Number(text) <= 1;

/** An id made of the name of the folder: `Größe` becomes `grosse`. */
function idOf(directory: string, taken: readonly string[]): string {
  const words = basename(resolve(directory))
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^a-z0-9._]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|-+$/g, '');
  const id = words.slice(0, 60) || 'data';
  return taken.includes(id) ? `my-${id}` : id;
}

const defaults: Readonly<Record<string, string>> = {
  header: 'true',
  delimiter: '","',
  rows: 'null',
  id: 'null',
  label: 'null',
  key: 'null',
  table: 'null',
  scale: '[0,255]',
  order: '"HWC"',
  firstLabels: '[]',
  classInName: 'false',
};

/** A person reads it: what says nothing is left out. */
function withoutDefaults<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([key, inner]) => defaults[key] !== JSON.stringify(inner));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutDefaults(inner)])) as T;
}

/** Proposes a description of what lies in a folder. */

import { basename, resolve } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import type { WrittenDescription } from '../description.ts';
import { fromArrays, fromIdx } from './from-arrays.ts';
import { fromImages } from './from-images.ts';
import { fromTables } from './from-tables.ts';
import { takeInventory } from './inventory.ts';
import type { Notes } from './notes.ts';
import { lookAtTables, submissionColumns, type Table } from './tables.ts';

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
  const notes: Notes = { understood: [], unclear: [] };
  const tables = await lookAtTables(inventory);
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
    const { shape, classes, labels, images, train, test, group, fold } = draft;
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
      submission: { ...submissionOf(tables.sample, notes) },
    };
    if (!test)
      notes.unclear.push('There are no test images: everything is scored on folds, and there is nothing to submit.');
    return { description, ...notes, isEmpty: false };
  }
  return { description: null, ...notes, isEmpty: inventory.files.length === 0 };
}

function submissionOf(sample: Table | null, notes: Notes): WrittenDescription['submission'] {
  const columns = submissionColumns(sample);
  if (!sample?.header || !columns) return { id: 'id', label: 'label' };
  if (sample.header.length === 2) {
    notes.understood.push(`${sample.file}: submissions with the columns ${sample.header.join(' and ')}.`);
    return columns;
  }
  notes.unclear.push(
    `${sample.file} has ${sample.header.length} columns, such as probabilities of each class: this program writes one label for each id.`,
  );
  return { id: columns.id, label: 'label' };
}

/** An id made of the name of the folder. */
function idOf(directory: string, taken: readonly string[]): string {
  const words = basename(resolve(directory))
    .toLowerCase()
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
};

/** A person reads it: what says nothing is left out. */
function withoutDefaults<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([key, inner]) => defaults[key] !== JSON.stringify(inner));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutDefaults(inner)])) as T;
}

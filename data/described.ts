/** Makes a competition of its description. */

import { dirname, resolve } from 'node:path';
import { printable, quoted } from '../base/printable.ts';
import { readJsonSync } from '../base/json.ts';
import { UserError } from '../base/user-error.ts';
import type { Competition } from './competition.ts';
import {
  type Description,
  DESCRIPTION_FILE,
  descriptionSchema,
  type SourceDescription,
  type TableDescription,
} from './description.ts';
import type { ImageFormat } from './format.ts';
import { arrays } from './formats/arrays.ts';
import { cifar } from './formats/cifar.ts';
import { csv, pixelColumns } from './formats/csv.ts';
import { idx } from './formats/idx.ts';
import { files, folders } from './formats/image-files.ts';
import { png } from './formats/png.ts';
import { table } from './formats/table.ts';
import type { ProbabilityForm } from './probability-form.ts';
import { writeSyntheticDigits } from './synthetic.ts';

const generators = { 'synthetic-digits': (directory: string) => writeSyntheticDigits(directory) };

/**
 * @param directory where the files are unless another folder is named
 * @throws UserError if its parts contradict one another
 */
export function competitionOf(description: Description, directory?: string): Competition {
  const { id, title, page, shape, classes, labels, images, train, sampleSubmission, solution, submission, metric } =
    description;
  const test = description.test ?? [];
  const { probabilities, ...columns } = submission;
  const form = probabilities && formOfProbabilities(description, probabilities);
  expectLabels(description);
  const folds = foldsOf(description);
  const format = (source: SourceDescription): ImageFormat => formatOf(source, description);
  const values = train.find((source) => source.format === 'table' || source.format === 'arrays');
  return {
    id,
    directory,
    title,
    page,
    shape,
    classes,
    metric,
    ...(folds && { folds }),
    form: { fit: images.fit, ground: images.ground, scale: values?.scale ?? [0, 255], order: values?.order ?? 'HWC' },
    files: { train: train.map(format), test: test.map(format), sampleSubmission, solution },
    testIsLabelled: test.length > 0 && test.every(isLabelled),
    submission: { ...columns, labels, ...(form && { probabilities: form }) },
    ...(description.download && { download: description.download }),
    ...(description.generator && { generate: generators[description.generator] }),
  };
}

/**
 * Reads and checks a description.
 * @param path of the file, whose folder holds the data
 * @throws UserError naming the file and the place in it
 */
export function readDescription(path: string, changed: Partial<Description['images']> = {}): Competition {
  const description = readJsonSync(path, descriptionSchema, {
    what: 'the description of a competition',
    remedy: `Name a ${DESCRIPTION_FILE}, or let the data command propose one.`,
  });
  const images = { ...description.images, ...changed };
  return {
    ...competitionOf({ ...description, images }, dirname(resolve(path))),
    description: resolve(path),
    ...(images.skipBroken && !description.images.skipBroken && { skipsBroken: true }),
  };
}

/** Whether each image comes with its class. */
export function isLabelled(source: SourceDescription): boolean {
  switch (source.format) {
    case 'table':
      return source.label !== null;
    case 'folders':
    case 'cifar':
      return true;
    case 'files':
      return source.classInName || (source.table !== null && source.table.label !== null);
    case 'numbered-png':
      return source.table !== null;
    case 'idx':
    case 'arrays':
      return source.labels !== null;
  }
}

/** @throws UserError for a class that there is not, or another number of columns than of classes */
function formOfProbabilities(
  { id, classes }: Description,
  written: NonNullable<Description['submission']['probabilities']>,
): ProbabilityForm {
  const fail = (what: string): never => {
    throw new UserError(`The description of ${id}: expected \`submission.probabilities\` ${what}. Correct it.`);
  };
  if (written === 'each') return { columns: classes };
  if ('columns' in written) {
    const { length } = written.columns;
    return length === classes.length
      ? written
      : fail(`to have ${classes.length} \`columns\`, one for each class, got ${length}`);
  }
  const of = classes.indexOf(written.of);
  if (of === -1) fail(`to be \`of\` a class, ${printable(classes.join(' or '), 200)}, got ${quoted(written.of, 60)}`);
  if (classes.length !== 2) fail(`"each" for ${classes.length} classes, got that of one, which two classes have`);
  return { of };
}

function expectLabels({ id, classes, labels, train, test }: Description): void {
  const fail = (what: string): never => {
    throw new UserError(`The description of ${id}: expected ${what}. Correct it.`);
  };
  if (typeof labels === 'object' && labels.length !== classes.length) {
    fail(`a text in \`labels\` for each of the ${classes.length} classes, got ${labels.length}`);
  }
  if (!train.every(isLabelled)) fail('labels of the training images: a column, a file, or a folder for each class');
  for (const source of [...train, ...(test ?? [])]) {
    const label = source.format === 'files' ? source.table?.label : null;
    if (typeof label === 'object' && label && label.columns.length !== classes.length) {
      fail(`a column in \`label\` for each of the ${classes.length} classes, got ${label.columns.length}`);
    }
  }
  if (test && new Set(test.map(isLabelled)).size > 1) fail('all forms of the test images with labels, or none');
}

/** @returns undefined for stratified folds */
function foldsOf({ id, group, fold, stratify, train }: Description): Competition['folds'] {
  if (group === null && fold === null) return stratify ? undefined : { isStratified: false, part: null };
  const [is, at] = group === null ? (['fold', fold!] as const) : (['group', group] as const);
  const fail = (what: string): never => {
    throw new UserError(`The description of ${id}: expected ${what}.`);
  };
  if (group !== null && fold !== null) fail('`group` or `fold`, got both. Leave one of them out');
  const hasColumns = (source: SourceDescription): boolean =>
    source.format === 'table' || (source.format === 'files' && source.table !== null);
  if (typeof at !== 'object' && !train.every(hasColumns)) {
    fail(
      `\`${is}\` to be {"file", "id", "column"} of a table beside the images, or {"level"} of a folder, got a column, ` +
        `which ${train.find((source) => !hasColumns(source))!.format} do not have. Correct it`,
    );
  }
  return { isStratified: stratify, part: { is, at } };
}

function formatOf(source: SourceDescription, description: Description): ImageFormat {
  const { shape, labels, images, submission, sampleSubmission } = description;
  const options = { fit: images.fit, skipBroken: images.skipBroken, labels };
  switch (source.format) {
    case 'table':
      return isPlain(source) && labels === 'index' && !isColumn(description.group ?? description.fold)
        ? csv(source.file, { label: source.label ?? 'label', pixels: pixelColumns(shape, source.pixels) })
        : table(source, labels);
    case 'folders':
      return folders(source.folder, options);
    case 'files': {
      // Without a table of their own test images are those of the sample, whose ids then are its.
      const isTest = description.test?.includes(source) ?? false;
      const sample =
        isTest && sampleSubmission !== null
          ? {
              file: sampleSubmission,
              id: submission.id,
              label: null,
              header: true,
              delimiter: ',' as const,
              rows: null,
            }
          : null;
      return files(source.folder, source.table ?? sample, {
        ...options,
        ...(source.classInName && { classInName: true }),
      });
    }
    case 'numbered-png': {
      const columns = source.table && { ...source.table, firstId: submission.firstId ?? 1, labels };
      return png(source.folder, source.table && columns && { file: source.table.file, columns });
    }
    case 'idx':
      return idx(source, labels);
    case 'cifar':
      return cifar(source);
    case 'arrays':
      return arrays(source, labels);
  }
}

const isColumn = (part: Description['group']): boolean => typeof part === 'string' || typeof part === 'number';

type PlainTable = TableDescription & { label: string | null; pixels: { prefix: string; first: number } };

/** A label, then bytes in columns of a prefix and nothing else: what Kaggle's tables of digits are. */
const isPlain = (source: TableDescription): source is PlainTable =>
  typeof source.pixels === 'object' &&
  'prefix' in source.pixels &&
  typeof source.label !== 'number' &&
  source.header &&
  source.delimiter === ',' &&
  source.id === null &&
  source.rows === null &&
  source.order === 'HWC' &&
  source.scale.join() === '0,255';

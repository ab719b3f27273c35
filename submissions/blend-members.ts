/** What a blend is made of: runs, and tables of probabilities from elsewhere. */
import { resolve } from 'node:path';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { type Competition, type LoadedOnce, parseProbabilities } from '../data/index.ts';
import { pickRows } from '../pipeline/index.ts';
import { foldsText, nameOfRun, readRecord, type RunRecord } from '../records/index.ts';
import { rowsInOrder } from './agreement.ts';
import { type BlendWay, isFitted } from './blend.ts';
import { summingToOne } from './probability-table.ts';
import { runProbabilities } from './run-probabilities.ts';
import { formOfText, readSubmissionText } from './submission.ts';

/** A table with the probabilities of the test images, and one with those of the training images, out of fold. */
export interface BlendFile {
  readonly file: string;
  readonly outOfFold?: string;
}

export type BlendSource = { readonly folder: string } | BlendFile;

export interface Member {
  /** Name of the run, or the file. */
  readonly name: string;
  /** Null for a file. */
  readonly record: RunRecord | null;
  /** f32[test images × classes] */
  readonly test: Float32Array;
  /** f32[rows × classes]; null for a file without such. */
  readonly outOfFold: Float32Array | null;
  /** The training images that these are of, by their positions among all. */
  readonly rows: Uint32Array;
}

export interface MemberImages {
  readonly competition: Competition;
  readonly dataDir?: string;
  readonly loaded: LoadedOnce;
  readonly testIds: readonly string[];
  readonly trainIds: readonly string[];
}

/** @throws UserError if a file holds something else, or a run has kept nothing or is one of other images */
export async function loadMember(
  source: BlendSource,
  { competition, dataDir, loaded, testIds, trainIds }: MemberImages,
): Promise<Member> {
  if ('folder' in source) {
    const { record, test, outOfFold } = await runProbabilities(source.folder, { dataDir, loaded });
    return {
      name: nameOfRun(record),
      record,
      test: test?.probabilities ?? new Float32Array(0),
      outOfFold: outOfFold.probabilities,
      rows: outOfFold.rows,
    };
  }
  if (testIds.length === 0) {
    throw new UserError(
      `${displayPath(source.file)}: expected a competition with test images, got ${competition.id}, which has none. ` +
        'Blend runs alone.',
    );
  }
  return {
    name: displayPath(source.file),
    record: null,
    test: await readTable(source.file, competition, testIds, 'test'),
    rows: Uint32Array.from(trainIds.keys()),
    outOfFold:
      source.outOfFold === undefined ? null : await readTable(source.outOfFold, competition, trainIds, 'training'),
  };
}

/** Sums of rows are as far from 1 as numbers of few digits make them. */
const SUM_TOLERANCE = 0.01;

/**
 * Probabilities of each class, as `--probabilities` writes them or as the competition wants them, in the order of the ids.
 * @param images which ids these are, for the messages
 * @returns f32[ids × classes], sums of 1
 */
async function readTable(
  file: string,
  competition: Competition,
  ids: readonly string[],
  images: 'test' | 'training',
): Promise<Float32Array> {
  const { submission, classes } = competition;
  const { name, text } = await readSubmissionText(file, 'a table of probabilities');
  const { probabilities: wanted } = submission;
  const usual = wanted !== undefined && 'of' in wanted ? wanted : { columns: classes };
  const form = formOfText(text, competition) ?? usual;
  const found = parseProbabilities(name, text, { ...submission, classes: classes.length, form });
  const rows = rowsInOrder(ids, found.ids, (missing) => {
    const got = missing ?? `${found.ids.length} rows`;
    return (
      `${name}: expected probabilities of the ${ids.length} ${images} images of ${competition.id}, got ${got}. ` +
      'Name a table with an id of each.'
    );
  });
  const size = classes.length;
  for (const row of rows) {
    const sum = found.probabilities.subarray(row * size, (row + 1) * size).reduce((total, p) => total + p, 0);
    if (Math.abs(sum - 1) <= SUM_TOLERANCE) continue;
    throw new UserError(
      `${name}: expected probabilities that sum to 1, got ${sum.toPrecision(4)} for id ${printable(found.ids[row])}. ` +
        'Divide each row by its sum if they are meant as shares.',
    );
  }
  return pickRows(Float32Array.from(summingToOne(found.probabilities, size)), rows, size);
}

/**
 * The records of the runs among the sources.
 * @throws UserError unless the runs can be blended with each other, and each source is named once
 */
export async function checkedRecords(sources: readonly BlendSource[], way: BlendWay): Promise<RunRecord[]> {
  if (sources.length < 2) {
    throw new UserError('Expected two runs or more to blend, got one. Name another one.');
  }
  const files = sources.flatMap((source) => ('file' in source ? [source.file] : []));
  const twiceFile = files.find((file, i) => files.findIndex((other) => resolve(other) === resolve(file)) < i);
  if (twiceFile !== undefined) {
    throw new UserError(`Expected different files, got ${displayPath(twiceFile)} twice. Name it once.`);
  }
  const records: RunRecord[] = [];
  for (const source of sources) if ('folder' in source) records.push(await readRecord(source.folder));
  const twice = records.find(({ id }, i) => records.findIndex((one) => one.id === id) < i);
  if (twice !== undefined) throw new UserError(`Expected different runs, got ${nameOfRun(twice)} twice. Name it once.`);
  const unkept = records.find(({ probabilities }) => probabilities === undefined);
  if (unkept !== undefined) {
    throw new UserError(
      `${nameOfRun(unkept)}: expected a run that has kept its probabilities, got one of an earlier version. Train it again.`,
    );
  }
  const [first, ...others] = records;
  for (const other of others) {
    const refuse = (expected: string, got: string, remedy: string): never => {
      throw new UserError(
        `${nameOfRun(other)}: expected ${expected} as ${nameOfRun(first)} has, got ${got}. ${remedy}`,
      );
    };
    const [a, b] = [first.configuration, other.configuration];
    if (a.competition !== b.competition) refuse(a.competition, b.competition, 'Blend runs of one competition.');
    const { test, outOfFold } = first.probabilities!;
    const { test: otherTest, outOfFold: otherOutOfFold } = other.probabilities!;
    const isAlike = a.trainFolds !== undefined || b.trainFolds !== undefined || outOfFold.of === otherOutOfFold.of;
    if (!isAlike || test?.of !== otherTest?.of) {
      refuse('the same images', 'others', 'Blend runs that were trained on the same data.');
    }
    if (
      a.trainFolds === undefined &&
      b.trainFolds === undefined &&
      isFitted(way) &&
      (a.folds !== b.folds || a.seed !== b.seed)
    ) {
      refuse(
        `${a.folds} folds of seed ${a.seed}`,
        `${b.folds} of seed ${b.seed}`,
        'Blend runs of the same folds, or take --way mean or geometric, which fit nothing.',
      );
    }
  }
  expectSameHoldout(records);
  return records;
}

/**
 * Runs that have trained some of their folds must have predicted the same images out of fold; those that have predicted
 * all are cut down to these.
 */
function expectSameHoldout(records: readonly RunRecord[]): void {
  const [first, ...others] = records.filter(({ configuration }) => configuration.trainFolds !== undefined);
  const textOf = ({ configuration }: RunRecord): string => `${foldsText(configuration)} of seed ${configuration.seed}`;
  const other = others.find((one) => textOf(one) !== textOf(first));
  if (other === undefined) return;
  throw new UserError(
    `${nameOfRun(other)}: expected out-of-fold predictions of the same images as ${nameOfRun(first)} has, which trained ` +
      `${textOf(first)}, got those of ${textOf(other)}. Blend runs with the same --holdout, --train-folds and --seed.`,
  );
}

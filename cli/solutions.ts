/** Which solutions `--run` means, and the images on which they can be compared fairly. */
import { isDeepStrictEqual } from 'node:util';
import type { Setting } from '../analysis/index.ts';
import {
  type Competition,
  findCompetition,
  firstOf,
  pick,
  type LabelledImages,
  type LoadedOnce,
} from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { normalizationOf, type Plan, type Solution } from '../models/index.ts';
import { makeFolds, methodOfRun } from '../pipeline/index.ts';
import { nameOfRun, type RecordedRun, readRun, type RunRecord } from '../records/index.ts';
import { loadAnswers, planOf } from '../submissions/index.ts';
import { findRunsAlike } from './runs.ts';

/** One weight vector of a run. */
export interface NamedSolution {
  /** Short, and different from those of the others. */
  readonly name: string;
  readonly record: RunRecord;
  /** The plan of its network. */
  readonly plan: Plan;
  /** Counted from 0. */
  readonly fold: number;
  readonly index: number;
  readonly weights: Float32Array;
  /** All solutions that the run keeps of the fold. */
  readonly recorded: readonly Solution[];
}

/** Least number of images: fewer give no useful estimate of the error. */
const FEWEST_IMAGES = 100;

/**
 * Reads what `--run` names: by method, by run or a part of its name, or by folder, each with `@FOLD` or
 * `@FOLD.SOLUTION`, both counted from 1. Without it, the first fold and its first solution are meant. Methods mean their
 * newest runs of one competition and model.
 * @throws UserError if a name means no run or several, or the runs are of different competitions or models
 */
export async function readSolutions(
  names: readonly string[],
  competition?: Pick<Competition, 'id'>,
): Promise<NamedSolution[]> {
  const found: NamedSolution[] = [];
  const parts = names.map((name) => /^(.+?)(?:@(\d+)(?:\.(\d+))?)?$/.exec(name) ?? [name, name]);
  const folders = await findRunsAlike(
    parts.map(([, run]) => run),
    competition?.id,
  );
  for (const [i, [, , fold = '1', index = '1']] of parts.entries()) {
    const recorded = await readRun(folders[i]);
    found.push(solutionOf(recorded, await planOf(recorded), Number(fold) - 1, Number(index) - 1));
  }
  for (const other of found) checkAlike(found[0], other);
  return withNames(found);
}

/** All solutions of the fold that a single name means, where the run has several. */
export async function readFoldSolutions(name: string, competition?: Pick<Competition, 'id'>): Promise<NamedSolution[]> {
  const [, run, fold = '1'] = /^(.+?)(?:@(\d+))?$/.exec(name) ?? [name, name];
  const [folder] = await findRunsAlike([run], competition?.id);
  const recorded = await readRun(folder);
  const plan = await planOf(recorded);
  const first = solutionOf(recorded, plan, Number(fold) - 1, 0);
  return withNames(recorded.solutions[first.fold].map((_, index) => solutionOf(recorded, plan, first.fold, index)));
}

/**
 * The images of a comparison. Training images are those that all of the solutions were trained on. Test images are the
 * labelled ones of the competition where there are such, else training images that none of them was trained on.
 * @param count most images of each
 * @throws UserError if there are too few
 */
export async function imagesOf(
  solutions: readonly NamedSolution[],
  loaded: LoadedOnce,
  { dataDir, count, competition }: { dataDir: string | undefined; count: number; competition: Competition },
): Promise<Pick<Setting, 'train' | 'test'> & { readonly testSource: string }> {
  const images = await loaded.train();
  const [train, heldOut] = commonRows(solutions, images);
  const answered = await labelledTest(competition, loaded, dataDir);
  const test = answered ?? pick(images, heldOut.subarray(0, count));
  for (const [rows, what] of [
    [train.length, 'trained on'],
    [test.count, 'not trained on'],
  ] as const) {
    if (rows < FEWEST_IMAGES) {
      throw new UserError(
        `Expected at least ${FEWEST_IMAGES} images that all of these runs were ${what}, got ${rows}. ` +
          'Compare the same fold of runs that have the same seed and as many folds.',
      );
    }
  }
  return {
    train: pick(images, train.subarray(0, count)),
    test: firstOf(test, count),
    testSource: answered ? 'labelled test images' : 'training images that none of the solutions was trained on',
  };
}

/** Rows that all folds have trained on, in the order of the first one, and those that none has. */
function commonRows(solutions: readonly NamedSolution[], images: LabelledImages): [Uint32Array, Uint32Array] {
  const folds = solutions.map(({ record: { configuration }, fold }) => makeFolds({ ...configuration, images })[fold]);
  const common = (parts: readonly Uint32Array[]): Uint32Array => {
    const sets = parts.slice(1).map((rows) => new Set(rows));
    return parts[0].filter((row) => sets.every((set) => set.has(row)));
  };
  return [common(folds.map(({ train }) => train)), common(folds.map(({ validation }) => validation))];
}

async function labelledTest(
  competition: Competition,
  images: LoadedOnce,
  dataDir: string | undefined,
): Promise<LabelledImages | null> {
  if (!competition.testIsLabelled && competition.files.solution === null) return null;
  const test = await images.test();
  const answers = await loadAnswers(competition, test, { dataDir });
  if (!answers) return null;
  const labels = new Uint16Array(new SharedArrayBuffer(test.images.count * Uint16Array.BYTES_PER_ELEMENT));
  for (const [i, row] of answers.rows.entries()) labels[row] = answers.labels[i];
  return pick({ ...test.images, labels }, answers.rows);
}

export const competitionOf = ([{ record }]: readonly NamedSolution[]): Competition =>
  findCompetition(record.configuration.competition);

function solutionOf({ record, solutions: folds }: RecordedRun, plan: Plan, fold: number, index: number): NamedSolution {
  const solutions = folds[fold];
  if (!solutions) {
    throw new UserError(`${nameOfRun(record)}: expected a fold from 1 to ${folds.length} after @, got ${fold + 1}.`);
  }
  if (!solutions[index]) {
    throw new UserError(
      `${nameOfRun(record)}: expected a solution from 1 to ${solutions.length} of fold ${fold + 1}, got ${index + 1}.`,
    );
  }
  const { title } = methodOfRun(record.configuration.method);
  return { name: title, record, plan, fold, index, weights: solutions[index].weights, recorded: solutions };
}

function checkAlike(one: NamedSolution, another: NamedSolution): void {
  const { id, configuration: first } = one.record;
  const { id: otherId, configuration: other } = another.record;
  for (const key of ['competition', 'model'] as const) {
    if (first[key] === other[key]) continue;
    throw new UserError(
      `Expected runs of the same ${key}, got ${id} of ${first[key]} and ${otherId} of ${other[key]}. Name others.`,
    );
  }
  if (!isDeepStrictEqual(normalizationOf(one.plan), normalizationOf(another.plan))) {
    throw new UserError(
      `Expected runs that normalise pixels alike, got ${id} and ${otherId}, which do not. Name others, or train again.`,
    );
  }
}

/** Method, and what tells solutions of the same method apart. */
function withNames(solutions: readonly NamedSolution[]): NamedSolution[] {
  const differs = (values: readonly unknown[]): boolean => new Set(values).size > 1;
  return solutions.map((solution) => {
    const same = solutions.filter(({ name }) => name === solution.name);
    const { fold, index, record } = solution;
    const parts = [
      differs(same.map((other) => other.record.configuration.seed)) && `seed ${record.configuration.seed}`,
      differs(same.map((other) => other.fold)) && `fold ${fold + 1}`,
      differs(same.map((other) => other.index)) && `point ${index + 1}`,
    ].filter((part) => part !== false);
    return { ...solution, name: [solution.name, ...parts].join(' ') };
  });
}

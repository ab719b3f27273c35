/** Copies, merges and renames stored studies; nothing of a study that is there is overwritten. */
import { printable, quoted, shownJson } from '../base/printable.ts';
import { addedMark, addedTrial, type AddedTrialDetails } from './added-trial.ts';
import { directionsOf } from './direction.ts';
import { expectName, type Params } from './distributions.ts';
import { isFinished, type FrozenTrial } from './frozen-trial.ts';
import type { Outcome } from './outcome.ts';
import { readStudy, type StudySnapshot } from './read-study.ts';
import { DifferentTrials } from './same-trials.ts';
import { numbered } from './storage/claims.ts';
import { type Storage, type StudyDefinition } from './storage/storage.ts';
import { StudyError } from './study-error.ts';

/**
 * Adds a finished trial to a study that nobody here runs: see `Study.addTrial`.
 * @throws as that
 */
export async function addTrial(
  storage: Storage,
  name: string,
  params: Params,
  outcome: Outcome,
  details: AddedTrialDetails = {},
): Promise<FrozenTrial> {
  const { definition, trials } = await readStudy(storage, name);
  const [added] = await storage.addTrials(name, [addedTrial(params, outcome, details, definition, trials)]);
  return added;
}

/**
 * Makes a study with the definition and all trials of another one, in the same store or in another. It goes on as the
 * other one would, and is replayed alike. A trial that runs there waits here.
 * @throws StudyError if there is a study of the new name; RangeError for a senseless name
 */
export async function copyStudy(study: StudySnapshot, to: Storage, name: string): Promise<void> {
  expectName('a study name', name);
  await to.addStudy({ ...study.definition, name }, study.trials.map(atRest));
}

const atRest = (trial: FrozenTrial): FrozenTrial =>
  trial.state === 'RUNNING' ? { ...trial, state: 'WAITING' } : trial;

export interface Merged {
  /** Trials that came to those of the first study. */
  readonly added: number;
  /** Finished trials of the other studies that were there already. */
  readonly alreadyThere: number;
}

/**
 * Makes a study of several of a store: the first one as it is, and the finished trials of the others as trials that were
 * added, but for those of copies, which are there already (`DifferentTrials`).
 * @throws StudyError if the values of the studies cannot be compared, or there is a study of the new name
 */
export async function mergeStudies(storage: Storage, names: readonly string[], name: string): Promise<Merged> {
  expectName('a study name', name);
  const [first, ...others] = await Promise.all(names.map((one) => readStudy(storage, one)));
  for (const other of others) expectComparable(first.definition, other.definition);
  const different = new DifferentTrials();
  different.take(first);
  const added: FrozenTrial[] = [];
  for (const other of others) {
    for (const trial of different.take(other)) added.push({ ...trial, seen: addedMark });
  }
  await storage.addStudy({ ...first.definition, name }, numbered([...first.trials.map(atRest), ...added], 0));
  const finished = others.flatMap(({ trials }) => trials.filter(isFinished)).length;
  return { added: added.length, alreadyThere: finished - added.length };
}

function expectComparable(a: StudyDefinition, b: StudyDefinition): void {
  const refuse = (what: string, one: string, other: string): StudyError =>
    new StudyError(
      `Studies ${quoted(a.name)} and ${quoted(b.name)} cannot be merged, since their ${what} are not the same: ` +
        `${one} and ${other}. Merge studies of one task.`,
    );
  const directions = [a, b].map((one) => [...directionsOf(one), ...(one.metricNames ?? [])].join(', '));
  if (directions[0] !== directions[1]) throw refuse('objectives', directions[0], directions[1]);
  const spaces = [a, b].map(({ space }) =>
    space === null ? 'none' : Object.entries(space).map(kindOf).toSorted().join(', '),
  );
  if (spaces[0] !== spaces[1]) throw refuse('parameters', printable(spaces[0], 1_000), printable(spaces[1], 1_000));
  const tasks = [a, b].map(({ task }) => JSON.stringify(task));
  if (tasks[0] !== tasks[1]) throw refuse('tasks', shownJson(a.task), shownJson(b.task));
}

const kindOf = ([name, { kind }]: [string, { readonly kind: string }]): string => `${name} (${kind})`;

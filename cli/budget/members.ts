/** Trains the members of a submit within a budget one after the other, and blends what there is after each. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { capitalized } from '../../base/format.ts';
import { displayPath } from '../../base/paths.ts';
import { UserError } from '../../base/user-error.ts';
import { BLEND, DivergedError, expectTwoPoints, meritOf, stepsPerEpoch } from '../../pipeline/index.ts';
import { deleteRun, listRuns, nameOfRun, readRecord, type RunRecord, type SubmitResult } from '../../records/index.ts';
import {
  type BudgetState,
  blendRuns,
  type KeptBudget,
  type NamedRecipe,
  type NextMember,
  type Order,
  parametersOf,
  type Recipe,
  trainedRecipe,
} from '../../submissions/index.ts';
import type { Session } from '../command.ts';
import { RUNS_DIRECTORY, trainAndSubmit } from '../submissions.ts';
import { tryToTag } from '../tags.ts';
import { type Ground, trainingOf } from '../training.ts';
import { blendName, memberName } from './names.ts';
import type { Settings } from './settings.ts';
import { changeSentence, gainSentence, leftOutSentence } from './text.ts';
import { watchClock } from './watch.ts';

export interface Task {
  readonly ground: Ground;
  readonly named: NamedRecipe;
  readonly settings: Settings;
  /** As it was planned at first. */
  readonly plan: Recipe;
  /** In milliseconds. Default: none. */
  readonly budget: number | undefined;
}

export interface Work {
  /** Changes with each member. */
  readonly state: BudgetState;
  readonly order: Order;
  /** With the time that earlier processes have used. */
  readonly usedMs: () => number;
  readonly kept: KeptBudget;
}

/** @throws UserError if not one member could be trained; AbortError when the session is stopped */
export async function trainMembers(task: Task, work: Work, session: Session): Promise<void> {
  const { state, order, usedMs, kept } = work;
  const { progress } = session;
  await takeUp(state);
  const keep = (): Promise<void> => kept.keep(() => ({ ...state, usedMs: usedMs() }));
  const told = new Set<string>();
  const planned = new Map(task.plan.members.map(({ name, epochs }) => [name, epochs as number]));
  let failure: Error | null = null;
  for (;;) {
    await keep();
    await blendIfNew(task, work, session);
    const next = order.next(state);
    for (const left of next.leftOut) {
      if (planned.has(left.name) && !told.has(left.name)) progress.note(leftOutSentence(left));
      told.add(left.name);
    }
    const [member] = next.members;
    if (member === undefined) break;
    const change = changeSentence(member, planned.get(member.member.name));
    if (change) progress.note(change);
    planned.set(member.member.name, member.epochs);
    told.delete(member.member.name);
    state.trainFolds = next.trainFolds;
    state.current = { name: member.member.name, epochs: member.epochs };
    await keep();
    const failed = await trainMember(task, work, member, session);
    failure ??= failed;
    state.current = null;
  }
  if (state.trained.length === 0) throw failure ?? new UserError('No member could be trained.');
}

/** @returns why it has no run; null if it has one */
async function trainMember(
  task: Task,
  { state, order, usedMs }: Work,
  next: NextMember,
  { signal, progress }: Session,
): Promise<Error | null> {
  const { ground, settings, named, budget } = task;
  const { member, epochs } = next;
  const { name, model, method } = member;
  const trainFolds = state.trainFolds!;
  const parameters = parametersOf(member);
  const began = usedMs();
  const left = ((budget ?? Infinity) - began) / 1000;
  const { seconds: planned } = next;
  // Before there is a submission, nothing is worth more than one.
  const isWatched = state.trained.length > 0 && budget !== undefined && planned !== null;
  const watch = isWatched ? watchClock({ planned, left, budget: budget / 1000 }) : null;
  progress.step(`${capitalized(name)}: ${model}.`);
  try {
    const { count } = await ground.images.train();
    expectTwoPoints(method, parameters, epochs, stepsPerEpoch(count, settings.folds, parameters.batchSize));
    const result = await trainAndSubmit(
      await trainingOf(ground, model, settings.engine),
      {
        ...settings,
        trainFolds: trainFolds === settings.folds ? undefined : trainFolds,
        name: memberName(state.prefix, name),
        epochs,
        methods: [{ id: method, parameters, paramsFrom: `${name} of the recipe ${named.name}` }],
        recipe: recipeOf(task, state, { name, epochs, seconds: null }),
      },
      { progress, signal: watch ? AbortSignal.any([signal, watch.signal]) : signal },
      { isReported: false, onShare: watch?.onShare, becomesLatest: await isBest(state) },
    );
    const { run } = result.methods[method];
    const { folds } = await readRecord(run);
    const seconds = (usedMs() - began) / 1000;
    const threads = folds.map((fold) => fold.seconds);
    order.learn(name, epochs, trainFolds, threads, seconds);
    state.trained.push({ name, epochs, run, seconds });
    return null;
  } catch (error) {
    const why = signal.aborted ? null : (watch?.stopped() ?? null);
    if (why === 'slow') {
      order.learnSlowness(watch!.times());
      progress.note(
        `${name} is stopped: it takes ${watch!.times().toFixed(1)} times as long as planned. What is left is planned again.`,
      );
      return null;
    }
    if (why === null && !(error instanceof DivergedError || error instanceof UserError)) throw error;
    const reason = why === null ? (error as Error).message : 'It took longer than planned, and the budget ends.';
    // What is wrong with the first member is wrong with all, but for a divergence.
    if (error instanceof UserError && state.trained.length === 0) throw error;
    progress.note(`${name} is left out. ${reason}`);
    state.given.push(name);
    return error as Error;
  } finally {
    watch?.end();
  }
}

/** The members so far and those that follow, as a recipe that trains them again. */
export function recipeOf(
  { named, settings: { folds, seed, tta } }: Pick<Task, 'named' | 'settings'>,
  { trained, trainFolds }: BudgetState,
  ...more: readonly { readonly name: string; readonly epochs: number; readonly seconds: number | null }[]
): Recipe {
  const members = [...trained, ...more].map(({ name, epochs, seconds }) => ({
    member: named.recipe.members.find((member) => member.name === name)!,
    epochs,
    seconds,
  }));
  return trainedRecipe(named, members, { folds, trainFolds: trainFolds!, seed, tta });
}

/** Blends the members, unless there is one alone, or a blend of them. */
async function blendIfNew(task: Task, { state, order, usedMs }: Work, session: Session): Promise<void> {
  const { ground, settings } = task;
  const { trained, blends, prefix } = state;
  if (trained.length < 2 || blends.some(({ members }) => members === trained.length)) return;
  const { progress, signal } = session;
  const name = blendName(prefix, trained.length);
  const began = usedMs();
  const { competition, images } = ground;
  const { dataDir, solution: solutionFile, probabilities, outDir, tag } = settings;
  const { submit, pairs, best, own } = await blendRuns(
    {
      sources: trained.map(({ run }) => ({ folder: run })),
      way: 'weights',
      competition,
      images,
      dataDir,
      solutionFile,
      probabilities,
      outDir,
      name,
      runsDir: RUNS_DIRECTORY,
      recipe: recipeOf(task, state),
    },
    {
      signal,
      onBegin: () => progress.step(`Blending ${trained.map((member) => member.name).join(', ')}.`),
      onMoved: (sentence) => progress.warn(sentence),
      becomesLatest: await isBest(state),
    },
  );
  const { run } = submit!.methods[BLEND];
  const seconds = (usedMs() - began) / 1000;
  order.learnBlend(seconds);
  const at = trained.findIndex((member) => memberName(prefix, member.name) === best);
  const sentence = gainSentence(name, best!, pairs[at].outOfFold, own.outOfFold?.metric !== undefined);
  blends.push({ run, seconds, members: trained.length, sentence });
  await tryToTag(progress, 'run', [basename(run)], tag);
  progress.note(sentence);
}

/** After an interruption: finds runs that had no time to be noted. @throws UserError if one that was noted is gone */
async function takeUp(state: BudgetState): Promise<void> {
  const { current, prefix, trained, blends } = state;
  for (const { run } of [...trained, ...blends]) {
    await readRecord(run).catch((cause: unknown) => {
      throw new UserError(
        `Expected the runs that this budget has made so far, got none in ${displayPath(run)}: it was deleted or damaged. ` +
          '--restart begins anew, with another --name if you gave one.',
        { cause },
      );
    });
  }
  if (current !== null) {
    const run = await finishedRun(memberName(prefix, current.name));
    if (run !== null) {
      const isNoted = trained.some(({ name }) => name === current.name);
      if (!isNoted) trained.push({ ...current, run, seconds: (await readRecord(run)).seconds });
      state.current = null;
    }
  }
  const members = trained.length;
  if (members < 2 || blends.some((blend) => blend.members === members)) return;
  const run = await finishedRun(blendName(prefix, members));
  if (run !== null) blends.push({ run, members, seconds: (await readRecord(run)).seconds, sentence: null });
}

/** The run of that name; null if there is none with a submission. A blend without one is made again. */
async function finishedRun(name: string): Promise<string | null> {
  for (const folder of await listRuns(RUNS_DIRECTORY)) {
    const record = await readRecord(folder).catch(() => null);
    if (record === null || nameOfRun(record) !== name) continue;
    if (existsSync(record.submission.file)) return folder;
    if (record.configuration.method === BLEND) await deleteRun(folder);
  }
  return null;
}

/** The run with the best score out of fold, of equals the newest; null if there is none. */
export async function bestRun({ trained, blends }: Pick<BudgetState, 'trained' | 'blends'>): Promise<RunRecord | null> {
  let best: RunRecord | null = null;
  for (const { run } of [...trained, ...blends]) {
    const record = await readRecord(run);
    if (best === null || meritOf(record.scores.outOfFold) >= meritOf(best.scores.outOfFold)) best = record;
  }
  return best;
}

/** Whether a submit of one method is at least as good as all runs so far. */
async function isBest(state: BudgetState): Promise<(result: SubmitResult) => boolean> {
  const best = await bestRun(state);
  return ({ methods }) =>
    best === null || meritOf(Object.values(methods)[0].outOfFold) >= meritOf(best.scores.outOfFold);
}

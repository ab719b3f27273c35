/** `submit --budget`: chooses the recipe, measures, plans, and trains what is planned. */
import { capitalized, counted, duration } from '../../base/format.ts';
import { prepareFolder } from '../../base/output-files.ts';
import { UserError } from '../../base/user-error.ts';
import { foldCount, type LabelledImages } from '../../data/index.ts';
import { engineOfBits } from '../../models/index.ts';
import { digestOf, digestOfImages, makeFolds } from '../../pipeline/index.ts';
import {
  chooseRecipe,
  findRecipe,
  isFor,
  fixedOrder,
  isPlan,
  keepBudget,
  type MeasuredMember,
  measureMembers,
  type BudgetState,
  type NamedRecipe,
  type Next,
  type Order,
  ownRecipes,
  readBudget,
  plannedOrder,
  type Recipe,
  trainedRecipe,
} from '../../submissions/index.ts';
import type { Report, Session } from '../command.ts';
import { imageNotes } from '../competition.ts';
import { USUAL_SEED } from '../options.ts';
import { RUNS_DIRECTORY, submissionsOf } from '../places.ts';
import type { Ground } from '../training.ts';
import { freshState } from './names.ts';
import { recipeOf, trainMembers } from './members.ts';
import { outcomeReport } from './outcome.ts';
import type { BudgetOptions, Settings } from './settings.ts';
import { budgetText, planText } from './text.ts';

/** Share of the budget in which all speeds are measured, and the longest for one of them. */
const MEASURED_SHARE = 0.02;
const LONGEST_MEASURED_MS = 2000;

/** @param startedAt when the command began, by `performance.now` */
export async function submitWithin(
  options: BudgetOptions,
  ground: Ground,
  session: Session,
  startedAt: number,
): Promise<Report> {
  const { budget, dryRun, restart } = options;
  const { competition } = ground;
  const { progress } = session;
  const images = await ground.images.train();
  const named = await recipeFor(options, images);
  const { recipe } = named;
  const settings = settingsOf(competition.id, options, recipe, images);
  const { folds, trainFolds, seed, tta, engine, name, outDir } = settings;
  makeFolds({ images, folds, trainFolds, seed });
  progress.note(`Recipe: ${named.name}. ${recipe.about}`);
  if (budget !== undefined && !isFor(recipe, { shape: images.shape, images: images.count, minutes: budget / 60_000 })) {
    progress.note(`${named.name} is meant for other images or another budget: see \`for\` in it.`);
  }
  const test = dryRun ? null : await ground.images.test();
  for (const note of imageNotes(images, folds, competition, test)) progress.note(note);

  const decides = [competition.id, digestOfImages(images), recipe, budget ?? null, engineOfBits(engine), outDir];
  const key = digestOf([...decides, { folds, trainFolds, seed, tta, name }]).slice(0, 32);
  const note = (sentence: string): void => progress.note(sentence);
  if (!dryRun) await prepareFolder(outDir);
  const kept = dryRun ? null : await keepBudget(RUNS_DIRECTORY, key, { restart, note });
  let isComplete = false;
  try {
    const earlier = kept ? kept.earlier : restart ? null : await readBudget(RUNS_DIRECTORY, key);
    const usedMs = (): number => (earlier?.usedMs ?? 0) + performance.now() - startedAt;
    // Before anything is measured, so that a name that is taken costs no time.
    const state = earlier ?? (await freshState(settings, recipe, budget));
    const order =
      budget === undefined
        ? fixedOrder({ ...recipe, trainFolds: trainFolds ?? folds })
        : await measuredOrder({ named, settings, images, budget, usedMs, state }, ground, session);
    const first = order.next(state);
    if (first.members.length === 0 && state.trained.length === 0) {
      if (earlier) throw nothingLeft(earlier, first);
      throw tooShort(named.name, budget!, first, usedMs());
    }
    const plan = trainedRecipe(named, first.members, { folds, trainFolds: first.trainFolds, seed, tta });
    if (earlier) progress.note(goesOn(earlier, budget));
    if (kept === null) {
      const open = first.members.map(({ member, epochs, seconds }) => ({ name: member.name, epochs, seconds }));
      const json = recipeOf({ named, settings }, { ...state, trainFolds: first.trainFolds }, ...open);
      return { json, text: planText(first, folds) || 'Nothing is left to train.' };
    }
    progress.note(planText(first, folds));
    const task = { ground, named, settings, plan, budget };
    await trainMembers(task, { state, order, usedMs, kept }, session);
    const report = await outcomeReport(task, state, usedMs, session);
    isComplete = true;
    return report;
  } finally {
    await kept?.end(isComplete);
  }
}

/** @throws UserError if there is no such recipe, or a budget is needed */
async function recipeFor(
  { recipe: wanted, budget }: BudgetOptions,
  { shape, count: images }: LabelledImages,
): Promise<NamedRecipe> {
  if (wanted === undefined) return chooseRecipe(await ownRecipes(), { shape, images, minutes: budget! / 60_000 });
  const named = await findRecipe(wanted);
  if (budget !== undefined || isPlan(named.recipe)) return named;
  throw new UserError(
    `Expected --budget beside --recipe ${wanted}, which leaves open how long its members are trained, got none. ` +
      'Add a time, such as --budget 20m.',
  );
}

/** What a person says comes before what the recipe says. */
function settingsOf(competition: string, options: BudgetOptions, recipe: Recipe, images: LabelledImages): Settings {
  const part = images.folds?.part;
  const most = part?.is === 'group' ? part.count : images.count;
  const folds = options.folds ?? foldCount(images, Math.max(2, Math.min(recipe.folds, most)));
  const trainFolds = options.trainFolds ?? (options.folds === undefined ? recipe.trainFolds : undefined);
  const { budget, recipe: _recipe, dryRun: _dryRun, ...others } = options;
  return {
    ...others,
    tag: budget === undefined ? options.tag : [...options.tag, `budget-${budgetText(budget)}`],
    outDir: options.outDir ?? submissionsOf(competition),
    folds,
    trainFolds: trainFolds && Math.min(trainFolds, folds),
    seed: options.seed ?? recipe.seed ?? USUAL_SEED,
    tta: options.tta ?? recipe.tta,
  };
}

interface ToMeasure {
  readonly named: NamedRecipe;
  readonly settings: Settings;
  readonly images: LabelledImages;
  readonly budget: number;
  readonly usedMs: () => number;
  readonly state: BudgetState;
}

async function measuredOrder(task: ToMeasure, ground: Ground, session: Session): Promise<Order> {
  const { settings, images, budget, usedMs } = task;
  const { workers, folds, trainFolds, tta } = settings;
  const testImages = (await ground.images.test()).images.count;
  return plannedOrder(
    await speedsOf(task, ground, session),
    { workers, trainImages: images.count, testImages, folds, views: tta ?? 0 },
    { secondsLeft: () => (budget - usedMs()) / 1000, budget: budget / 1000, wanted: trainFolds },
  );
}

/** Measures them, unless an interrupted process has with as many threads. Keeps them in the state. */
async function speedsOf(
  { named, settings: { engine, workers }, images, budget, usedMs, state }: ToMeasure,
  { competition, pool }: Ground,
  { progress, signal }: Session,
): Promise<readonly MeasuredMember[]> {
  const { members: all } = named.recipe;
  const { speeds } = state;
  if (speeds?.workers === workers)
    return all.flatMap((member) => (speeds.of[member.name] ? [{ member, speed: speeds.of[member.name] }] : []));
  const before = usedMs();
  const { members, unusable } = await measureMembers(pool, all, {
    images,
    classes: competition.classes.length,
    engine,
    workers,
    limitMs: Math.min(LONGEST_MEASURED_MS, (MEASURED_SHARE * budget) / all.length),
    signal,
  });
  for (const { name, reason } of unusable) progress.note(`${name} is left out. ${reason}`);
  progress.note(
    `Speeds: measured on ${counted(workers, 'thread')} of this machine, ${duration((usedMs() - before) / 1000)} in all.`,
  );
  state.speeds = { workers, of: Object.fromEntries(members.map(({ member, speed }) => [member.name, speed])) };
  return members;
}

const shortestOf = ({ leftOut }: Next): Next['leftOut'][number] =>
  leftOut.reduce((best, one) => (one.seconds < best.seconds ? one : best));

function nothingLeft({ usedMs }: BudgetState, first: Next): UserError {
  const { name, seconds, left } = shortestOf(first);
  return new UserError(
    `Expected time for a member in a budget that was interrupted after ${duration(usedMs / 1000)}, got too little: ` +
      `no member was trained, ${name} takes at least ${duration(seconds)}, and ${duration(Math.max(0, left))} are left for it. ` +
      '--restart begins anew.',
  );
}

function tooShort(recipe: string, budget: number, first: Next, usedMs: number): UserError {
  const shortest = shortestOf(first);
  const least = Math.ceil((usedMs / 1000 + shortest.seconds + LEAST_REST) * ROOM);
  return new UserError(
    `Expected a --budget of at least about ${budgetText(1000 * least)} for the recipe ${recipe} on this machine, ` +
      `got ${budgetText(budget)}: ${duration(usedMs / 1000)} have gone, mostly into measuring speeds, ${shortest.name} alone takes ${duration(shortest.seconds)}, ` +
      'and some time is kept for the end. Give it more time.',
  );
}

/** So that the budget that is proposed is enough another time. */
const ROOM = 1.1;
const LEAST_REST = 2;

function goesOn({ usedMs, trained, current }: BudgetState, budget: number | undefined): string {
  const used = `${capitalized(duration(usedMs / 1000))}${budget === undefined ? '' : ` of ${budgetText(budget)}`} used before`;
  const finished = `${trained.length === 0 ? 'nothing' : trained.map(({ name }) => name).join(', ')} trained`;
  const begun = current === null ? '' : `, ${current.name} begun`;
  return `Going on: ${used}, ${finished}${begun}. --restart begins anew.`;
}

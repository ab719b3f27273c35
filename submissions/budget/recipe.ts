/**
 * Recipes: which members a submit within a budget trains, as data. A recipe leaves open how long each member is trained;
 * a plan is a recipe in which all numbers are fixed.
 */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../../base/json.ts';
import { PROGRAM_ROOT } from '../../base/modules.ts';
import { unknownName } from '../../base/own-value.ts';
import { displayPath } from '../../base/paths.ts';
import { UserError } from '../../base/user-error.ts';
import { validate } from '../../base/validate.ts';
import type { ImageShape } from '../../data/index.ts';
import { modelNames } from '../../models/index.ts';
import {
  MOST_VIEWS,
  methodFor,
  methodNames,
  type Parameters,
  parametersSchema,
  unusedParameters,
} from '../../pipeline/index.ts';

const FOLDER = join(PROGRAM_ROOT, 'recipes');
const EXTENSION = '.json';
const MOST_EPOCHS = 100_000;
const MOST_MEMBERS = 20;
const FOLDS = 10;

const bounds = (of: string) =>
  z
    .strictObject({ least: z.number().min(0).optional(), most: z.number().min(0).optional() })
    .refine(({ least = 0, most = Infinity }) => least <= most, { error: () => 'with `least` up to `most`' })
    .optional()
    .describe(of);
const epochs = z.int().min(1).max(MOST_EPOCHS);
const name = z.string().regex(/^(?!blend)[a-z0-9][a-z0-9-]{0,30}$/, {
  error: () => 'small letters, digits and dashes, at most 31, not beginning with "blend"',
});

const memberSchema = z.strictObject({
  name: name.describe('what its run is called, after the name of the submit'),
  model: z.enum(modelNames),
  method: z.enum(methodNames).default('plain'),
  parameters: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('those that differ from the defaults of the method and the model'),
  share: z.number().positive().default(1).describe('how much of the time it gets, beside the shares of the others'),
  epochs: z
    .union([epochs, z.strictObject({ least: epochs, most: epochs })], {
      error: () => 'a number of epochs, or {"least", "most"}',
    })
    .refine((value) => typeof value === 'number' || value.least <= value.most, {
      error: () => 'with `least` up to `most`',
    })
    .describe('bounds, between which the plan chooses; a number in a plan'),
  seconds: z.number().min(0).optional().describe('how long a plan expects it to take; decides nothing'),
});

export const recipeSchema = z.strictObject({
  $schema: z.string().optional(),
  about: z.string().max(500).describe('what it is for, in a sentence'),
  for: z
    .strictObject({
      colour: z.boolean().optional().describe('whether images have colours'),
      shortSide: bounds('pixels of the shorter side'),
      longSide: bounds('pixels of the longer side'),
      images: bounds('number of training images'),
      minutes: bounds('budget'),
    })
    .default({})
    .describe('images and budgets for which it is chosen by itself; what is left out decides nothing'),
  onlyByName: z.boolean().optional().describe('true: the program never chooses it, and --recipe has to name it'),
  folds: z.int().min(2).max(256).default(FOLDS).describe('folds of all members; 10 hold a tenth of the images out'),
  trainFolds: z
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe('folds that are trained; left out, it is as many as threads work, or more where there is time'),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe('in a plan: the seed'),
  tta: z.int().min(1).max(MOST_VIEWS).optional().describe('views of each image that are predicted besides'),
  members: z
    .array(memberSchema)
    .min(1)
    .max(MOST_MEMBERS)
    .check(({ value: members, issues }) => {
      const names = members.map((member) => member.name);
      const at = names.findIndex((one, i) => names.indexOf(one) < i);
      if (at < 0) return;
      const path = [at, 'name'];
      issues.push({ code: 'custom', input: names[at], path, message: 'a name that no other member has' });
    })
    .describe('in the order in which they are trained; the last ones are left out first'),
});

export type Recipe = z.output<typeof recipeSchema>;
export type RecipeMember = Recipe['members'][number];

/** A recipe with what it is called. */
export interface NamedRecipe {
  readonly name: string;
  readonly recipe: Recipe;
}

/** The parameters of a member: those of the recipe over the defaults. */
export const parametersOf = ({ method, model, parameters }: RecipeMember): Parameters =>
  parametersSchema.parse({ ...methodFor(method, model).defaults, ...parameters });

/** Whether nothing is left open, so that it is trained without a budget. */
export const isPlan = ({ members, trainFolds }: Recipe): boolean =>
  trainFolds !== undefined && members.every((member) => typeof member.epochs === 'number');

/** @throws UserError for a file that is no recipe, or a parameter that is none or has no effect */
export async function readRecipe(file: string): Promise<NamedRecipe> {
  const recipe = await readJson(file, recipeSchema, {
    what: 'a recipe (JSON)',
    remedy: 'docs/best-score.md says what it holds.',
  });
  const where = displayPath(file);
  for (const member of recipe.members) {
    const of = `the parameters of ${member.name} in ${where}`;
    const { method, model, parameters } = member;
    const defaults = methodFor(method, model);
    validate(parametersSchema, { ...defaults.defaults, ...parameters }, of);
    const [unused] = unusedParameters(defaults, Object.keys(parameters) as (keyof Parameters)[], parameters);
    if (unused !== undefined)
      throw new UserError(
        `Expected ${of} to have an effect, got \`${unused}\`, which has none on ${method}. Remove it.`,
      );
  }
  if (recipe.trainFolds !== undefined && recipe.trainFolds > recipe.folds)
    throw new UserError(
      `Expected \`trainFolds\` in ${where} to be at most the ${recipe.folds} folds, got ${recipe.trainFolds}.`,
    );
  return { name: basename(file, EXTENSION), recipe };
}

/** All recipes of the program, by name. */
export async function ownRecipes(): Promise<NamedRecipe[]> {
  const names = (await readdir(FOLDER)).filter((file) => file.endsWith(EXTENSION)).toSorted();
  return Promise.all(names.map((file) => readRecipe(join(FOLDER, file))));
}

/** @param wanted name of a recipe of the program, or a file (.json) @throws UserError if there is none */
export async function findRecipe(wanted: string): Promise<NamedRecipe> {
  if (wanted.endsWith(EXTENSION)) return readRecipe(wanted);
  const recipes = await ownRecipes();
  const found = recipes.find((one) => one.name === wanted);
  if (found) return found;
  throw new UserError(
    `${unknownName(
      'recipe',
      wanted,
      recipes.map((one) => one.name),
    )} A recipe of your own is a file that ends in ${EXTENSION}.`,
  );
}

export interface Occasion {
  readonly shape: ImageShape;
  /** Training images. */
  readonly images: number;
  readonly minutes: number;
}

/** The recipe that is meant for the images and the budget; of several the one for the longest budgets, then for the most images. */
export function chooseRecipe(recipes: readonly NamedRecipe[], occasion: Occasion): NamedRecipe {
  const least = ({ recipe }: NamedRecipe): number[] => [
    recipe.for.minutes?.least ?? 0,
    recipe.for.images?.least ?? 0,
    Object.keys(recipe.for).length,
  ];
  const fitting = recipes.filter(({ recipe }) => recipe.onlyByName !== true && isFor(recipe, occasion));
  if (fitting.length === 0) throw new Error('no recipe is for all images');
  return fitting.reduce((best, one) => {
    const [a, b] = [least(one), least(best)];
    const differing = a.findIndex((value, i) => value !== b[i]);
    return differing >= 0 && a[differing] > b[differing] ? one : best;
  });
}

/** Whether the recipe is meant for the images and the budget. */
export function isFor({ for: of }: Recipe, { shape: { height, width, channels }, images, minutes }: Occasion): boolean {
  const within = (value: number, range: { least?: number; most?: number } | undefined): boolean =>
    value >= (range?.least ?? 0) && value <= (range?.most ?? Infinity);
  return (
    (of.colour === undefined || of.colour === channels > 1) &&
    within(Math.min(height, width), of.shortSide) &&
    within(Math.max(height, width), of.longSide) &&
    within(images, of.images) &&
    within(minutes, of.minutes)
  );
}

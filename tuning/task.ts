/** What a search is asked for, and how its study is named: by all that decides the value of a trial. */
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { type LabelledImages, pixelPieces } from '../data/index.ts';
import type { Measured } from '../base/format.ts';
import { unknownName } from '../base/own-value.ts';
import { UserError } from '../base/user-error.ts';
import { engineOfBits, type ModelName, type Plan } from '../models/index.ts';
import { type MethodName, type Parameters, parametersSchema, methodFor } from '../pipeline/index.ts';
import { validate } from '../base/validate.ts';
import { isMeasure, measureNames, type Limit, type MeasureName } from './measures.ts';
import type {
  Lag,
  Params,
  SearchSpace,
  PrunerName,
  SamplerName,
  StudyDefinition,
  TrialShape,
  JsonValue,
} from '../search/index.ts';

export interface SearchTask {
  readonly competition: string;
  /** Name of the study. Default: made of all that decides the value of a trial. */
  readonly name?: string;
  readonly model: ModelName;
  readonly plan: Plan;
  readonly engine: string;
  readonly method: MethodName;
  readonly images: LabelledImages;
  /** Finished trials that the study has at the end, those of earlier runs and of other processes included. */
  readonly trials: number;
  /** It joins a search, which has said how many trials the study shall have. Default: false. */
  readonly joins?: boolean;
  /** Trials that run at once; each trains its folds one after the other. */
  readonly workers: number;
  readonly epochs: number;
  readonly folds: number;
  readonly seed: number;
  readonly sampler: SamplerName;
  readonly pruner: PrunerName;
  /** As of `openStudy`. Default: that of the stored study, else `none`. */
  readonly lag?: Lag;
  /** What is searched. Default: the space of the method. */
  readonly space?: SearchSpace;
  /** Parameters that are not searched, in place of the method's defaults. */
  readonly fixed?: Params;
  /** What is wanted beside a good score. Default: nothing. */
  readonly objectives?: readonly MeasureName[];
  /** What a trial must keep to be one of the best. Default: nothing. */
  readonly constraints?: readonly Limit[];
  /** Name of a study in the storage whose trials the search learns from too. Default: that of the stored study, or none. */
  readonly prior?: string;
  /** Trials to be run first. */
  readonly enqueue?: readonly Params[];
  readonly timeoutMs?: number;
  /** Train so many of the best trials again, on a new seed and new folds, when the search has ended. Default: none. */
  readonly confirm?: number;
  /** Stop when so many trials in a row brought nothing better. Default: never. */
  readonly patienceTrials?: number;
  /** Stop when no more can be gained than the standard error of the best trial over its folds. Default: false. */
  readonly terminator?: boolean;
  /** An SQLite file, made with its folders if it is missing, or the URL of a database. */
  readonly storage: string;
  /** Folder for trials that are finished when the storage is lost; the next search of the study hands them in. */
  readonly unsavedDir: string;
}

/** What decides the value of a trial, beside its parameters: stored with the study. */
const taskSchema = z.strictObject({
  competition: z.string(),
  model: z.string(),
  method: z.string(),
  engine: z.string(),
  epochs: z.number(),
  folds: z.number(),
  /** Parameters that are neither searched nor as the schema has them: new ones leave old studies as they are. */
  fixed: z.record(z.string(), z.json()) as z.ZodType<Params>,
  /** Digest of images, labels, and what decides the folds. */
  images: z.string(),
  /** Absent for accuracy, as in studies of before there were others. */
  metric: z.string().optional(),
  /** Absent with the score alone. */
  objectives: z.array(z.enum(measureNames)).optional(),
  constraints: z.array(z.string()).optional(),
});

export type StudyTask = z.output<typeof taskSchema>;

/** What the trials of a study are about; null for a study that was not made by `searchMethod`. */
export function readTask({ task }: StudyDefinition): StudyTask | null {
  return taskSchema.safeParse(task).data ?? null;
}

/** What the first value of its trials is. */
export function measuredIn(definition: StudyDefinition): Measured {
  const task = readTask(definition);
  return task === null ? 'unknown' : measuredBy(task.metric);
}

/** @param metric absent for accuracy */
export const measuredBy = (metric: string | undefined): Measured => (metric === undefined ? 'accuracy' : 'metric');

/** Names of its constraints on the score, not on a measure beside it. */
export const scoreConstraints = (definition: StudyDefinition): readonly string[] =>
  (readTask(definition)?.constraints ?? []).filter((text) => !isMeasure(text.split(/[<>]/)[0]));

/** How the reports of its trials belong to folds; undefined for a study that was not made by `searchMethod`. */
export function shapeOf(definition: StudyDefinition): TrialShape | undefined {
  const task = readTask(definition);
  return task === null ? undefined : { folds: task.folds, stepsPerFold: task.epochs };
}

/**
 * Trials can only be compared when they were made alike: all that matters is part of the name, most of it as a digest.
 * @example 'digit-recognizer/digit-cnn/swa/5b223552'
 */
export function studyName(task: SearchTask, settings = settingsOf(task)): string {
  const { competition, model, method, epochs, folds, seed, sampler, pruner, prior } = task;
  if (task.name !== undefined) return task.name;
  const settled = [epochs, folds, seed, sampler, pruner, ...(prior === undefined ? [] : [prior])];
  const digest = digestOf([...setupOf(task, settings), ...settled]);
  return `${competition}/${model}/${method}/${digest}`;
}

/** What earlier versions called the study: it goes on where it is there. */
export function earlierStudyName(task: SearchTask, settings = settingsOf(task)): string {
  const { competition, model, method, epochs, folds, seed, sampler, pruner } = task;
  const lengths = `epochs-${epochs}-folds-${folds}-seed-${seed}-${sampler}-${pruner}`;
  return `${competition}/${model}/${method}/${lengths}-setup-${digestOf(setupOf(task, settings))}`;
}

function setupOf(task: SearchTask, settings: Settings): unknown[] {
  const { fixed, images, engine, metric, objectives, constraints } = studyTask(task, settings);
  const asked = objectives || constraints ? [{ objectives, constraints }] : [];
  return [fixed, images, engine, settings.space, ...(metric ? [metric] : []), ...asked];
}

const hexadecimal = (sum: number): string => sum.toString(16).padStart(8, '0');

/** A short digest of plain data. */
export const digestOf = (value: unknown): string => hexadecimal(crc32(JSON.stringify(value)));

export function studyTask(task: SearchTask, settings: Settings): StudyTask & { readonly [key: string]: JsonValue } {
  const { competition, model, method, engine, epochs, folds, images } = task;
  const fixed = JSON.parse(JSON.stringify(settings.fixed));
  // Kernels of another kind, but the same bits, belong to the same study.
  const decisive = { competition, model, method, engine: engineOfBits(engine), epochs, folds, fixed };
  const { objectives = [], constraints = [] } = task;
  return {
    ...decisive,
    images: imagesDigest(images),
    ...(images.metric && { metric: images.metric }),
    ...(objectives.length > 0 && { objectives: [...objectives] }),
    ...(constraints.length > 0 && { constraints: constraints.map(({ text }) => text) }),
  };
}

/** What is searched, and all other parameters that are not as the schema has them. */
export interface Settings {
  readonly space: SearchSpace;
  readonly fixed: Params;
  /** Defaults of the searched parameters for the method and the model. */
  readonly defaults: Params;
}

/** @throws UserError for an unknown parameter */
export function settingsOf({
  method: id,
  model,
  space,
  fixed = {},
  joins = false,
}: Pick<SearchTask, 'method' | 'model' | 'space' | 'fixed' | 'joins'>): Settings {
  const method = methodFor(id, model);
  const known = Object.keys(parametersSchema.shape);
  for (const name of [...Object.keys(space ?? {}), ...Object.keys(fixed)]) {
    if (!known.includes(name)) throw new UserError(unknownName('parameter', name, known));
  }
  // A study that is joined says all: what it leaves out is as the schema has it.
  const names = (joins ? Object.keys(space ?? {}) : known) as (keyof Parameters)[];
  const defaults = Object.fromEntries(names.map((name) => [name, method.defaults[name]]));
  const all = validate(parametersSchema, { ...defaults, ...fixed }, `the fixed parameters of ${id}`);
  const searched = Object.fromEntries(Object.entries(space ?? method.space).filter(([name]) => !(name in fixed)));
  if (Object.keys(searched).length === 0) {
    throw new UserError(`Expected a parameter of ${id} to search, but all are fixed: leave one out.`);
  }
  const isOwn = ([name, value]: [string, unknown]): boolean =>
    !(name in searched) && JSON.stringify(value) !== JSON.stringify(schemaDefault(name));
  return {
    space: searched,
    fixed: Object.fromEntries(Object.entries(all).filter(isOwn)) as Params,
    defaults: Object.fromEntries(
      Object.keys(searched).map((name) => [name, method.defaults[name as keyof Parameters]]),
    ) as Params,
  };
}

const schemaDefault = (name: string): unknown =>
  parametersSchema.shape[name as keyof Parameters].safeParse(undefined).data;

const digests = new WeakMap<LabelledImages, string>();

export function imagesDigest(images: LabelledImages): string {
  let digest = digests.get(images);
  if (digest === undefined) {
    const { labels, folds } = images;
    let sum = 0;
    for (const piece of pixelPieces(images)) sum = crc32(piece, sum);
    sum = crc32(labels, sum);
    if (folds) {
      const { isStratified, part } = folds;
      sum = crc32(JSON.stringify([isStratified, part?.is]), sum);
      if (part) sum = crc32(part.of, sum);
    }
    digest = hexadecimal(sum);
    digests.set(images, digest);
  }
  return digest;
}

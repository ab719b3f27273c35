/** Where the parameters of each method come from: the search, the defaults, or a file. */
import { z } from 'zod';
import { readJson } from '../base/json.ts';
import { validate } from '../base/validate.ts';
import { displayPath } from '../base/paths.ts';
import type { LabelledImages } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { findModel, type ModelName } from '../models/index.ts';
import { methodFor, type MethodName, type Parameters, parametersSchema } from '../pipeline/index.ts';
import { bestParameters, measuredBy, parametersIn } from '../tuning/index.ts';
import type { Progress } from './progress.ts';
import { isMemory, type Params, storageExists } from '../search/index.ts';
import { counted, valueText } from '../base/format.ts';
import { displayStorage } from './studies.ts';
import { expectEffect, unusedNote } from './unused.ts';
import { commandLine } from '../base/command-line.ts';

export interface ChosenParameters {
  /** Name of the method. */
  readonly id: MethodName;
  readonly parameters: Parameters;
  /** Source of the parameters, in words. */
  readonly paramsFrom: string;
  /** Name of the study that has them, if one has. */
  readonly study?: string;
  /** What a person should know of them before hours are spent: how good they were, or why no better ones are taken. */
  readonly note?: string;
}

export interface ParametersQuery {
  /** `best`, `default` or a JSON file; undefined takes the best where there is a search, else the defaults. */
  readonly source: string | undefined;
  /** Parameters with a fixed value, in place of those of the source. */
  readonly fix?: Params;
  readonly methods: readonly MethodName[];
  readonly competition: string;
  readonly model: ModelName;
  readonly storage: string;
  /** Number of the trial to take in place of the best. */
  readonly trial?: number;
  /** Name of the study to take them from, in place of the one with the longest training. */
  readonly study?: string;
  /** The training images; only a search on the same images counts. */
  readonly images: LabelledImages;
  readonly signal?: AbortSignal;
}

/**
 * @param progress is told of parameters in a file that have no effect
 * @throws UserError if there is no search for `best`, or the file is missing, is not JSON, or holds something that is
 *   not a parameter
 */
export async function chooseParameters(query: ParametersQuery, progress: Progress): Promise<ChosenParameters[]> {
  const { fix, model } = query;
  const chosen = await parametersOfSource(query, progress);
  return fix === undefined ? chosen : chosen.map((of) => withFixed(of, fix, model));
}

async function parametersOfSource(query: ParametersQuery, progress: Progress): Promise<ChosenParameters[]> {
  const { source, methods: ids } = query;
  if (query.trial !== undefined || query.study !== undefined) {
    const flag = query.trial === undefined ? '--study' : '--trial';
    if (source !== undefined && source !== 'best')
      throw new UserError(`Expected ${flag} or --params, got both: leave one of them out.`);
    if (ids.length > 1)
      throw new UserError(`Expected one method beside ${flag}, got ${ids.join(', ')}: name one with --method.`);
    return [(await best(ids[0], query)) ?? noSearch(ids[0], query)];
  }
  if (source === 'default') return ids.map((id) => defaults(id, query.model));
  if (source === 'best' || source === undefined) {
    const otherwise = source === 'best' ? noSearch : defaultsWithoutSearch;
    return Promise.all(ids.map(async (id) => (await best(id, query)) ?? otherwise(id, query)));
  }
  const what = '"best", "default" or a readable JSON file after --params';
  const content = await readJson(source, z.unknown(), { what });
  const paramsFrom = displayPath(source);
  return ids.map((id) => {
    const { parameters, given } = parametersIn(content, id, query.model, paramsFrom);
    const note = unusedNote(id, query.model, given, parameters, paramsFrom);
    if (note !== null) progress.note(note);
    return { id, parameters, paramsFrom };
  });
}

/** @throws UserError for what is no parameter, is out of range, or has no effect on the method */
function withFixed({ id, note, ...of }: ChosenParameters, fix: Params, model: ModelName): ChosenParameters {
  const parameters = validate(parametersSchema, { ...of.parameters, ...fix }, `--fix for ${id}`);
  expectEffect(id, model, fix, parameters);
  const fixed = Object.entries(fix).map(([name, value]) => `${name}=${value}`);
  return {
    ...of,
    id,
    parameters,
    paramsFrom: `${of.paramsFrom}, with ${fixed.join(', ')}`,
    ...(note !== undefined && { note: `${note} without --fix` }),
  };
}

export const defaults = (id: MethodName, model: ModelName): ChosenParameters => ({
  id,
  parameters: methodFor(id, model).defaults,
  paramsFrom: findModel(model).defaults === undefined ? 'defaults' : `defaults of ${model}`,
});

async function best(
  id: MethodName,
  { competition, model, storage, trial, study, images, signal }: ParametersQuery,
): Promise<ChosenParameters | null> {
  const found = await bestParameters({ competition, model, method: id, storage, trial, study, images, signal });
  if (found === null) return null;
  const { parameters, from: paramsFrom, study: source, value, isConfirmed, of } = found;
  const score = valueText(value, measuredBy(images.metric));
  const which = trial === undefined ? 'the best' : 'one';
  return {
    id,
    parameters,
    paramsFrom,
    study: source,
    note: `${score} ${isConfirmed ? 'on new folds' : 'out of fold'}, ${which} of ${counted(of, 'complete trial')}`,
  };
}

const defaultsWithoutSearch = (id: MethodName, { storage, model }: ParametersQuery): ChosenParameters => ({
  ...defaults(id, model),
  note: storageExists(storage)
    ? `${displayStorage(storage)} has no complete trial of ${id} with ${model} on these images that keeps its constraints`
    : `there is no search in ${displayStorage(storage)}`,
});

function noSearch(id: MethodName, { competition, storage }: ParametersQuery): never {
  if (isMemory(storage)) {
    throw new UserError('Expected --storage to be a file or a database for --params best: nothing is kept in memory.');
  }
  throw new UserError(
    `${displayStorage(storage)}: expected a finished trial of ${id} on ${competition}, found none. ` +
      `Search first (${commandLine('search')}), or use --params default.`,
  );
}

/** Where the parameters of each method come from: the search, the defaults, or a file. */
import { readFile } from 'node:fs/promises';
import { displayPath } from '../base/paths.ts';
import type { LabelledImages } from '../data/images.ts';
import { UserError } from '../base/user-error.ts';
import { type Parameters, recordedParametersSchema } from '../pipeline/experiment.ts';
import { findMethod, methods } from '../pipeline/methods/index.ts';
import { validate } from '../base/validate.ts';
import { bestParameters } from '../search/objective.ts';
import { parseJson } from '../base/json.ts';
import { isMemory } from '../search/storage/location.ts';
import { displayStorage } from './studies.ts';

export interface ChosenParameters {
  /** Of the method. */
  readonly id: string;
  readonly parameters: Parameters;
  /** In words. */
  readonly paramsFrom: string;
}

export interface ParametersQuery {
  /** `best`, `default` or a JSON file; undefined takes the best where there is a search, else the defaults. */
  readonly source: string | undefined;
  readonly methods: readonly string[];
  readonly competition: string;
  readonly model: string;
  readonly storage: string;
  /** That the search must have been made on. */
  readonly images: LabelledImages;
  readonly signal?: AbortSignal;
}

/**
 * @throws UserError if there is no search for `best`, or the file is missing, no JSON, or holds what is no parameter
 */
export async function chooseParameters(query: ParametersQuery): Promise<ChosenParameters[]> {
  const { source, methods: ids } = query;
  if (source === 'default') return ids.map((id) => defaults(id));
  if (source === 'best' || source === undefined) {
    const otherwise = source === 'best' ? noSearch : defaults;
    return Promise.all(ids.map(async (id) => (await best(id, query)) ?? otherwise(id, query)));
  }
  const content = await readJson(source);
  return ids.map((id) => ({ id, parameters: fromFile(content, id, source), paramsFrom: displayPath(source) }));
}

export const defaults = (id: string): ChosenParameters => ({
  id,
  parameters: findMethod(id).defaults,
  paramsFrom: 'defaults',
});

async function best(
  id: string,
  { competition, model, storage, images, signal }: ParametersQuery,
): Promise<ChosenParameters | null> {
  const found = await bestParameters({ competition, model, method: id, storage, images, signal });
  return found && { id, parameters: found.parameters, paramsFrom: found.from };
}

function noSearch(id: string, { competition, storage }: ParametersQuery): never {
  if (isMemory(storage)) {
    throw new UserError('Expected --storage to be a file or a database for --params best: nothing is kept in memory.');
  }
  throw new UserError(
    `${displayStorage(storage)}: expected a finished trial of ${id} on ${competition}, found none. ` +
      'Search first (npm run search), or use --params default.',
  );
}

async function readJson(file: string): Promise<unknown> {
  const name = displayPath(file);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new UserError(`${name}: expected "best", "default" or a readable JSON file after --params, found none.`, {
      cause,
    });
  }
  return parseJson(text, name);
}

/**
 * The file holds one set of parameters for all methods, or a set for each method, or is what `search --json` or
 * `submit --json` printed. What it leaves out keeps the method's default.
 */
function fromFile(content: unknown, id: string, file: string): Parameters {
  const name = displayPath(file);
  const root = own(content, 'methods') ?? content;
  const isByMethod = root !== content || Object.keys(methods).some((method) => own(root, method) !== undefined);
  const entry = isByMethod ? own(root, id) : root;
  const given = own(own(entry, 'best'), 'params') ?? own(entry, 'params') ?? entry;
  if (typeof given !== 'object' || given === null || Array.isArray(given) || own(entry, 'best') === null) {
    throw new UserError(`${name}: expected an object with the parameters of ${id}, found none. Add it to the file.`);
  }
  return validate(
    recordedParametersSchema,
    { ...findMethod(id).defaults, ...given },
    `the parameters of ${id} in ${name}`,
  );
}

const own = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;

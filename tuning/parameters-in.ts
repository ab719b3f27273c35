/** Finds the parameters of a method in JSON that a person or this program has written. */
import { isDeepStrictEqual } from 'node:util';
import { unknownName } from '../base/own-value.ts';
import { quoted, shownJson } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { validate } from '../base/validate.ts';
import { modelNames, type ModelName } from '../models/index.ts';
import {
  methodFor,
  methodNames,
  methods,
  type Parameters,
  parametersSchema,
  recordedParametersSchema,
} from '../pipeline/index.ts';
import type { FrozenTrial, Params, StudyDefinition } from '../search/index.ts';
import { readTask } from './task.ts';

/**
 * @param content one set of parameters for all methods, or a set for each method, or a result of a search or a submit.
 *   What it leaves out keeps the default of the method and the model.
 * @param id of the method
 * @param name where the content comes from, for the message
 * @returns all parameters, and those that were given
 * @throws UserError if there are none for the method, or one of them is none
 */
export function parametersIn(
  content: unknown,
  id: string,
  model: ModelName,
  name: string,
): { parameters: Parameters; given: object } {
  const root = own(content, 'methods') ?? content;
  const isResult = root !== content;
  const hasMethods =
    Object.keys(methods).some((method) => own(root, method) !== undefined) ||
    Object.entries(Object(root)).some(([key, value]) => isSet(value) && !NO_METHODS.has(key));
  if (hasMethods && !isResult) expectMethods(root as object, name);
  const entry = hasMethods || isResult ? own(root, id) : root;
  const given = own(own(entry, 'best'), 'params') ?? own(entry, 'params') ?? entry;
  if (typeof given !== 'object' || given === null || Array.isArray(given) || own(entry, 'best') === null) {
    const found = entry === undefined ? 'found none' : `got ${shownJson(entry)}`;
    throw new UserError(`${name}: expected an object with the parameters of ${id}, ${found}. Add it to the file.`);
  }
  const all = { ...methodFor(id, model).defaults, ...given };
  return { given, parameters: validate(recordedParametersSchema, all, `the parameters of ${id} in ${name}`) };
}

/** @throws UserError for a parameter beside the sets of methods */
function expectMethods(sets: object, name: string): void {
  const [other, value] = Object.entries(sets).find(([key]) => !Object.hasOwn(methods, key)) ?? [];
  if (other === undefined) return;
  if (isSet(value)) throw new UserError(`${name}: ${unknownName('method', other, methodNames)}`);
  throw new UserError(
    `${name}: expected only names of methods beside one of them, got ${quoted(other)}. ` +
      'Put parameters into the object of their method.',
  );
}

/**
 * What a trial of a search was trained with, so that `parametersIn` makes the same of it: the parameters that were
 * searched, and all others that differ from the defaults of the method and the model. The parameters alone for a study
 * that is no search, or whose method or model is not there any more.
 */
export function trainedParams(definition: StudyDefinition, { params }: Pick<FrozenTrial, 'params'>): Params {
  const task = readTask(definition);
  const model = modelNames.find((name) => name === task?.model);
  const method = methodNames.find((name) => name === task?.method);
  if (task === null || model === undefined || method === undefined) return params;
  const { defaults } = methodFor(method, model);
  const all = validate(recordedParametersSchema, { ...task.fixed, ...params }, `study ${definition.name}`);
  const others = Object.entries(all).filter(
    ([name, value]) => !(name in params) && !isDeepStrictEqual(value, defaults[name as keyof Parameters]),
  );
  return { ...params, ...(Object.fromEntries(others) as Params) };
}

/** Keys whose objects are no parameters of a method: those of a result, and parameters that are objects. */
const NO_METHODS: ReadonlySet<string> = new Set(['best', 'params', ...Object.keys(parametersSchema.shape)]);

const isSet = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const own = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;

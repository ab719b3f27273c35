/** Finds parameters that would be searched, fixed or given without any effect. */
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import {
  type Method,
  type MethodName,
  type Parameters,
  parametersSchema,
  methodFor,
  methodsUsing,
  reasonOf,
  unusedParameters,
  type Values,
} from '../pipeline/index.ts';
import type { ModelName } from '../models/index.ts';
import type { Distribution, Params, SearchSpace } from '../search/index.ts';

type Name = keyof Parameters;

/** The names that are parameters. Other names are refused elsewhere. */
const known = (names: readonly string[]): Name[] =>
  names.filter((name): name is Name => Object.hasOwn(parametersSchema.shape, name));

/**
 * The search space of a method.
 * @param model whose defaults count
 * @param space that was asked for, in place of the method's own
 * @returns the space that was asked for, or of the method's own what has an effect beside the fixed parameters; and what
 *   was left out of it, in words
 * @throws UserError if a parameter that was asked for has no effect: hours would be spent on nothing
 */
export function effectiveSpace(
  id: string,
  model: ModelName,
  space: SearchSpace | undefined,
  fix: Params = {},
): { readonly space: SearchSpace | undefined; readonly note: string | null } {
  const method = methodFor(id, model);
  const fixed = fix as Partial<Parameters>;
  const searched = Object.entries(space ?? method.space).filter(([name]) => !Object.hasOwn(fix, name));
  const values: Values = Object.fromEntries(searched.map(([name, distribution]) => [name, extremes(distribution)]));
  const unused = (names: readonly string[]): readonly Name[] => unusedParameters(method, known(names), fixed, values);
  const chosen = Object.entries(values).map(([name, [first]]) => [name, first] as const);
  const reason = (name: Name): string => reasonOf(name, id, method, { ...Object.fromEntries(chosen), ...fixed });
  for (const name of unused(Object.keys(fix))) refuse(name, id, method, reason(name), '--fix');
  const without = unused(searched.map(([name]) => name));
  if (space !== undefined && without.length > 0) refuse(without[0], id, method, reason(without[0]), '--space');
  if (without.length === 0) return { space, note: null };
  const reasons = without.map((name) => `${name} is not searched: no effect ${reason(name)}`);
  const rest = searched.filter(([name]) => !without.some((one) => one === name));
  return { space: Object.fromEntries(rest), note: reasons.join('; ') };
}

/** @param parameters of the training @throws UserError if one that `fix` names has no effect on it */
export function expectEffect(id: MethodName, model: ModelName, fix: Params, parameters: Parameters): void {
  const method = methodFor(id, model);
  for (const name of unusedParameters(method, known(Object.keys(fix)), parameters))
    refuse(name, id, method, reasonOf(name, id, method, parameters), '--fix');
}

function refuse(name: Name, id: string, method: Method, reason: string, flag: string): never {
  const others = methodsUsing(name).filter((one) => one !== id);
  const remedy = others.length > 0 && !method.uses.includes(name) ? `, or take ${others.join(', ')} alone` : '';
  throw new UserError(`\`${name}\` has no effect ${reason}: leave it out of ${flag}${remedy}.`);
}

const extremes = (distribution: Distribution): readonly unknown[] =>
  distribution.kind === 'categorical' ? distribution.choices : [distribution.low, distribution.high];

/**
 * A note about given parameters that differ from the method's defaults and have no effect.
 * @param place where they were given
 * @returns null if all have one
 */
export function unusedNote(
  id: string,
  model: ModelName,
  given: object,
  parameters: Parameters,
  place: string,
): string | null {
  const method = methodFor(id, model);
  const isOwn = (name: Name): boolean => JSON.stringify(parameters[name]) !== JSON.stringify(method.defaults[name]);
  const unused = unusedParameters(method, known(Object.keys(given)).filter(isOwn), parameters);
  if (unused.length === 0) return null;
  const reasons = unused.map((name) => `\`${name}\` has no effect ${reasonOf(name, id, method, parameters)}`);
  return printable(`${place}: ${reasons.join(', ')}.`, 1_000);
}

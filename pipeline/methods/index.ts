/** Every method that can be searched, submitted and compared: a new one is a file beside this one and a line here. */
import { findModel, type ModelName } from '../../models/index.ts';
import type { Method } from '../method.ts';
import { parametersSchema } from '../parameters.ts';
import { bootstrap } from './bootstrap.ts';
import { distill } from './distill.ts';
import { ema } from './ema.ts';
import { fge } from './fge.ts';
import { gsam } from './gsam.ts';
import { plain } from './plain.ts';
import { samSwa } from './sam-swa.ts';
import { sam } from './sam.ts';
import { snapshot } from './snapshot.ts';
import { soup } from './soup.ts';
import { swa } from './swa.ts';
import { swag } from './swag.ts';
import { knownName } from '../../base/own-value.ts';

const entries = {
  plain,
  swa,
  swag,
  soup,
  ema,
  fge,
  snapshot,
  sam,
  gsam,
  'sam+swa': samSwa,
  bootstrap,
  distill,
} as const satisfies Record<string, Method>;

export type MethodName = keyof typeof entries;
export const methods: Readonly<Record<MethodName, Method>> = entries;
export const methodNames = Object.keys(entries) as MethodName[];

/** Takes a name that comes from outside. @throws UserError when there is no method of that name */
export const methodName = (name: string): MethodName => knownName('method', name, methodNames);

/** @throws UserError when there is no method of that name */
export const findMethod = (name: string): Method => methods[methodName(name)];

/** How a method trains a model: with the defaults that the model has of its own. @throws UserError for an unknown name */
export function methodFor(name: string, model: ModelName): Method {
  const method = findMethod(name);
  const { defaults } = findModel(model);
  if (defaults === undefined) return method;
  return { ...method, defaults: parametersSchema.parse({ ...method.defaults, ...defaults.parameters }) };
}

/** `fge-average`: what the method of a run is called when the run's solutions were averaged afterwards. */
export type AveragedMethodName = `${MethodName}${typeof AVERAGE}`;
const AVERAGE = '-average';
const averagedMethodNames = methodNames.map((name): AveragedMethodName => `${name}${AVERAGE}`);

/** What the method of a run is called that blends the predictions of others, and has no network of its own. */
export const BLEND = 'blend';
/** Stand in its record, where a training has its parameters. */
export const blendDefaults = plain.defaults;

/** What a run record can have as its method: a method, the average of one, or a blend. */
export type RunMethodName = MethodName | AveragedMethodName | typeof BLEND;
export const runMethodNames: readonly RunMethodName[] = [...methodNames, ...averagedMethodNames, BLEND];

/** @throws UserError when there is no method of that name, such as for the name of an average */
export const averageOf = (name: RunMethodName): AveragedMethodName => `${methodName(name)}${AVERAGE}`;

/**
 * The method that a run was trained with, for its title and settings. The title of an average says so.
 * @param model with whose defaults. Default: those of the method
 */
export function methodOfRun(name: string, model?: ModelName): Method {
  if (name === BLEND) return { ...plain, title: 'blend', space: {}, uses: [] };
  const find = (id: string): Method => (model === undefined ? findMethod(id) : methodFor(id, model));
  if (!name.endsWith(AVERAGE)) return find(name);
  const method = find(name.slice(0, -AVERAGE.length));
  return { ...method, title: `${method.title}, averaged` };
}

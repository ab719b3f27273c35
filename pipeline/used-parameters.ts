/** Which parameters decide a training, and which have no effect on it. */
import { type Parameters, parametersSchema } from './parameters.ts';
import type { Method } from './method.ts';
import { gradients } from './gradients/index.ts';
import { methodNames, methods, type MethodName } from './methods/index.ts';
import { optimizers } from './optimizers/index.ts';
import { schedules } from './schedules/index.ts';

type Name = keyof Parameters;

/** Parameters that have an effect on every training: those of labels, batches and gradient. */
const always = [
  'learningRate',
  'batchSize',
  'optimizer',
  'labelNoise',
  'labelSmoothing',
  'classWeights',
  'bootstrap',
  'teachers',
  'augment',
  'validateEvery',
  ...gradients.map((gradient) => gradient.switch),
] as const satisfies readonly Name[];

/** Parameters that decide whether others have an effect. */
const switches = [
  'optimizer',
  'schedule',
  'onPlateau',
  'teachers',
  ...gradients.filter(({ uses }) => uses.length > 0).map((gradient) => gradient.switch),
] as const satisfies readonly Name[];

/** Names of the parameters that have an effect on the training. */
export function usedParameters(method: Method, parameters: Parameters): ReadonlySet<Name> {
  const { optimizer, schedule, onPlateau, teachers } = parameters;
  const used = new Set<Name>([...always, ...method.uses, ...optimizers[optimizer].uses]);
  for (const gradient of gradients) if (parameters[gradient.switch]) gradient.uses.forEach((name) => used.add(name));
  if (teachers > 0) used.add('distillation');
  if (used.has('schedule')) {
    for (const name of schedules[schedule].uses) used.add(name);
    if (onPlateau === 'ignore') used.delete('patience');
  }
  return used;
}

/** Values that a search may give to parameters, as far as they decide whether others have an effect. */
export type Values = Partial<Readonly<Record<Name, readonly unknown[]>>>;

/**
 * The parameters among `names` that have no effect, whichever of `values` the switches take.
 * @param fixed in place of the method's defaults
 */
export function unusedParameters(
  method: Method,
  names: readonly Name[],
  fixed: Partial<Parameters>,
  values: Values = {},
): readonly Name[] {
  const used = new Set<Name>();
  for (const setting of settingsOf(values)) {
    // What is out of range is found elsewhere, with its reason.
    const { success, data } = parametersSchema.safeParse({ ...method.defaults, ...fixed, ...setting });
    if (!success) return [];
    for (const name of usedParameters(method, data)) used.add(name);
  }
  return names.filter((name) => !used.has(name));
}

function settingsOf(values: Values): object[] {
  let settings: object[] = [{}];
  for (const name of switches) {
    const choices = values[name];
    const widened = choices?.map((value) => settings.map((setting) => Object.assign({ [name]: value }, setting)));
    settings = widened?.flat() ?? settings;
  }
  return settings;
}

/** Why a parameter has no effect: `on plain`, `with schedule constant`. */
export function reasonOf(name: Name, id: string, { uses, defaults }: Method, fixed: Partial<Parameters>): string {
  const { optimizer, schedule, onPlateau } = { ...defaults, ...fixed };
  const isOf = (entries: Readonly<Record<string, { readonly uses: readonly string[] }>>): boolean =>
    Object.values(entries).some((entry) => entry.uses.includes(name));
  const gradient = gradients.find((entry) => entry.uses.includes(name));
  if (gradient) return `on ${id} without ${gradient.switch}`;
  if (name === 'distillation') return `on ${id} without teachers`;
  if (isOf(optimizers)) return `on ${id} with optimizer ${optimizer}`;
  if (!isOf(schedules) || !uses.includes('schedule')) return `on ${id}`;
  const isIgnored = name === 'patience' && schedule === 'plateau' && onPlateau === 'ignore';
  return isIgnored ? `on ${id} with onPlateau ignore` : `on ${id} with schedule ${schedule}`;
}

/** Methods on which a parameter has an effect that it does not have on others. */
export const methodsUsing = (name: Name): readonly MethodName[] =>
  methodNames.filter((id) => methods[id].uses.includes(name));

/** Where a training diverged, and which parameters most likely made it. */
import { shortNumber } from '../base/format.ts';
import type { Parameters } from './parameters.ts';
import type { Method } from './method.ts';
import type { Divergence } from './run-fold.ts';
import { usedParameters } from './used-parameters.ts';

type Suspect = 'learningRate' | 'swaRate' | 'weightDecay' | 'rho' | 'momentum';

/** For each parameter, a number proportional to the length of a step that it causes. */
const forces: Readonly<Record<Suspect, (parameters: Parameters) => number>> = {
  learningRate: ({ learningRate }) => learningRate,
  swaRate: ({ swaRate }) => swaRate,
  weightDecay: ({ weightDecay }) => weightDecay,
  rho: ({ rho }) => rho,
  // With momentum α, a constant gradient counts 1 / (1 − α) times.
  momentum: ({ momentum }) => 1 / (1 - momentum),
};

/** @example 'fold 1 diverged in epoch 2 (step 33) at learning rate 0.1' */
export const describeDivergence = ({ fold, epoch, step, learningRate }: Divergence): string =>
  `fold ${fold + 1} diverged in epoch ${epoch + 1} (step ${step + 1}) at learning rate ${shortNumber(learningRate)}`;

/** Most parameters that a message names. */
const MOST_NAMED = 2;

/**
 * What to do about a training that diverged: the parameters that are furthest above the method's defaults, the
 * furthest first, with their values; where none is, the learning rate.
 * @param trained share of the epochs until then, the one in which it diverged included
 * @example 'Lower `swaRate` (1000000, by default 1), or search for better ones.'
 */
export function divergenceRemedy(method: Method, parameters: Parameters, trained = 1): string {
  const used = usedParameters(method, parameters);
  const excess = (name: Suspect): number => forces[name](parameters) / forces[name](method.defaults);
  const above = (Object.keys(forces) as Suspect[])
    .filter((name) => used.has(name) && excess(name) > 1)
    .filter((name) => name !== 'swaRate' || trained > parameters.swaStart)
    .toSorted((a, b) => excess(b) - excess(a))
    .slice(0, MOST_NAMED);
  const named = (above.length > 0 ? above : (['learningRate'] as const)).map((name) => {
    const usual = method.defaults[name];
    return `\`${name}\` (${parameters[name]}${usual === parameters[name] ? '' : `, by default ${usual}`})`;
  });
  const { optimizer } = parameters;
  const other = optimizer === method.defaults.optimizer ? '' : ` for optimizer ${optimizer}`;
  return `Lower ${named.join(' or ')}${other}, or search for better ones.`;
}

/**
 * NSGA-II: a child of two of the best trials takes each parameter from one of them or, seldom, at random. The parents
 * are the best of the whole history, by fronts and crowding, so that a trial learns from all before it and no
 * generation has to be complete. Probabilities and crossover are Optuna's defaults.
 * Source: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II"; the constraints too.
 */
import { contains, type ParameterValue } from '../distributions.ts';
import { directionsOf } from '../direction.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import { bestByFronts } from '../pareto.ts';
import type { Random } from '../random.ts';
import { randomSampler } from './random.ts';
import type { Sampler } from './sampler.ts';

/** The largest number of trials from which parents are chosen. */
const populationSize = 50;
/** The part of the complete trials from which parents are chosen: with all of a young study it would be no choice. */
const selectedPart = 0.2;
/** Fewer complete trials are no population: the next one is drawn at random. */
const startupTrials = 20;
/** Probability of two parents in place of one. */
const crossover = 0.9;
/** Probability of taking a parameter from the second parent. */
const swapping = 0.5;

export function nsga2Sampler(): Sampler {
  const random = randomSampler();
  return (context) => {
    const { history, space } = context;
    const drawAtRandom = random(context);
    const complete = history.filter(({ state }) => state === 'COMPLETE').length;
    if (complete < startupTrials) return drawAtRandom;
    const count = Math.min(Math.max(Math.ceil(selectedPart * complete), 5), populationSize);
    const population = bestByFronts(history, directionsOf(context), count);
    const stream = context.random('nsga-ii');
    const first = tournament(population, stream);
    const second = stream() < crossover ? tournament(population, stream) : first;
    const names = Object.keys(space ?? first.params);
    const mutation = 1 / Math.max(names.length, 1);
    // A child that is its parent again would tell nothing: with one parent a parameter is drawn anew in any case.
    const forced = first === second ? names[Math.floor(stream() * names.length)] : undefined;
    return (name, distribution): ParameterValue => {
      const own = context.random(`nsga-ii ${name}`);
      const isMutated = own() < mutation || name === forced;
      const parents = own() < swapping ? [second, first] : [first, second];
      const parent = parents.find(({ params }) => Object.hasOwn(params, name) && contains(distribution, params[name]));
      return isMutated || parent === undefined ? drawAtRandom(name, distribution) : parent.params[name];
    };
  };
}

/** The better one of two chosen by chance. @param population best first */
function tournament(population: readonly FrozenTrial[], random: Random): FrozenTrial {
  const place = (): number => Math.floor(random() * population.length);
  return population[Math.min(place(), place())];
}

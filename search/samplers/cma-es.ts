/**
 * CMA-ES on the numbers of a search space: each generation of trials moves and shapes the normal distribution that the
 * next one is drawn from. Nothing is stored: the generations are replayed from the finished trials, in order of their
 * numbers. Categories are drawn by TPE, each alone.
 * Source: Hansen 2016, arXiv:1604.00772; grids: Hamano et al. 2022, "CMA-ES with margin", arXiv:2205.13482, simplified;
 * Sobol points: Teytaud and Gelly 2007, "DCMA: yet another derandomization in covariance-matrix-adaptation".
 */
import { sameDistribution } from '../distributions.ts';
import type { NumericDistribution, ParameterValue } from '../distributions.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import { evolve, pointAt, startEvolution, strategyOf } from './cma-es/evolution.ts';
import type { Evolution } from './cma-es/evolution.ts';
import { normalAt, normalQuantile } from '../../numerics/normal.ts';
import type { Sampler, SamplerContext } from './sampler.ts';
import { createColumns } from './columns.ts';
import { scrambledSobol, sobolDimensions } from '../../numerics/sobol.ts';
import { bestTrials, tpeSampler } from './tpe.ts';
import { axesOf, cellWidth, fromCoordinate, locate } from './unit-cube.ts';
import type { Axis } from './unit-cube.ts';

/** σ of the first generation: a sixth of the range. */
const startSigma = 1 / 6;
/** Draws before a point that is out of bounds is moved to them. */
const mostDraws = 100;

type NumericAxis = Axis & { readonly distribution: NumericDistribution };

export function cmaEsSampler(): Sampler {
  const tpe = tpeSampler();
  const { commonSpace } = createColumns();
  return (context) => {
    const { history, space } = context;
    const axes = axesOf(space ?? (history.length === 0 ? {} : commonSpace(history))).filter(isNumeric);
    const drawAlone = tpe(context);
    let point: Float64Array | undefined;
    return (name, distribution): ParameterValue => {
      const k = axes.findIndex((axis) => axis.name === name && sameDistribution(axis.distribution, distribution));
      if (k < 0) return drawAlone(name, distribution);
      point ??= drawPoint(replay(context, axes), context);
      return fromCoordinate(distribution, point[k]);
    };
  };
}

function isNumeric(axis: Axis): axis is NumericAxis {
  return !axis.isCategory;
}

/** The evolution after all full generations, from the middle of the cube. Failed trials are the worst of theirs. */
function replay({ history, direction }: SamplerContext, axes: readonly NumericAxis[]): Evolution {
  const strategy = strategyOf(axes.length);
  const observed = locate(axes, history);
  let evolution = startEvolution(new Float64Array(axes.length).fill(0.5), startSigma);
  for (let start = 0; start + strategy.lambda <= observed.length; start += strategy.lambda) {
    const generation = observed.slice(start, start + strategy.lambda);
    const trials = generation.map(({ trial }) => trial);
    const ranks = new Map(bestTrials(trials, direction, trials.length).map((trial, rank) => [trial, rank]));
    const rank = (trial: FrozenTrial): number => ranks.get(trial) ?? strategy.lambda;
    const ranked = generation.toSorted((a, b) => rank(a.trial) - rank(b.trial));
    const points = ranked.map(({ point }) => point);
    const least = leastDeviations(axes, evolution.mean, strategy.lambda);
    evolution = evolve(strategy, evolution, points, least);
  }
  return evolution;
}

/** On a grid, such that a coordinate leaves the middle of its cell with probability 1 / (λ d); 0 without a grid. */
function leastDeviations(axes: readonly NumericAxis[], mean: Float64Array, lambda: number): Float64Array {
  const quantile = normalQuantile(1 - 1 / (2 * lambda * axes.length));
  return mean.map((coordinate, k) => cellWidth(axes[k].distribution, coordinate) / 2 / quantile);
}

/**
 * A point of the distribution that lies in the cube. The first draw is the trial's point of a Sobol sequence, so that
 * a generation fills its distribution more evenly than chance would: with few trials that is worth a good part of them.
 */
function drawPoint(evolution: Evolution, { number, random, studyRandom }: SamplerContext): Float64Array {
  const d = evolution.mean.length;
  const chance = random('cma-es');
  const evenly = (k: number): number =>
    k < sobolDimensions ? scrambledSobol(number, k, studyRandom(`dimension ${k}`)) : chance();
  for (let draw = 1; ; draw++) {
    const normals = Float64Array.from({ length: d }, (_, k) => normalAt(draw === 1 ? evenly(k) : chance()));
    const point = pointAt(evolution, normals);
    if (point.every((x) => x >= 0 && x <= 1)) return point;
    if (draw === mostDraws) return point.map((x) => Math.min(Math.max(x, 0), 1));
  }
}

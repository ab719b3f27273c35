/**
 * The tree-structured Parzen estimator: splits the trials so far into the best ("below") and the rest ("above"),
 * estimates the density of each, and suggests the candidate that is likeliest among the best and least among the rest.
 * Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization"; Watanabe 2023, arXiv:2304.11127.
 */
import { contains, onlyValue, sameDistribution } from '../distributions.ts';
import type { Distribution, Params, ParameterValue, SearchSpace } from '../distributions.ts';
import type { Random } from '../random.ts';
import { byValue } from '../trial.ts';
import type { FrozenTrial } from '../trial.ts';
import { parzenEstimator } from './parzen.ts';
import type { Point } from './parzen.ts';
import { randomSampler } from './random.ts';
import type { Direction, Sampler } from './sampler.ts';

export interface TpeOptions {
  /** Trials drawn at random before anything is learnt. Default: 10. */
  readonly startupTrials?: number;
  /** Points drawn from the density of the best, of which one is suggested. Default: 24. */
  readonly candidates?: number;
  /** One estimate over all parameters together ("multivariate") in place of one for each. Default: false. */
  readonly joint?: boolean;
}

interface Split {
  /** Both in order of trial numbers. */
  readonly below: readonly FrozenTrial[];
  readonly above: readonly FrozenTrial[];
}

/** @throws RangeError if a count is not an integer from 1 */
export function tpeSampler({ startupTrials = 10, candidates = 24, joint = false }: TpeOptions = {}): Sampler {
  for (const [name, count] of Object.entries({ startupTrials, candidates })) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(`Expected \`${name}\` to be an integer from 1, got ${count}.`);
    }
  }
  const random = randomSampler();
  return (context) => {
    const { history } = context;
    if (history.length < startupTrials) return random(context);
    const split = splitTrials(history, context.direction);
    const suggest = (space: SearchSpace, stream: Random): Params => bestCandidate(split, space, candidates, stream);
    const jointSpace = joint ? withChoice(context.space ?? commonSpace(history)) : {};
    let together: Params | undefined;
    return (name, distribution): ParameterValue => {
      const isJoint = name in jointSpace && sameDistribution(jointSpace[name], distribution);
      if (!isJoint) return suggest({ [name]: distribution }, context.random(name))[name];
      together ??= suggest(jointSpace, context.random('joint'));
      return together[name];
    };
  };
}

/** How many of n trials count as the best. */
export function belowCount(n: number): number {
  return Math.min(Math.ceil(0.1 * n), 25);
}

/** The best trials, and the rest: failed trials, diverged ones among them, so that the search turns away from where they are. */
export function splitTrials(history: readonly FrozenTrial[], direction: Direction): Split {
  const best = new Set(rankTrials(history, direction).slice(0, belowCount(history.length)));
  return {
    below: history.filter((trial) => best.has(trial)),
    above: history.filter((trial) => !best.has(trial)),
  };
}

/** Best first: COMPLETE trials by value, then PRUNED ones by how far they came and the value there. No others. */
export function rankTrials(trials: readonly FrozenTrial[], direction: Direction): FrozenTrial[] {
  const sign = direction === 'minimize' ? 1 : -1;
  const complete = trials.filter(({ state }) => state === 'COMPLETE').toSorted(byValue(direction));
  const pruned = trials
    .filter(({ state }) => state === 'PRUNED')
    .map((trial) => ({ trial, last: lastReport(trial) }))
    .toSorted((a, b) => b.last.step - a.last.step || byValueNaNLast(sign * a.last.value, sign * b.last.value))
    .map(({ trial }) => trial);
  return [...complete, ...pruned];
}

/** Draws candidates from the density l of the best and returns the first with the largest l / g. */
function bestCandidate({ below, above }: Split, space: SearchSpace, candidates: number, random: Random): Params {
  const names = Object.keys(space);
  const distributions = Object.values(space);
  const l = parzenEstimator(observe(below, names, distributions), distributions);
  const g = parzenEstimator(observe(above, names, distributions), distributions);
  let best: Point = [];
  let bestScore = -Infinity;
  for (let i = 0; i < candidates; i++) {
    const point = l.draw(random);
    const score = l.logDensity(point) - g.logDensity(point);
    if (i === 0 || score > bestScore) [best, bestScore] = [point, score];
  }
  return Object.fromEntries(names.map((name, d) => [name, toValue(distributions[d], best[d])]));
}

/** The trials that have all of the parameters, with values that could be suggested now, as points. */
function observe(trials: readonly FrozenTrial[], names: readonly string[], distributions: readonly Distribution[]) {
  return trials
    .filter(({ params }) => names.every((name, d) => name in params && contains(distributions[d], params[name])))
    .map(({ params }): Point => names.map((name, d) => toCoordinate(distributions[d], params[name])));
}

function toCoordinate(distribution: Distribution, value: ParameterValue): number {
  return distribution.kind === 'categorical' ? distribution.choices.indexOf(value) : Number(value);
}

function toValue(distribution: Distribution, coordinate: number): ParameterValue {
  return distribution.kind === 'categorical' ? distribution.choices[coordinate] : coordinate;
}

/** The parameters that every trial suggested from the same distribution. */
export function commonSpace(history: readonly FrozenTrial[]): SearchSpace {
  const [first, ...others] = history;
  const isCommon = ([name, distribution]: [string, Distribution]): boolean =>
    others.every(
      ({ distributions: { [name]: other } }) => other !== undefined && sameDistribution(other, distribution),
    );
  return Object.fromEntries(Object.entries(first.distributions).filter(isCommon));
}

/** Without the parameters that have one value only. */
function withChoice(space: SearchSpace): SearchSpace {
  return Object.fromEntries(Object.entries(space).filter(([, distribution]) => onlyValue(distribution) === undefined));
}

/** The report of the highest step; step −1 and NaN without any. */
export function lastReport({ intermediateValues }: FrozenTrial): { step: number; value: number } {
  const step = Math.max(-1, ...Object.keys(intermediateValues).map(Number));
  return { step, value: step < 0 ? NaN : intermediateValues[step] };
}

function byValueNaNLast(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a - b;
}

/**
 * The tree-structured Parzen estimator: splits the trials so far into the best ("below") and the rest ("above"),
 * estimates the density of each, and suggests the candidate that is likeliest among the best and least among the rest.
 * Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization"; Watanabe 2023, arXiv:2304.11127.
 */
import { violationOf } from '../../numerics/constraints.ts';
import { onlyValue, sameDistribution } from '../distributions.ts';
import type { Distribution, Params, ParameterValue, SearchSpace } from '../distributions.ts';
import type { Random } from '../random.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import { createColumns } from './columns.ts';
import type { Column, Sample } from './columns.ts';
import { parzenEstimator } from './parzen.ts';
import type { ParzenEstimator, Point } from './parzen.ts';
import { randomSampler } from './random.ts';
import type { Direction } from '../direction.ts';
import type { Sampler } from './sampler.ts';
import { weighedBest } from './tpe-fronts.ts';
import { bestOfPrior, isOfPrior, ofAll, priorWeight, weightsAfterPrior } from './tpe-prior.ts';

interface TpeOptions {
  /** The first trials of a study, drawn at random. Default: 10. */
  readonly startupTrials?: number;
  /** Number of points drawn from the density of the best trials; one of them is suggested. Default: 24. */
  readonly candidates?: number;
  /** One estimate over all parameters together ("multivariate") in place of one for each. Default: false. */
  readonly joint?: boolean;
}

/** Most trials that count as the best. */
const mostBest = 25;
/** More of the rest, which have even widths, take time and hardly change their density. */
const mostOfRest = 3000;
/** Fewer finished trials tell nothing. */
const fewestTrials = 8;

/** @throws RangeError if a count is not an integer from 1 */
export function tpeSampler({ startupTrials = 10, candidates = 24, joint = false }: TpeOptions = {}): Sampler {
  for (const [name, count] of Object.entries({ startupTrials, candidates })) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(`Expected \`${name}\` to be an integer from 1, got ${count}.`);
    }
  }
  const random = randomSampler();
  const columns = createColumns();
  const { commonSpace } = createColumns();
  const bestOf = createBest();
  return (context) => {
    const { number, history, pending, direction, directions } = context;
    const whole = (): SearchSpace => context.space ?? (history.length === 0 ? {} : commonSpace(history));
    const weight = context.prior ? priorWeight(context.prior, history, whole(), direction) : 0;
    const prior = weight > 0 ? context.prior : undefined;
    // By number, since with trials in flight the history is shorter: with too little of it chance finds more.
    const isEarly = number < startupTrials || history.length < Math.min(startupTrials, fewestTrials);
    if (isEarly && !(prior && isOfPrior(number))) return random(context);
    const own = inOrder([...history, ...pending]);
    const trials: readonly Sample[] = prior ? [...prior.trials, ...own] : own;
    const before = prior?.trials.length ?? 0;
    const count = belowCount(history.length);
    const weighed: ReadonlyMap<Sample, number> | undefined = directions && weighedBest(history, directions, count);
    const ownBest = weighed?.keys() ?? bestOf(history, direction, count);
    const best = new Set<Sample>([...ownBest, ...(prior ? bestOfPrior(prior, belowCount(before)) : [])]);
    const isBest = new Uint8Array(trials.length);
    for (let i = 0; i < trials.length; i++) isBest[i] = Number(best.has(trials[i]));
    const suggest = (space: SearchSpace, stream: Random): Params => {
      const names = Object.keys(space);
      const distributions = Object.values(space);
      const observed = names.map((name, d) => columns.column(trials, name, distributions[d]));
      const { below, above } = split(isBest, observed);
      // Parameter by parameter, true densities find worse values on all of bench/functions.ts in 100 trials.
      const options = { equalHeights: !joint };
      const weightsOf = (places: Uint32Array): Float64Array | undefined =>
        prior && weightsAfterPrior(places, before, weight);
      const weights = weighed ? Float64Array.from(below, (place) => weighed.get(trials[place])!) : weightsOf(below);
      const l = parzenEstimator(observed, below, distributions, { ...options, weights });
      // With its many observations the gaps of the rest are narrow: between them it would tell good from bad nowhere.
      const rest = joint ? thinned(above) : above;
      const ofRest = { ...options, evenWidths: joint, weights: weightsOf(rest) };
      const g = parzenEstimator(observed, rest, distributions, ofRest);
      const point = bestCandidate(l, g, candidates, stream);
      return Object.fromEntries(names.map((name, d) => [name, toValue(distributions[d], point[d])]));
    };
    const wholeSpace = joint ? withChoice(whole()) : {};
    const jointSpace = prior ? ofAll(prior.trials, wholeSpace) : wholeSpace;
    let together: Params | undefined;
    return (name, distribution): ParameterValue => {
      const isJoint = name in jointSpace && sameDistribution(jointSpace[name], distribution);
      if (!isJoint) return suggest({ [name]: distribution }, context.random(name))[name];
      together ??= suggest(jointSpace, context.random('joint'));
      return together[name];
    };
  };
}

/** By number. Trials in flight are the newest as a rule, and nothing has to be moved. */
function inOrder(trials: FrozenTrial[]): readonly FrozenTrial[] {
  const isOrdered = trials.every(({ number }, i) => i === 0 || trials[i - 1].number < number);
  return isOrdered ? trials : trials.toSorted((a, b) => a.number - b.number);
}

/**
 * Places of the trials that have all of these values, the best ones and the rest, in order of time.
 * @param isBest 1 for the best ones, by place
 */
function split(isBest: Uint8Array, columns: readonly Column[]): { below: Uint32Array; above: Uint32Array } {
  const [below, above] = [new Uint32Array(isBest.length), new Uint32Array(isBest.length)];
  let [belowLength, aboveLength] = [0, 0];
  for (let i = 0; i < isBest.length; i++) {
    let hasAll = true;
    for (const { coordinates } of columns) hasAll &&= !Number.isNaN(coordinates[i]);
    if (!hasAll) continue;
    if (isBest[i] === 1) below[belowLength++] = i;
    else above[aboveLength++] = i;
  }
  return { below: below.subarray(0, belowLength), above: above.subarray(0, aboveLength) };
}

/** How many of n finished trials count as the best. */
export function belowCount(n: number): number {
  return Math.min(Math.ceil(0.1 * n), mostBest);
}

/** At most `mostOfRest` of the places, evenly spaced, with the newest. */
function thinned(places: Uint32Array): Uint32Array {
  const step = Math.ceil(places.length / mostOfRest);
  return step <= 1 ? places : places.filter((_, i) => (places.length - 1 - i) % step === 0);
}

/**
 * The best `count` trials, best first: COMPLETE ones by value, then PRUNED ones by their last step and the value there,
 * then those that miss a constraint, by how much, the earlier of equals first. Failed trials, which include diverged ones, are never among the best, so that the search
 * avoids their region.
 */
export function bestTrials(history: readonly FrozenTrial[], direction: Direction, count: number): FrozenTrial[] {
  return takeBest([], history, direction, count);
}

/**
 * `bestTrials` that looks at new trials only while a history goes on where the last one ended. Keeps references to the
 * lists that it gets: do not change them afterwards.
 */
function createBest(): (history: readonly FrozenTrial[], direction: Direction, count: number) => FrozenTrial[] {
  let known: readonly FrozenTrial[] = [];
  let best: readonly FrozenTrial[] = [];
  let towards: Direction | undefined;
  return (history, direction, count) => {
    const goesOn = direction === towards && known.every((trial, i) => trial === history[i]);
    best = takeBest(goesOn ? best : [], goesOn ? history.slice(known.length) : history, direction, mostBest);
    [known, towards] = [history, direction];
    return best.slice(0, count);
  };
}

/** The best of those that are the best of earlier trials, in their order, and of later ones. */
function takeBest(
  before: readonly FrozenTrial[],
  later: readonly FrozenTrial[],
  direction: Direction,
  count: number,
): FrozenTrial[] {
  const sign = direction === 'minimize' ? 1 : -1;
  const best = [...before];
  for (const trial of later) {
    if (trial.state === 'FAIL' || (best.length === count && !isBetter(trial, best[count - 1], sign))) continue;
    const place = best.findIndex((other) => isBetter(trial, other, sign));
    best.splice(place < 0 ? best.length : place, 0, trial);
    best.length = Math.min(best.length, count);
  }
  return best;
}

function isBetter(a: FrozenTrial, b: FrozenTrial, sign: 1 | -1): boolean {
  const [violationA, violationB] = [violationOf(a), violationOf(b)];
  if (violationA !== violationB) return violationA < violationB;
  if (a.state !== b.state) return a.state === 'COMPLETE';
  if (a.value !== null && b.value !== null) return sign * a.value < sign * b.value;
  const [reportA, reportB] = [lastReport(a), lastReport(b)];
  if (reportA.step !== reportB.step) return reportA.step > reportB.step;
  return sign * reportA.value < sign * reportB.value || (Number.isNaN(reportB.value) && !Number.isNaN(reportA.value));
}

/** Draws candidates from the density l of the best and returns the first with the largest l / g. */
function bestCandidate(l: ParzenEstimator, g: ParzenEstimator, candidates: number, random: Random): Point {
  let best: Point = [];
  let bestScore = -Infinity;
  for (let i = 0; i < candidates; i++) {
    const point = l.draw(random);
    const score = l.logDensity(point) - g.logDensity(point);
    if (i === 0 || score > bestScore) [best, bestScore] = [point, score];
  }
  return best;
}

function toValue(distribution: Distribution, coordinate: number): ParameterValue {
  return distribution.kind === 'categorical' ? distribution.choices[coordinate] : coordinate;
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

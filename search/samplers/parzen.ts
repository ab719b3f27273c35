/**
 * The Parzen estimator of TPE: a mixture of one component for each observation and one for the prior,
 * p(x) = Σᵢ wᵢ Π_d k_{i,d}(x_d). The weights begin with the oldest observation and end with the prior.
 * Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization". Widths, weights and the joint form are
 * those of Optuna; the tests compare with its numbers.
 */
import { stepOf } from '../distributions.ts';
import type { Distribution, NumericDistribution } from '../distributions.ts';
import type { Random } from '../random.ts';
import type { Column } from './columns.ts';
import { placeComponents, truncationMass } from './parzen-components.ts';
import type { Components } from './parzen-components.ts';
import { type Curve, mixture, type Point, reachOf, type Table } from './parzen-mixture.ts';
import { choiceProbabilities, gridProbabilities } from './parzen-tables.ts';
import { truncatedNormalQuantile } from '../../numerics/normal.ts';
import { fromRange, rangeOf } from './range.ts';

export type { Point } from './parzen-mixture.ts';

export interface ParzenEstimator {
  readonly logDensity: (point: Point) => number;
  /** Draws a component by its weight, then each dimension from that component. */
  readonly draw: (random: Random) => Point;
}

interface ParzenOptions {
  /**
   * Components over real numbers are not divided by their widths, so that a wide component is as high as a narrow one
   * and has more mass. `logDensity` is then a score and not a density. Draws do not change. Default: false.
   */
  readonly equalHeights?: boolean;
  /**
   * All observations of a parameter are equally wide once there are `fewestOfEvenWidth` of them, by the rule of Optuna's
   * joint estimator: 0.2 k^(−1 / (d + 4)) of the range, for k observations of d parameters. Default: false.
   */
  readonly evenWidths?: boolean;
  /** Weight of every member, where the prior has 1, f64[members]. Default: by age, `observationWeights`. */
  readonly weights?: Float64Array;
}

/** Fewer observations lie so far apart that even widths find worse values than gaps. */
const fewestOfEvenWidth = 50;

/** Newest observations that all weigh 1; before them the weights fall off linearly. */
const fullWeightCount = 25;

/**
 * @param columns of every dimension
 * @param members places of the observations in the columns, in order of time; all of them have all values
 */
export function parzenEstimator(
  columns: readonly Column[],
  members: Uint32Array,
  distributions: readonly Distribution[],
  { equalHeights = false, evenWidths = false, weights: given }: ParzenOptions = {},
): ParzenEstimator {
  const count = members.length;
  const reach = reachOf(count, distributions);
  const slotOf = assignSlots(columns, members, distributions);
  const evenWidth =
    evenWidths && count >= fewestOfEvenWidth
      ? Math.max(0.01, 0.2 * count ** (-1 / (distributions.length + 4)))
      : undefined;
  const weights = new Float64Array(count + 1);
  const weightsInTime = given === undefined ? observationWeights(count) : normalized(Float64Array.of(...given, 1));
  for (let rank = 0; rank < count; rank++) weights[slotOf[members[rank]]] = weightsInTime[rank];
  weights[count] = weightsInTime[count];
  const factors = weights.slice();
  const curves: Curve[] = [];
  const tables: Table[] = [];
  const draws: ((slot: number, uniform: number) => number)[] = [];
  let logScale = 0;
  for (const [dimension, distribution] of distributions.entries()) {
    const column = columns[dimension];
    if (distribution.kind === 'categorical') {
      const { choices } = distribution;
      const classOf = new Uint32Array(count + 1).fill(choices.length);
      for (const member of members) classOf[slotOf[member]] = column.coordinates[member];
      const rows = choiceProbabilities(distribution, count);
      tables.push({ dimension, classOf, probabilities: (choice) => rows[choice] });
      draws.push((slot, uniform) =>
        indexByWeight(
          choices.map((_, choice) => rows[choice][classOf[slot]]),
          uniform,
        ),
      );
      continue;
    }
    const components = placeComponents(column, distribution, slotOf, count, evenWidth);
    draws.push((slot, uniform) => drawNumber(components, distribution, slot, uniform));
    if (stepOf(distribution) !== 0) {
      tables.push({ dimension, ...gridProbabilities(components, distribution, column, slotOf, reach) });
      continue;
    }
    const { low, high } = rangeOf(distribution);
    const inverseWidths = components.widths.map((width) => 1 / width);
    for (let slot = 0; slot <= count; slot++) {
      factors[slot] *=
        (equalHeights ? 1 : (high - low) * inverseWidths[slot]) / truncationMass(components, slot, low, high);
    }
    logScale -= Math.log(high - low) + Math.log(2 * Math.PI) / 2;
    curves.push({ dimension, distribution, components, inverseWidths });
  }
  const density = mixture(factors, curves, tables, reach);
  return {
    logDensity: (point) => Math.log(density(point)) + logScale,
    draw(random) {
      const slot = indexByWeight(weights, random());
      return draws.map((draw) => draw(slot, random()));
    },
  };
}

/** Weights of k observations and the prior, f64[k + 1], sum 1. */
export function observationWeights(k: number): Float64Array {
  const weights = new Float64Array(k + 1).fill(1);
  const rising = Math.max(k - fullWeightCount, 0);
  for (let i = 0; i < rising; i++) weights[i] = 1 / k + (rising === 1 ? 0 : ((1 - 1 / k) * i) / (rising - 1));
  return normalized(weights);
}

/** Changes the weights such that their sum is 1. */
function normalized(weights: Float64Array): Float64Array {
  let total = 0;
  for (const weight of weights) total += weight;
  for (let i = 0; i < weights.length; i++) weights[i] /= total;
  return weights;
}

/** By trial, −1 for those that are not members. In order of the first real parameter, so that it can be searched. */
function assignSlots(
  columns: readonly Column[],
  members: Uint32Array,
  distributions: readonly Distribution[],
): Int32Array {
  const slotOf = new Int32Array(columns[0].coordinates.length).fill(-1);
  for (let rank = 0; rank < members.length; rank++) slotOf[members[rank]] = rank;
  const sorting = distributions.findIndex(({ kind }, d) => kind !== 'categorical' && isReal(distributions[d]));
  if (sorting < 0) return slotOf;
  let slot = 0;
  for (const trial of columns[sorting].order) if (slotOf[trial] >= 0) slotOf[trial] = slot++;
  return slotOf;
}

function isReal(distribution: Distribution): boolean {
  return distribution.kind !== 'categorical' && stepOf(distribution) === 0;
}

function drawNumber(
  { centres, widths }: Components,
  distribution: NumericDistribution,
  slot: number,
  uniform: number,
): number {
  const { low, high } = rangeOf(distribution);
  const [centre, width] = [centres[slot], widths[slot]];
  const z = truncatedNormalQuantile(uniform, (low - centre) / width, (high - centre) / width);
  return fromRange(distribution, centre + z * width);
}

/** The first index whose cumulative weight exceeds `uniform`; the weights sum to 1. */
function indexByWeight(weights: ArrayLike<number>, uniform: number): number {
  let cumulative = 0;
  for (let i = 0; i < weights.length - 1; i++) {
    cumulative += weights[i];
    if (uniform < cumulative) return i;
  }
  return weights.length - 1;
}

/**
 * The Parzen estimator of TPE: a mixture of one component for each observation and one for the prior,
 * p(x) = Σᵢ wᵢ Π_d k_{i,d}(x_d). Oldest observation first in the weights, the prior last.
 * Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization"; the widths, weights and joint form as
 * in Optuna, whose numbers the tests hold this file against.
 *
 * Which components count. The prior is nowhere small: over a numeric parameter of range R its density is at least
 * φ(½) / (Φ(½) − Φ(−½)) / R > .91 / R, while no component, being R / 100 wide or wider and cut at one end at most through
 * its middle, exceeds φ(0) / ½ · 100 / R < 80 / R: less than 100 times as much; over c choices a component is at most c
 * times the prior. The prior's weight is at least 1 / (k + 1). All components together that are more than z widths away
 * from x in one parameter therefore add a part of p(x) of at most exp(−z²/2) (k + 1) Π_d (100 or c), which is below
 * 1e-16, the rounding of p itself, for the `reach` z computed here. They are left out.
 */
import { stepOf } from '../distributions.ts';
import type { CategoricalDistribution, Distribution, NumericDistribution } from '../distributions.ts';
import type { Random } from '../random.ts';
import type { Column } from './columns.ts';
import { placeComponents } from './parzen-components.ts';
import type { Components } from './parzen-components.ts';
import { logNormalMass, truncatedNormalQuantile } from '../../numerics/normal.ts';
import { cellOf, fromRange, rangeOf, toRange } from './range.ts';

/** One number per dimension: the value of a numeric parameter, the index of the choice of a categorical one. */
export type Point = readonly number[];

export interface ParzenEstimator {
  readonly logDensity: (point: Point) => number;
  /** A component by its weight, then every dimension from that component. */
  readonly draw: (random: Random) => Point;
}

export interface ParzenOptions {
  /**
   * Leaves the width out of the scale of components over real numbers, so that a wide component is as high as a narrow one
   * and has more mass: then `logDensity` is no density, but a score. Draws are not changed. Default: false.
   */
  readonly equalHeights?: boolean;
}

/** Components over real numbers: `exp(−½ ((x − centre) · inverseWidth)²)` times a factor that is in the weights. */
interface Curve {
  readonly dimension: number;
  readonly distribution: NumericDistribution;
  readonly components: Components;
  readonly inverseWidths: Float64Array;
}

/** Components over a grid or choices: probabilities of a value by class, and the class of each slot. */
interface Table {
  readonly dimension: number;
  readonly classOf: Uint32Array;
  readonly probabilities: (value: number) => Float64Array;
}

/** Newest observations that all weigh 1; before them the weights fall off linearly. */
const fullWeightCount = 25;
/** Beyond so many widths a normal distribution has less than half the rounding error of 1. */
const certainty = 9;

/**
 * @param columns of every dimension
 * @param members places of the observations in the columns, in order of time; all of them have all values
 */
export function parzenEstimator(
  columns: readonly Column[],
  members: Uint32Array,
  distributions: readonly Distribution[],
  { equalHeights = false }: ParzenOptions = {},
): ParzenEstimator {
  const count = members.length;
  const reach = reachOf(count, distributions);
  const slotOf = assignSlots(columns, members, distributions);
  const weights = new Float64Array(count + 1);
  const weightsInTime = observationWeights(count);
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
    const components = placeComponents(column, distribution, slotOf, count);
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
  let total = 0;
  for (const weight of weights) total += weight;
  for (let i = 0; i <= k; i++) weights[i] /= total;
  return weights;
}

function reachOf(count: number, distributions: readonly Distribution[]): number {
  let log = Math.log(1e16) + Math.log(count + 1);
  for (const distribution of distributions) {
    log += Math.log(distribution.kind === 'categorical' ? distribution.choices.length : 100);
  }
  return Math.sqrt(2 * log);
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

/** The sum over all components that count, without the powers of 2π and of the ranges. */
function mixture(
  factors: Float64Array,
  curves: readonly Curve[],
  tables: readonly Table[],
  reach: number,
): (point: Point) => number {
  const [curve] = curves;
  if (curve === undefined && tables.length === 1) return tableMixture(factors, tables[0]);
  const count = factors.length - 1;
  // Components of the least width are searched; wider ones have a gap of a hundredth of the range beside them, of which
  // there are at most a hundred, once there are as many observations.
  const wide = curve === undefined ? [] : slotsOfWideComponents(curve.components);
  const componentSum =
    curves.length === 1 && tables.length === 0 ? curveSum(factors, curve) : productSum(factors, curves, tables);
  return (point) => {
    const sum = componentSum(point);
    if (curve === undefined) return sum(0, count + 1);
    const { centres, narrowest } = curve.components;
    const x = toRange(curve.distribution, point[curve.dimension]);
    const from = firstAtLeast(centres, count, x - reach * narrowest);
    const to = firstAtLeast(centres, count, x + reach * narrowest);
    let total = sum(from, to) + sum(count, count + 1);
    for (const slot of wide) if (slot < from || slot >= to) total += sum(slot, slot + 1);
    return total;
  };
}

/** Over the components of these slots, at a point. */
type ComponentSum = (point: Point) => (from: number, to: number) => number;

function productSum(factors: Float64Array, curves: readonly Curve[], tables: readonly Table[]): ComponentSum {
  const xs = new Float64Array(curves.length);
  const rows: Float64Array[] = [];
  const sum = (from: number, to: number): number => {
    let total = 0;
    for (let slot = from; slot < to; slot++) {
      let square = 0;
      for (let c = 0; c < xs.length; c++) {
        const z = (xs[c] - curves[c].components.centres[slot]) * curves[c].inverseWidths[slot];
        square += z * z;
      }
      let product = factors[slot] * Math.exp(-square / 2);
      for (let t = 0; t < rows.length; t++) product *= rows[t][tables[t].classOf[slot]];
      total += product;
    }
    return total;
  };
  return (point) => {
    for (const [c, { dimension, distribution }] of curves.entries()) xs[c] = toRange(distribution, point[dimension]);
    for (const [t, { dimension, probabilities }] of tables.entries()) rows[t] = probabilities(point[dimension]);
    return sum;
  };
}

/** The same for one real parameter alone, which is the usual case and worth a loop of its own. */
function curveSum(factors: Float64Array, { dimension, distribution, components, inverseWidths }: Curve): ComponentSum {
  const { centres } = components;
  return (point) => {
    const x = toRange(distribution, point[dimension]);
    return (from, to) => {
      let total = 0;
      for (let slot = from; slot < to; slot++) {
        const z = (x - centres[slot]) * inverseWidths[slot];
        total += factors[slot] * Math.exp((-z * z) / 2);
      }
      return total;
    };
  };
}

/**
 * Density ratio where the only parameter is a grid or a choice: all components of a class are one component, with the sum
 * of their weights.
 */
function tableMixture(factors: Float64Array, { dimension, classOf, probabilities }: Table): (point: Point) => number {
  // The prior is in the last class.
  const classFactors = new Float64Array(classOf[factors.length - 1] + 1);
  for (let slot = 0; slot < factors.length; slot++) classFactors[classOf[slot]] += factors[slot];
  return (point) => probabilities(point[dimension]).reduce((sum, p, i) => sum + p * classFactors[i], 0);
}

function slotsOfWideComponents({ widths, narrowest }: Components): number[] {
  const slots: number[] = [];
  for (let slot = 0; slot < widths.length - 1; slot++) if (widths[slot] > narrowest) slots.push(slot);
  return slots;
}

/** The first of `count` sorted numbers that is not below x; `count` if all are. */
function firstAtLeast(sorted: Float64Array, count: number, x: number): number {
  let [from, to] = [0, count];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] < x) from = middle + 1;
    else to = middle;
  }
  return from;
}

function truncationMass({ centres, widths }: Components, slot: number, low: number, high: number): number {
  const [below, above] = [(low - centres[slot]) / widths[slot], (high - centres[slot]) / widths[slot]];
  return below < -certainty && above > certainty ? 1 : Math.exp(logNormalMass(below, above));
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

/** On a grid a value has the mass of its cell. Observations of one value have one of three widths: three classes. */
function gridProbabilities(
  components: Components,
  distribution: NumericDistribution,
  column: Column,
  slotOf: Int32Array,
  reach: number,
): Omit<Table, 'dimension'> {
  const { centres, widths } = components;
  const { low, high } = rangeOf(distribution);
  const classOf = new Uint32Array(centres.length);
  const examples: number[] = [];
  const assign = (slot: number): void => {
    const last = examples.at(-1);
    if (last === undefined || centres[slot] !== centres[last] || widths[slot] !== widths[last]) examples.push(slot);
    classOf[slot] = examples.length - 1;
  };
  for (const trial of column.order) if (slotOf[trial] >= 0) assign(slotOf[trial]);
  assign(centres.length - 1);
  const masses = examples.map((slot) => truncationMass(components, slot, low, high));
  const known = new Map<number, Float64Array>();
  const compute = (value: number): Float64Array => {
    const cell = cellOf(distribution, value);
    return Float64Array.from(examples, (slot, i) => {
      const from = (cell.low - centres[slot]) / widths[slot];
      const to = (cell.high - centres[slot]) / widths[slot];
      return from > reach || to < -reach ? 0 : Math.exp(logNormalMass(from, to)) / masses[i];
    });
  };
  const probabilities = (value: number): Float64Array => {
    const row = known.get(value) ?? compute(value);
    known.set(value, row);
    return row;
  };
  return { classOf, probabilities };
}

/**
 * By choice and class, which is the choice observed, or the prior: each observation gives its choice 1 more than the
 * 1 / (k + 1) that every choice has; the prior is even.
 */
function choiceProbabilities({ choices: { length } }: CategoricalDistribution, k: number): Float64Array[] {
  const rowTotal = 1 + length / (k + 1);
  return Array.from({ length }, (_, choice) => {
    const row = new Float64Array(length + 1).fill(1 / (k + 1) / rowTotal);
    row[choice] = (1 + 1 / (k + 1)) / rowTotal;
    row[length] = 1 / length;
    return row;
  });
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

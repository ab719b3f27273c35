/**
 * The sum over the components of a Parzen estimator. Most of the time of a suggestion is spent here, so components that
 * do not change the sum are left out.
 *
 * Over a numeric parameter of range R the density of the prior is at least φ(½) / (Φ(½) − Φ(−½)) / R > .91 / R. A component
 * is at least R / 100 wide, and the range cuts off at most half of it, so its density is at most φ(0) / ½ · 100 / R < 80 / R:
 * less than 100 times that of the prior. Over c choices a component is at most c times the prior. The prior's weight is
 * at least 1 / (k + 1). All components that are more than z widths away from x in one parameter therefore add at most
 * exp(−z²/2) (k + 1) Π_d (100 or c) of p(x). For the z that `reachOf` computes this is less than 1e-16, the rounding of p.
 */
import { toRange } from './range.ts';
import type { Distribution, NumericDistribution } from '../distributions.ts';
import type { Components } from './parzen-components.ts';

/** One number per dimension: the value of a numeric parameter, the index of the choice of a categorical one. */
export type Point = readonly number[];

/** Components over real numbers: `exp(−½ ((x − centre) · inverseWidth)²)` times a factor that is in the weights. */
export interface Curve {
  readonly dimension: number;
  readonly distribution: NumericDistribution;
  readonly components: Components;
  readonly inverseWidths: Float64Array;
}

/** Components over a grid or choices: probabilities of a value by class, and the class of each slot. */
export interface Table {
  readonly dimension: number;
  readonly classOf: Uint32Array;
  readonly probabilities: (value: number) => Float64Array;
}

/** How many widths away from a point a component still counts. */
export function reachOf(count: number, distributions: readonly Distribution[]): number {
  let log = Math.log(1e16) + Math.log(count + 1);
  for (const distribution of distributions) {
    log += Math.log(distribution.kind === 'categorical' ? distribution.choices.length : 100);
  }
  return Math.sqrt(2 * log);
}

/** The sum over all components that count, without the powers of 2π and of the ranges. */
export function mixture(
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
  const terms = new Float64Array(factors.length);
  // Parameter by parameter: a loop over two arrays takes half the time of one over the arrays of all parameters.
  const sum = (from: number, to: number): number => {
    terms.fill(0, from, to);
    for (const [c, { components, inverseWidths }] of curves.entries())
      addSquares(terms, xs[c], components.centres, inverseWidths, from, to);
    for (let slot = from; slot < to; slot++) terms[slot] = factors[slot] * Math.exp(-terms[slot] / 2);
    for (const [t, { classOf }] of tables.entries()) multiplyBy(terms, rows[t], classOf, from, to);
    let total = 0;
    for (let slot = from; slot < to; slot++) total += terms[slot];
    return total;
  };
  return (point) => {
    for (const [c, { dimension, distribution }] of curves.entries()) xs[c] = toRange(distribution, point[dimension]);
    for (const [t, { dimension, probabilities }] of tables.entries()) rows[t] = probabilities(point[dimension]);
    return sum;
  };
}

function addSquares(
  squares: Float64Array,
  x: number,
  centres: Float64Array,
  inverseWidths: Float64Array,
  from: number,
  to: number,
): void {
  for (let slot = from; slot < to; slot++) {
    const z = (x - centres[slot]) * inverseWidths[slot];
    squares[slot] += z * z;
  }
}

function multiplyBy(terms: Float64Array, row: Float64Array, classOf: Uint32Array, from: number, to: number): void {
  for (let slot = from; slot < to; slot++) terms[slot] *= row[classOf[slot]];
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

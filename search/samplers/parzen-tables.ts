/** Probabilities of the values of a grid and of choices, by component. */
import { logNormalMass } from '../../numerics/normal.ts';
import type { CategoricalDistribution, NumericDistribution } from '../distributions.ts';
import type { Column } from './columns.ts';
import { type Components, truncationMass } from './parzen-components.ts';
import type { Table } from './parzen-mixture.ts';
import { cellOf, rangeOf } from './range.ts';

/** On a grid a value has the mass of its cell. Observations of one value have one of three widths: three classes. */
export function gridProbabilities(
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
export function choiceProbabilities({ choices: { length } }: CategoricalDistribution, k: number): Float64Array[] {
  const rowTotal = 1 + length / (k + 1);
  return Array.from({ length }, (_, choice) => {
    const row = new Float64Array(length + 1).fill(1 / (k + 1) / rowTotal);
    row[choice] = (1 + 1 / (k + 1)) / rowTotal;
    row[length] = 1 / length;
    return row;
  });
}

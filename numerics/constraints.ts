/** Constraints on what a trial was found to be: feasible are values of at most 0, and NaN misses. */

/** Values by name; undefined if there are no constraints. */
interface Constrained {
  readonly constraints?: Readonly<Record<string, number>>;
}

/** By how much the constraints are missed: the sum of what is above 0; Infinity if one is not known. */
export function violationOf({ constraints }: Constrained): number {
  if (constraints === undefined) return 0;
  const missed = Object.values(constraints).map((value) => (Number.isNaN(value) ? Infinity : Math.max(value, 0)));
  return missed.reduce((sum, value) => sum + value, 0);
}

/** Whether all constraints are kept. */
export const isFeasible = (trial: Constrained): boolean => violationOf(trial) === 0;

/** The names of the constraints that are not kept. */
export function missedConstraints({ constraints = {} }: Constrained): readonly string[] {
  return Object.entries(constraints).flatMap(([name, value]) => (value <= 0 ? [] : [name]));
}

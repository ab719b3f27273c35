/** Test functions with several objectives or constraints. All are minimised. */
import { hypervolume } from '../numerics/hypervolume.ts';
import type { Params, SearchSpace } from '../search/distributions.ts';
import { frontsOf, type Losses } from '../search/pareto.ts';

export interface FrontFunction {
  readonly space: SearchSpace;
  /** Reference point of the hypervolume; absent for one objective. */
  readonly reference?: readonly number[];
  readonly evaluate: (params: Params) => Losses;
  /** Values of the constraints, at most 0 for a feasible point. */
  readonly constraints?: (params: Params) => readonly number[];
  /** Hypervolume of the true front, or the smallest feasible value. */
  readonly optimum: number;
}

const unit = (count: number): SearchSpace =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, { kind: 'float', low: 0, high: 1 }]));
const square = (x: number, y: number): SearchSpace => ({
  x: { kind: 'float', low: 0, high: x },
  y: { kind: 'float', low: 0, high: y },
});
const numbersOf = (params: Params): number[] => Object.values(params).map(Number);

const DIMENSIONS = 4;
const zdtReference = [1.1, 6];

/** Zitzler, Deb and Thiele 2000. @param shape f₂ / g of f₁ and g */
function zdt(shape: (f: number, g: number) => number): FrontFunction {
  const front = Array.from({ length: 10_001 }, (_, i) => [i / 10_000, shape(i / 10_000, 1)]);
  return {
    space: unit(DIMENSIONS),
    reference: zdtReference,
    evaluate: (params) => {
      const [f, ...others] = numbersOf(params);
      const g = 1 + (9 * others.reduce((sum, x) => sum + x, 0)) / others.length;
      return [f, g * shape(f, g)];
    },
    optimum: hypervolume(
      frontsOf(front, 1)[0].map((i) => front[i]),
      zdtReference,
    ),
  };
}

const GRID = 300;

/** @param size size of the space @returns the function with its optimum, computed on a grid over the two parameters */
function onSquare(
  size: readonly [number, number],
  values: (x: number, y: number) => Losses,
  constraints: (x: number, y: number) => readonly number[],
  reference?: readonly number[],
): FrontFunction {
  const points = Array.from({ length: (GRID + 1) ** 2 }, (_, i): [number, number] => [
    (size[0] * (i % (GRID + 1))) / GRID,
    (size[1] * Math.floor(i / (GRID + 1))) / GRID,
  ]);
  const feasible = points.filter(([x, y]) => constraints(x, y).every((c) => c <= 0)).map(([x, y]) => values(x, y));
  const front = frontsOf(feasible, 1)[0].map((i) => feasible[i]);
  return {
    space: square(...size),
    reference,
    evaluate: ({ x, y }) => values(Number(x), Number(y)),
    constraints: ({ x, y }) => constraints(Number(x), Number(y)),
    optimum: reference === undefined ? front[0][0] : hypervolume(front, reference),
  };
}

export const frontFunctions = {
  zdt1: zdt((f, g) => 1 - Math.sqrt(f / g)),
  zdt2: zdt((f, g) => 1 - (f / g) ** 2),
  zdt3: zdt((f, g) => 1 - Math.sqrt(f / g) - (f / g) * Math.sin(10 * Math.PI * f)),
  /** Three objectives. The front is an eighth of a sphere. Deb et al. 2002. */
  dtlz2: {
    space: unit(5),
    reference: [2, 2, 2],
    evaluate: (params) => {
      const [a, b, ...others] = numbersOf(params);
      const radius = 1 + others.reduce((sum, x) => sum + (x - 0.5) ** 2, 0);
      const [u, v] = [(a * Math.PI) / 2, (b * Math.PI) / 2];
      return [radius * Math.cos(u) * Math.cos(v), radius * Math.cos(u) * Math.sin(v), radius * Math.sin(u)];
    },
    optimum: 8 - Math.PI / 6,
  },
  /** Binh and Korn 1997. */
  'binh-korn': onSquare(
    [5, 3],
    (x, y) => [4 * x * x + 4 * y * y, (x - 5) ** 2 + (y - 5) ** 2],
    (x, y) => [(x - 5) ** 2 + y * y - 25, 7.7 - (x - 8) ** 2 - (y + 3) ** 2],
    [140, 50],
  ),
  /** One objective; about a third of the square is infeasible. Gardner et al. 2014, simulation 1. */
  gardner1: onSquare(
    [6, 6],
    (x, y) => [Math.cos(2 * x) * Math.cos(y) + Math.sin(x)],
    (x, y) => [Math.cos(x) * Math.cos(y) - Math.sin(x) * Math.sin(y) - 0.5],
  ),
  /** One objective; nearly all of the square is infeasible. Gardner et al. 2014, simulation 2. */
  gardner2: onSquare(
    [6, 6],
    (x, y) => [Math.sin(x) + y],
    (x, y) => [Math.sin(x) * Math.sin(y) + 0.95],
  ),
} satisfies Record<string, FrontFunction>;

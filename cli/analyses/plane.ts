/** `npm run analyze -- plane`: losses and errors on a plane through three solutions, or around a single one. */
import {
  type MetricName,
  metricNames,
  type Values,
  boxAround,
  coarseToFine,
  levelStrides,
  spaced,
  digestOfVectors,
  targetAt,
  targetId,
  firstMiddleLast,
  type Plane,
  planeThrough,
  project,
  randomDirections,
} from '../../analysis/index.ts';
import { length } from '../../numerics/vectors.ts';
import type { FindingsChart } from '../../records/index.ts';
import { displayPath } from '../../base/paths.ts';
import { UserError } from '../../base/user-error.ts';
import { averageWeights } from '../../pipeline/index.ts';
import { defineCommand } from '../command.ts';
import { shortNumber, percent } from '../../base/format.ts';
import { type NamedSolution, readFoldSolutions, readSolutions } from '../solutions.ts';
import {
  type Analysis,
  draw,
  evaluateAll,
  type Findings,
  finish,
  placeFor,
  metricTitle,
  type Place,
  plotted,
  pointsOf,
  stopped,
  valuesTable,
  withAnalysis,
} from './analysis.ts';
import { commandLine } from '../../base/command-line.ts';
import {
  commonOptions,
  type CommonValues,
  directionOptions,
  type DirectionValues,
  metricOption,
  pointsOption,
} from './options.ts';

/** Margin around the three points, as a share of the longer side of their box. */
const MARGIN = 0.4;
/** Height of the figure, in CSS pixels. */
const HEIGHT = 560;

export const plane = defineCommand({
  name: 'plane',
  summary: 'loss and error on the plane through three networks, or along two random directions from one',
  options: {
    ...commonOptions,
    points: pointsOption,
    metric: metricOption,
    directions: ofOneNetwork(directionOptions.directions),
    radius: ofOneNetwork(directionOptions.radius),
  },
  defaults: { run: ['swa'] },
  spare: 'run',
  examples: [
    ['--run plain,swa,fge', 'through the first fold of the newest run of each method'],
    ['--run fge', 'through the first, the middle and the last network of a run that keeps several'],
    ['--run swa --directions filter', 'two random directions, normalised filter by filter'],
    ['--run swa@2,plain@2,fge@2.1 --metric trainLoss', 'for the second fold, with the first network of FGE'],
  ],
  stopped,
  async run(options, session) {
    const solutions = await solutionsOf(options);
    if (solutions.length > 1) expectNoDirections(options);
    return withAnalysis(solutions, options, session, async (analysis) => {
      const [map, box] = mapOf(analysis, options);
      const n = pointsOf(options);
      const place = await placeFor(analysis, 'plane', box, n, digestOfVectors([map.origin, ...map.directions]));
      const result = await scanPlane(analysis, place, map, box, n, options.metric, marksOf(solutions));
      return finish(analysis, place, result.findings, result.json);
    });
  },
});

/** The option for a plane, which has random directions only around a single network. */
function ofOneNetwork<Option extends { readonly description: string }>(definition: Option): Option {
  return { ...definition, description: `${definition.description}; only for the plane around one network` };
}

/** @throws UserError if an option was given that has no effect on a plane through several networks */
function expectNoDirections({ directions, radius }: DirectionValues): void {
  for (const [flag, value] of Object.entries({ '--directions': directions, '--radius': radius })) {
    if (value === undefined) continue;
    throw new UserError(
      `${flag} has no effect on a plane through several networks: leave it out, or name one network to look around, ` +
        'as in --run swa@1.1.',
    );
  }
}

/** A place in the plane that a figure shows: a solution, or a mean of some. */
export interface Mark {
  readonly name: string;
  readonly weights: Float32Array;
}

export type Box = ReturnType<typeof boxAround>;

/** Scans the coarse points first, and draws a figure of each level as soon as it is whole. */
export async function scanPlane(
  analysis: Analysis,
  place: Place,
  map: Plane,
  box: Box,
  n: number,
  metric: MetricName,
  marks: readonly Mark[],
  path: readonly (readonly [x: number, y: number])[] = [],
) {
  const [x, y] = [box.x, box.y].map(([low, high]) => spaced(low, high, n));
  const placed = marks.map((mark) => ({ ...mark, ...project(map, mark.weights) }));
  const titleOf = (shown: MetricName): string =>
    `${metricTitle(shown)} on a plane with ${marks.map(({ name }) => name).join(', ')}`;
  const title = titleOf(metric);
  const others = metricNames.filter((name) => name !== metric);
  const cells = coarseToFine(n, n);
  let found = new Map<string, Values>();
  const figureOf = (stride: number, shown = metric): FindingsChart => {
    const [columns, rows] = [x, y].map((axis) => axis.filter((_, i) => i % stride === 0));
    const z = rows.map((row) => columns.map((column) => plotted(shown, found.get(targetId([column, row])))));
    const points = placed.map(({ name, coordinates: [atX, atY] }) => ({ name, x: atX, y: atY }));
    const data = { x: columns, y: rows, z, title: metricTitle(shown), points, ...(path.length > 0 && { path }) };
    const about = { name: `plane-${shown}`, title: metricTitle(shown), label: titleOf(shown), height: HEIGHT };
    return { ...about, chart: { kind: 'plane', data } };
  };
  const figuresOf = (stride: number) => ({
    figures: [figureOf(stride)],
    more: others.map((other) => figureOf(stride, other)),
  });
  const own = placed.map(({ name, weights }) => ({ id: name, weights: () => weights }));
  for (const [level, stride] of levelStrides(n).entries()) {
    const targets = cells.filter((cell) => cell.level <= level);
    found = await evaluateAll(analysis, place, [
      ...own,
      ...targets.map(({ column, row }) => targetAt(map, [x[column], y[row]])),
    ]);
    if (stride === 1) break;
    const says = [`A coarse picture: every ${stride}th point.`];
    const [page] = await draw(analysis, place, { title, tables: [], says, ...figuresOf(stride) });
    analysis.session.progress.note(`  A coarse picture: ${displayPath(page)}`);
  }

  const points = cells.map(({ column, row }) =>
    Object.assign({ x: x[column], y: y[row] }, found.get(targetId([x[column], y[row]]))!),
  );
  const lowest = (key: 'trainLoss' | 'testError') =>
    points.reduce((best, point) => (point[key] < best[key] ? point : best));
  const [lowestTrain, lowestTest] = [lowest('trainLoss'), lowest('testError')];
  const rows = placed.map(({ name }) => [name, found.get(name)!] as const);
  const scale = length(map.origin);
  const coordinate = (value: number): string => shortNumber(Math.abs(value) < 1e-6 * scale ? 0 : value);
  const at = (point: { x: number; y: number }): string => `(${coordinate(point.x)}, ${coordinate(point.y)})`;
  const findings: Findings = {
    title,
    tables: [valuesTable('Named places', rows)],
    says: [
      `Lowest test error of ${points.length} points of the plane: ${percent(lowestTest.testError)} at ${at(lowestTest)}; ` +
        `lowest train loss: ${shortNumber(lowestTrain.trainLoss)} at ${at(lowestTrain)}.`,
      ...placed.map(({ name, coordinates: [atX, atY], distance }) => {
        const beside = distance > 1e-3 * scale ? `, ${shortNumber(distance)} beside the plane` : '';
        return `${name} is at ${at({ x: atX, y: atY })}${beside}.`;
      }),
    ],
    ...figuresOf(1),
  };
  const json = {
    kind: 'plane',
    marks: placed.map(({ name, coordinates: [atX, atY], distance }) =>
      Object.assign({ name, x: atX, y: atY, distance }, found.get(name)),
    ),
    x,
    y,
    points,
  };
  return { findings, json };
}

async function solutionsOf({
  run: names,
  competition,
}: Pick<CommonValues, 'run' | 'competition'>): Promise<NamedSolution[]> {
  if (names.length > 1 || /@\d+\.\d+$/.test(names[0])) return readSolutions(names, competition);
  const kept = await readFoldSolutions(names[0], competition);
  return kept.length < 3 ? kept.slice(0, 1) : firstMiddleLast(kept);
}

function mapOf(
  { solutions, setting, session }: Analysis,
  { directions: normalisation = 'unit', radius, seed }: DirectionValues & { readonly seed: number },
): [Plane, Box] {
  const [first, second, third] = solutions;
  if (third) {
    const map = orUserError(() => planeThrough(first.weights, second.weights, third.weights));
    return [map, boxAround(map.coordinates, MARGIN)];
  }
  if (second) {
    throw new UserError(
      'Expected --run to name three solutions, which span a plane, or one to look around, got 2. ' +
        `Name a third one, such as a run with another seed, or see the line: ${commandLine('analyze', 'line')}`,
    );
  }
  session.progress.note(`Two random directions around ${first.name}, seed ${seed}.`);
  const directions = randomDirections(setting.plan, first.weights, { seed, count: 2, normalisation });
  const reach = radius ?? (normalisation === 'filter' ? 1 : length(first.weights) / 2);
  return [
    { origin: first.weights, directions, coordinates: [] },
    { x: [-reach, reach], y: [-reach, reach] },
  ];
}

/** The solutions, and the average of three: it lies in their plane. */
function marksOf(solutions: readonly NamedSolution[]): Mark[] {
  if (solutions.length < 3) return [...solutions];
  return [
    ...solutions,
    { name: 'mean of three', weights: averageWeights(solutions.slice(0, 3).map((s) => s.weights)) },
  ];
}

/** Turns an error about unsuitable solutions into a UserError, since the user can name others. */
export function orUserError<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof RangeError ? new UserError(error.message, { cause: error }) : error;
  }
}

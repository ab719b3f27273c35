/** `npm run analyze -- line`: losses and errors on the line through two solutions, and beyond them. */
import { metricNames, spaced, targetAt, targetId, lineBetween } from '../../analysis/index.ts';
import { length } from '../../numerics/vectors.ts';
import { UserError } from '../../base/user-error.ts';
import { defineCommand } from '../command.ts';
import { shortNumber } from '../../base/format.ts';
import { type NamedSolution, readSolutions } from '../solutions.ts';
import {
  evaluateAll,
  finish,
  placeFor,
  metricTitle,
  plotted,
  pointsOf,
  stopped,
  valuesTable,
  withAnalysis,
} from './analysis.ts';
import { orUserError } from './plane.ts';
import { commonOptions, pointsOption } from './options.ts';

/** How far the line goes on beyond each solution, in distances between them. */
const BEYOND = 0.5;

export const line = defineCommand({
  name: 'line',
  summary: 'loss and error on the line through two networks',
  options: { ...commonOptions, points: pointsOption },
  spare: 'run',
  examples: [
    ['', 'from the newest SWA network to the newest plain one'],
    ['--run fge@1.1,fge@1.2 --points 101', 'between two networks of one run'],
  ],
  stopped,
  async run(options, session) {
    const solutions = await readSolutions(options.run, options.competition);
    const [first, second] = twoOf(solutions);
    return withAnalysis(solutions, options, session, async (analysis) => {
      const subspace = orUserError(() => lineBetween(first.weights, second.weights));
      // The solutions themselves are always among the points.
      const t = Array.from(new Set([...spaced(-BEYOND, 1 + BEYOND, pointsOf(options)), 0, 1])).toSorted(
        (a, b) => a - b,
      );
      const place = await placeFor(analysis, 'line', t.length);
      const found = await evaluateAll(
        analysis,
        place,
        t.map((at) => targetAt(subspace, [at])),
      );

      const values = t.map((at) => found.get(targetId([at]))!);
      const axes = [
        metricTitle('testLoss').replace('test ', ''),
        metricTitle('testError').replace('test ', ''),
      ] as const;
      const quantities = metricNames.map((metric) => ({
        name: metricTitle(metric).replace(/ \(.*/, ''),
        axis: metric.endsWith('Loss') ? ('left' as const) : ('right' as const),
        values: values.map((value) => plotted(metric, value)),
      }));
      const title = `from ${first.name} (0) to ${second.name} (1)`;
      const marks = [first, second].map(({ name }, at) => ({ name, t: at }));
      const best = (metric: 'trainLoss' | 'testError'): number =>
        t[values.reduce((lowest, value, i) => (value[metric] < values[lowest][metric] ? i : lowest), 0)];
      const findings = {
        title: `Loss and error on the line ${title}`,
        tables: [
          valuesTable(
            'Both solutions',
            [first, second].map(({ name }, at) => [name, found.get(targetId([at]))!]),
          ),
        ],
        says: [
          `The solutions are ${shortNumber(length(subspace.directions[0]))} apart. On the line ${title}, the train loss is ` +
            `lowest at ${shortNumber(best('trainLoss'))} and the test error at ${shortNumber(best('testError'))}.`,
        ],
        figures: [
          {
            name: 'line',
            title,
            label: `Loss and error ${title}`,
            height: 440,
            chart: { kind: 'lines' as const, data: { t, title, axes, quantities, marks } },
          },
        ],
      };
      const json = {
        kind: 'line',
        distance: length(subspace.directions[0]),
        points: t.map((at, i) => Object.assign({ t: at }, values[i])),
      };
      return finish(analysis, place, findings, json);
    });
  },
});

/** @throws UserError unless there are two */
export function twoOf(solutions: readonly NamedSolution[]): readonly [NamedSolution, NamedSolution] {
  const [first, second, ...others] = solutions;
  if (second && others.length === 0) return [first, second];
  throw new UserError(
    `Expected --run to name two solutions, got ${solutions.length}. Name them as in --run swa,plain.`,
  );
}

/** `npm run analyze -- rays`: how fast loss and error grow along random directions. */
import { type MetricName, metricNames, spaced, targetAt, targetId, randomDirections } from '../../analysis/index.ts';
import { length } from '../../numerics/vectors.ts';
import { defineCommand } from '../command.ts';
import { NOTHING, shortNumber } from '../../base/format.ts';
import { mean } from '../../numerics/statistics.ts';
import { readSolutions } from '../solutions.ts';
import { evaluateAll, finish, placeFor, metricTitle, plotted, pointsOf, stopped, withAnalysis } from './analysis.ts';
import { option } from '../option.ts';
import { wholeNumber } from '../option-parsers.ts';
import { commonOptions, directionOptions, metricOption, pointsOption } from './options.ts';

export const rays = defineCommand({
  name: 'rays',
  summary: 'loss and error along random rays from each network',
  options: {
    ...commonOptions,
    rays: option({
      flags: '--rays <n>',
      description: 'number of random rays; all networks get the same rays',
      parse: wholeNumber(1, 1000),
      fallback: 10,
    }),
    points: pointsOption,
    metric: metricOption,
    ...directionOptions,
  },
  spare: 'run',
  examples: [
    ['', 'ten rays from the newest SWA and plain networks'],
    ['--run swa,plain,sam --rays 20 --seed 2', 'other networks, other rays'],
    ['--directions filter', 'each filter as long as that of the weights'],
  ],
  stopped,
  async run({ rays: count, metric, directions: normalisation = 'unit', radius, ...options }, session) {
    const solutions = await readSolutions(options.run, options.competition);
    return withAnalysis(solutions, options, session, async (analysis) => {
      const { plan } = analysis.setting;
      const reach = radius ?? (normalisation === 'filter' ? 1 : length(solutions[0].weights) / 2);
      const distance = spaced(0, reach, pointsOf(options));
      const place = await placeFor(analysis, 'rays', normalisation, reach, distance.length, count, options.seed);
      const settings = { seed: options.seed, count, normalisation };
      const subspaces = solutions.map(({ weights }) =>
        randomDirections(plan, weights, settings).map((direction) => ({ origin: weights, directions: [direction] })),
      );
      const idOf = (solution: number, ray: number): string => `solution ${solution}, ray ${ray} `;
      // Every distance of all rays before the next one, so that an early stop leaves the near part of the picture.
      const targets = distance.flatMap((at) =>
        subspaces.flatMap((ofSolution, s) => ofSolution.map((ray, r) => targetAt(ray, [at], idOf(s, r)))),
      );
      const found = await evaluateAll(analysis, place, targets);

      const valueOf = (s: number, r: number, at: number) => found.get(targetId([at], idOf(s, r)))!;
      const familiesOf = (shown: MetricName) =>
        solutions.map(({ name }, s) => ({
          name,
          rays: subspaces[s].map((_, r) => distance.map((at) => plotted(shown, valueOf(s, r, at)))),
        }));
      // The mean along a ray is the area below it over the distance.
      const means = familiesOf(metric).map(({ rays: ofSolution }) =>
        ofSolution.map((values) => mean(values.map((value) => value ?? NaN))),
      );
      const lower = solutions.map((_, s) => means[s].filter((value, r) => value < means[0][r]).length);
      const titleOf = (shown: MetricName): string =>
        `${metricTitle(shown)} along ${count} random rays from ${solutions.map(({ name }) => name).join(', ')}`;
      const figureOf = (shown: MetricName) => ({
        name: `rays-${shown}`,
        title: metricTitle(shown),
        label: titleOf(shown),
        height: 440,
        chart: { kind: 'rays' as const, data: { distance, title: metricTitle(shown), families: familiesOf(shown) } },
      });
      const findings = {
        title: titleOf(metric),
        tables: [
          {
            caption: 'Means over the rays',
            header: [
              '',
              `mean ${metricTitle(metric)} up to ${shortNumber(reach)}`,
              `rays with less than ${solutions[0].name}`,
            ],
            rows: solutions.map(({ name }, s) => [
              name,
              shortNumber(mean(means[s])),
              s === 0 ? NOTHING : `${lower[s]} of ${count}`,
            ]),
          },
        ],
        says: ['The same directions from every solution.'],
        figures: [figureOf(metric)],
        more: metricNames.filter((name) => name !== metric).map(figureOf),
      };
      const json = {
        kind: 'rays',
        ...settings,
        distance,
        rays: subspaces.map((ofSolution, s) => ofSolution.map((_, r) => distance.map((at) => valueOf(s, r, at)))),
      };
      return finish(analysis, place, findings, json);
    });
  },
});

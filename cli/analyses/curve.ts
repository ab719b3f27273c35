/** `npm run analyze -- curve`: whether two solutions are connected by a curve of low loss. */
import {
  barrier,
  chordPoint,
  type CurveName,
  type CurveOutcome,
  curvePoint,
  curves,
  type MetricName,
  metricNames,
  spaced,
  digestOfVectors,
  type Target,
  targetId,
  workerFile,
} from '../../analysis/index.ts';
import { distance } from '../../numerics/vectors.ts';
import { DivergedError } from '../../pipeline/index.ts';
import { defineCommand } from '../command.ts';
import { shortNumber, percent } from '../../base/format.ts';
import { nameOfRun } from '../../records/index.ts';
import { readSolutions } from '../solutions.ts';
import {
  type Analysis,
  evaluateAll,
  finish,
  placeFor,
  metricTitle,
  plotted,
  pointsOf,
  withAnalysis,
} from './analysis.ts';
import { twoOf } from './line.ts';
import { largest } from '../../numerics/statistics.ts';
import { LARGEST_COUNT, option } from '../option.ts';
import { wholeNumber } from '../option-parsers.ts';
import { commonOptions, metricOption, pointsOption } from './options.ts';

/**
 * The curve's learning rate as a share of the first run's. The ends of the curve are trained networks: the rate that an
 * untrained network needs would throw θ far away from them.
 */
const RATE = 0.5;

export const curve = defineCommand({
  name: 'curve',
  summary: 'find a curve of low loss between two networks, and compare it with the straight line',
  options: {
    ...commonOptions,
    points: pointsOption,
    metric: metricOption,
    epochs: option({
      flags: '--epochs <n>',
      description: 'number of epochs for which each curve is trained',
      parse: wholeNumber(1, LARGEST_COUNT),
      fallback: 20,
    }),
  },
  defaults: { metric: 'trainLoss' },
  spare: 'run',
  examples: [
    ['', 'between the newest SWA and plain networks'],
    [
      '--run 20260102T030405,swa --metric testError',
      'between an older run, say of another seed, and the newest of SWA',
    ],
  ],
  stopped: 'Curves are bent again, evaluated points are kept; go on with',
  async run(options, session) {
    const solutions = await readSolutions(options.run, options.competition);
    const [first, second] = twoOf(solutions);
    return withAnalysis(solutions, options, session, async (analysis) => {
      const ends = [first.weights, second.weights] as const;
      const t = spaced(0, 1, pointsOf(options));
      const place = await placeFor(analysis, 'curve', t.length, options.epochs, options.seed, options.quick);
      const bends = await bend(analysis, options);
      const ways = {
        chord: (at: number) => chordPoint(ends, at),
        ...Object.fromEntries(
          bends.map(({ name, weights }) => [name, (at: number) => curvePoint(curves[name], ends, weights, at)]),
        ),
      };
      const targets: Target[] = Object.entries(ways).flatMap(([name, way]) =>
        t.map((at) => ({ id: targetId([at], name), weights: () => way(at) })),
      );
      const settled = { ...place, digest: digestOfVectors([...ends, ...bends.map(({ weights }) => weights)]) };
      const found = await evaluateAll(analysis, settled, targets);

      const along = Object.keys(ways).map((name) => ({
        name,
        values: t.map((at) => found.get(targetId([at], name))!),
      }));
      const rows = along.map(({ name, values }) => {
        const highest = (key: 'trainLoss' | 'testError'): number => largest(values.map((value) => value[key]));
        return [
          name,
          shortNumber(highest('trainLoss')),
          shortNumber(barrier(values.map((value) => value.trainLoss))),
          percent(highest('testError')),
        ];
      });
      const { metric } = options;
      const title = `from ${first.name} (0) to ${second.name} (1)`;
      const figureOf = (shown: MetricName) => {
        const quantities = along.map(({ name, values }) => ({
          name,
          axis: 'left' as const,
          values: values.map((value) => plotted(shown, value)),
        }));
        const about = { title: metricTitle(shown), label: `${metricTitle(shown)} ${title}`, height: 440 };
        const data = { t, title, axes: [metricTitle(shown)] as const, quantities };
        return { name: `curve-${shown}`, ...about, chart: { kind: 'lines' as const, data } };
      };
      const findings = {
        title: `Ways ${title}`,
        tables: [{ caption: 'Ways', header: ['', 'highest train loss', 'above its ends', 'highest test error'], rows }],
        says: [
          `From ${first.name} to ${second.name}, ${shortNumber(distance(...ends))} apart; ` +
            `each curve was bent for ${options.epochs} epochs on the training images above.`,
        ],
        figures: [figureOf(metric)],
        more: metricNames.filter((name) => name !== metric).map(figureOf),
      };
      const json = {
        kind: 'curve',
        epochs: options.epochs,
        ways: along.map(({ name, values }) => ({
          name,
          points: t.map((at, i) => Object.assign({ t: at }, values[i])),
        })),
      };
      return finish(analysis, place, findings, json);
    });
  },
});

/** Trains the bends of all curves side by side. @throws DivergedError */
async function bend(
  { setting, solutions, pool, session }: Analysis,
  { epochs, seed }: { readonly epochs: number; readonly seed: number },
): Promise<{ name: CurveName; weights: Float32Array }[]> {
  const [first, second] = solutions;
  const { plan, engine, train } = setting;
  const { parameters } = first.record.configuration;
  const learningRate = RATE * parameters.learningRate;
  session.progress.step(`Bending curves between ${first.name} and ${second.name}.`);
  return Promise.all(
    (Object.keys(curves) as CurveName[]).map(async (name) => {
      const task = {
        plan,
        engine,
        curve: name,
        ends: [first.weights, second.weights],
        images: train,
        parameters: { ...parameters, learningRate, schedule: 'cosine' },
        epochs,
        seed,
      };
      const options = { filename: workerFile, name: 'findCurve', signal: session.signal };
      const outcome = (await pool.run(task, options)) as CurveOutcome;
      if (outcome.status === 'done') return { name, weights: outcome.bend };
      throw new DivergedError(
        `The ${name} curve diverged in epoch ${outcome.epoch + 1} at learning rates up to ${shortNumber(learningRate)}, ${RATE} of that of ${nameOfRun(first.record)}. Name a run with a lower one first in --run.`,
      );
    }),
  );
}

/** `npm run analyze -- trajectory`: the way that a training took, on a plane of weight space. */
import { UserError } from '../../base/user-error.ts';
import {
  boxAround,
  digestOfVectors,
  type Target,
  targetAt,
  targetId,
  firstMiddleLast,
  type Plane,
  planeThrough,
  principalPlane,
  project,
  type RetraceTask,
  type Trajectory,
  workerFile,
} from '../../analysis/index.ts';
import { distance } from '../../numerics/vectors.ts';
import { foldSeed, makeFolds, methodName } from '../../pipeline/index.ts';
import { defineCommand } from '../command.ts';
import { printable } from '../../base/printable.ts';
import { shortNumber, percent } from '../../base/format.ts';
import { nameOfRun } from '../../records/index.ts';
import { type NamedSolution, readSolutions } from '../solutions.ts';
import {
  type Analysis,
  evaluateAll,
  finish,
  type Place,
  placeFor,
  pointsOf,
  stopped,
  withAnalysis,
} from './analysis.ts';
import { orUserError, scanPlane } from './plane.ts';
import { option } from '../option.ts';
import { oneOf } from '../option-parsers.ts';
import { commonOptions, metricOption, pointsOption } from './options.ts';

type PlaneKind = (typeof planeKinds)[number];
const planeKinds = ['pca', 'points'] as const;

const MARGIN = 0.15;
/** Iterates whose loss is compared with that of their place in the plane: spread over the training, the last included. */
const COMPARED = 10;

export const trajectory = defineCommand({
  name: 'trajectory',
  summary: 'the path of the weights during a training, on the plane that shows most of it',
  options: {
    ...commonOptions,
    points: pointsOption,
    metric: metricOption,
    through: option({
      flags: '--through <what>',
      description:
        'plane of the largest variance of the weights (pca), or through three points of the averaging phase (points)',
      parse: oneOf('plane', planeKinds),
      fallback: 'pca',
    }),
  },
  defaults: { run: ['swa'], metric: 'trainLoss' },
  spare: 'run',
  examples: [
    ['', 'for the first fold of the newest SWA run'],
    [
      '--run swa --through points --metric testError',
      'on the plane through the first, the middle and the last point of the average',
    ],
    ['--run plain@2', 'for the second fold of the newest plain run'],
  ],
  stopped,
  async run(options, session) {
    const solutions = await readSolutions(options.run, options.competition);
    const solution = onlyOf(solutions);
    return withAnalysis(solutions, options, session, async (analysis) => {
      const { iterates, isSame } = await retrace(analysis, solution);
      const phase = latePhase(solution, iterates);
      const [map, explained] = orUserError(() => mapOf(options.through, iterates, phase));
      const path = iterates.map((weights) => project(map, weights));
      // The first weights are far from where the rest happens: the picture is of the late half of the way.
      const shown = options.through === 'points' ? phase : iterates.slice(Math.floor(iterates.length / 2));
      const box = boxAround(
        [...shown, solution.weights].map((weights) => project(map, weights).coordinates),
        MARGIN + (options.through === 'points' ? 0.25 : 0),
      );
      const n = pointsOf(options);
      const place = await placeFor(analysis, 'trajectory', box, n, digestOfVectors([map.origin, ...map.directions]));

      const inside = shown.map((weights) => project(map, weights).coordinates as unknown as [number, number]);
      const result = await scanPlane(analysis, place, map, box, n, options.metric, [solution], inside);
      const compared = await compare(analysis, place, map, iterates);
      const { findings } = result;
      const says = [
        ...findings.says,
        isSame
          ? 'Trained once more, to exactly the recorded weights.'
          : 'This version of the program does not reach the recorded weights again: what is shown is its own way.',
        `There are ${iterates.length} iterates: the first weights, and those after each epoch. ` +
          `The figure shows the last ${shown.length}, and the table ${compared.length} that are spread over the training.`,
        ...(explained
          ? [`The plane holds ${percent(explained[0] + explained[1])} of the squared distances from the last one.`]
          : []),
        'What the plane shows for an iterate is the loss of its projection.',
      ];
      const projections = {
        caption: 'Iterates and their projections',
        header: ['epoch', 'train loss', 'of its projection', 'beside the plane'],
        rows: compared.map(({ epoch, own, projected, beside }) => [
          String(epoch),
          shortNumber(own.trainLoss),
          shortNumber(projected.trainLoss),
          shortNumber(beside),
        ]),
      };
      const tables = [...findings.tables, projections];
      const json = {
        ...result.json,
        kind: 'trajectory',
        through: options.through,
        isSame,
        explained,
        path: path.map(({ coordinates: [x, y], distance: beside }, epoch) => ({ epoch, x, y, distance: beside })),
        compared,
      };
      return finish(analysis, place, { ...findings, tables, says }, json);
    });
  },
});

/** @throws UserError unless there is one */
function onlyOf([solution, ...others]: readonly NamedSolution[]): NamedSolution {
  if (others.length === 0) return solution;
  throw new UserError(
    `Expected --run to name one solution, whose way is shown, got ${others.length + 1}. Name one, as in --run swa.`,
  );
}

async function retrace({ setting, images: loaded, pool, session }: Analysis, solution: NamedSolution) {
  const { record, fold } = solution;
  const { method, parameters, epochs, seed, pseudoLabels } = record.configuration;
  if (pseudoLabels) {
    throw new UserError(
      `${nameOfRun(record)}: expected a run without pseudo-labels, whose training can be repeated from its images alone, got ` +
        'one with them. Name another run.',
    );
  }
  session.progress.step(`Training fold ${fold + 1} of ${printable(nameOfRun(record))} once more, to see its way.`);
  const images = await loaded.train();
  const { train, validation } = makeFolds({ ...record.configuration, images })[fold];
  const task: RetraceTask = {
    ...setting,
    method: methodName(method),
    parameters,
    epochs,
    seed: foldSeed(seed, fold),
    images,
    trainIndices: train,
    validationIndices: validation,
    recorded: solution.recorded,
  };
  const options = { filename: workerFile, name: 'retraceTraining', signal: session.signal };
  return (await pool.run(task, options)) as Trajectory;
}

/** The iterates of the phase that an average or an ensemble is made of; of plain training, the last quarter. */
function latePhase({ record }: NamedSolution, iterates: readonly Float32Array[]): readonly Float32Array[] {
  const { swaStart } = record.configuration.parameters;
  return iterates.slice(Math.min(iterates.length - 3, Math.round(swaStart * (iterates.length - 1)) + 1));
}

function mapOf(
  through: PlaneKind,
  iterates: readonly Float32Array[],
  phase: readonly Float32Array[],
): [Plane, readonly number[] | null] {
  if (through === 'points') {
    return [planeThrough(...firstMiddleLast(phase)), null];
  }
  const { explained, ...plane } = principalPlane(iterates);
  return [plane, explained];
}

/** The loss of iterates beside the loss of the places at which the plane shows them. */
async function compare(analysis: Analysis, place: Place, map: Plane, iterates: readonly Float32Array[]) {
  const last = iterates.length - 1;
  const count = Math.min(COMPARED, last);
  const epochs = Array.from({ length: count }, (_, i) => Math.round(((i + 1) * last) / count));
  const places = epochs.map((epoch) => project(map, iterates[epoch]).coordinates);
  const targets: Target[] = epochs.flatMap((epoch, i) => [
    { id: `iterate ${epoch}`, weights: () => iterates[epoch] },
    targetAt(map, places[i], 'projected '),
  ]);
  const found = await evaluateAll(analysis, place, targets);
  return epochs.map((epoch, i) => ({
    epoch,
    own: found.get(`iterate ${epoch}`)!,
    projected: found.get(targetId(places[i], 'projected '))!,
    beside: project(map, iterates[epoch]).distance,
    fromLast: distance(iterates[epoch], iterates[last]),
  }));
}

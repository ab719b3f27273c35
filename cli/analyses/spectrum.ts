/** `npm run analyze -- spectrum`: how curved the training loss is around solutions. */
import {
  frozenGradient,
  batchesInOrder,
  hessianOnPool,
  densityAt,
  largestEigenvalues,
  spectrum as spectrumOf,
  spaced,
  sharpness,
  solutionAt,
} from '../../analysis/index.ts';
import { createNetwork } from '../../models/index.ts';
import { defineCommand } from '../command.ts';
import { NOTHING, shortNumber } from '../../base/format.ts';
import { type NamedSolution, readSolutions } from '../solutions.ts';
import { type Analysis, finish, placeFor, withAnalysis } from './analysis.ts';
import { commonOptions } from './options.ts';
import { largest, smallest } from '../../numerics/statistics.ts';

const EIGENVALUES = 5;
/** Each eigenvalue's residual is at most this share of the largest one. */
const TOLERANCE = 1e-3;
const MOST_STEPS = { full: 60, quick: 20 };
const PROBES = { full: 4, quick: 2 };
const PROBE_STEPS = { full: 30, quick: 10 };
/** ρ of SAM and of ASAM, as their papers have it. */
const RHO = 0.05;
const ADAPTIVE_RHO = 0.5;
/** The density is drawn with so many points, and smoothed over this share of their range. */
const DENSITY_POINTS = 400;
const DENSITY_WIDTH = 0.01;

export const spectrum = defineCommand({
  name: 'spectrum',
  summary: 'curvature of the training loss: eigenvalues, trace and density of the Hessian, and sharpness',
  options: commonOptions,
  spare: 'run',
  examples: [
    ['', 'for the newest SWA and plain networks'],
    ['--run swa,plain,sam --images 4096', 'on fewer images'],
  ],
  stopped: 'Start again with',
  async run(options, session) {
    const solutions = await readSolutions(options.run, options.competition);
    return withAnalysis(solutions, options, session, async (analysis) => {
      const place = await placeFor(analysis, 'spectrum', options.quick, options.seed);
      const results: Curvature[] = [];
      for (const solution of solutions) results.push(await curvature(analysis, solution, options));
      const names = solutions.map(({ name }) => name);
      const rows = [
        ...Array.from({ length: EIGENVALUES }, (_, k) => [
          `eigenvalue ${k + 1}`,
          ...results.map(({ eigenvalues }) => numberText(eigenvalues[k])),
        ]),
        ['trace', ...results.map(({ trace, traceError }) => `${shortNumber(trace)} ± ${shortNumber(traceError)}`)],
        [`sharpness, ρ ${RHO}`, ...results.map((result) => shortNumber(result.sharpness))],
        [`adaptive sharpness, ρ ${ADAPTIVE_RHO}`, ...results.map((result) => shortNumber(result.adaptiveSharpness))],
      ];
      const spectra = densities(results);
      const label = `Density of the Hessian’s eigenvalues at ${names.join(', ')}`;
      const findings = {
        title: `Curvature of the training loss at ${names.join(', ')}`,
        tables: [{ caption: 'Curvature', header: ['', ...names], rows }],
        says: [
          'Statistics of batch norm are constants here, those of each solution; the loss is without weight decay.',
          `Eigenvalues are right to ${100 * TOLERANCE} % of the largest, where ${MOST_STEPS[options.quick ? 'quick' : 'full']} ` +
            'steps sufficed; the trace has its standard error over random probes.',
        ],
        figures: [
          {
            name: 'spectrum',
            title: 'Spectral density',
            label,
            height: 440,
            chart: { kind: 'spectrum' as const, data: { spectra } },
          },
        ],
      };
      const json = { kind: 'spectrum', spectra: results, densities: spectra };
      return finish(analysis, place, findings, json);
    });
  },
});

type Curvature = Awaited<ReturnType<typeof curvature>>;

async function curvature(
  { setting, pool, session }: Analysis,
  { name, weights }: NamedSolution,
  { quick, seed }: { quick: boolean; seed: number },
) {
  const { plan, engine, train } = setting;
  const scale = quick ? 'quick' : 'full';
  const network = await createNetwork(plan, engine);
  const solution = await solutionAt(network, weights, setting);
  const operator = hessianOnPool(pool, setting, solution, train, session.signal);
  const size = plan.weightCount;
  const [mostSteps, probes, probeSteps] = [MOST_STEPS[scale], PROBES[scale], PROBE_STEPS[scale]];

  const bar = session.progress.bar(name, mostSteps + probes * probeSteps, 'products', 10);
  bar.update(0);
  const found = await largestEigenvalues(operator, size, EIGENVALUES, {
    seed,
    mostSteps,
    tolerance: TOLERANCE,
    onStep: (step, [first]) => bar.update(step, `largest ${shortNumber(first)}`),
  });
  const { nodes, trace, traceError } = await spectrumOf(operator, size, {
    seed,
    probes,
    steps: probeSteps,
    onStep: (done) => bar.update(mostSteps + done, `largest ${shortNumber(found.values[0])}`),
  });
  session.progress.clear();

  const gradient = frozenGradient(network, solution);
  const batches = () => batchesInOrder(train, 512);
  return {
    name,
    eigenvalues: found.values,
    residuals: found.residuals,
    steps: found.steps,
    trace,
    traceError,
    sharpness: await sharpness(gradient, weights, batches(), { rho: RHO }),
    adaptiveSharpness: await sharpness(gradient, weights, batches(), { rho: ADAPTIVE_RHO, isAdaptive: true }),
    nodes,
  };
}

/** On one axis and with one width, so that curves can be compared. */
function densities(results: readonly Curvature[]) {
  const values = results.flatMap(({ nodes }) => nodes.map(({ value }) => value));
  const [low, high] = [smallest(values), largest(values)];
  const width = DENSITY_WIDTH * (high - low);
  const eigenvalue = spaced(low - 3 * width, high + 3 * width, DENSITY_POINTS);
  return results.map(({ name, nodes }) => ({ name, eigenvalue, density: densityAt(nodes, width, eigenvalue) }));
}

const numberText = (value: number | undefined): string => (value === undefined ? NOTHING : shortNumber(value));

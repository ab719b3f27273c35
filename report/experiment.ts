/** The report of an experiment: claims and verdicts, metrics of every arm, and learning curves. */
import { z } from 'zod';
import { type ArmDots, experimentChart, type ExperimentFigure, type Sweep } from '../charts/index.ts';
import { capitalized } from '../base/format.ts';
import { readJson } from '../base/json.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import { epochSchema } from '../records/index.ts';
import type { ExperimentReport } from '../experiments/index.ts';
import { chartFigure, type Figure, folderName, heightOfRows, type Report } from './report.ts';

const text = z.string();
const number = z.number();
const table = z.object({ header: z.array(text), rows: z.array(z.array(text)) });
const curve = z.array(epochSchema);
/** The fields that the report uses. Others are kept. */
const experimentSchema = z.looseObject({
  experiment: text,
  name: text.optional(),
  quick: z.boolean(),
  question: text,
  sources: z.array(text),
  machine: text,
  claims: z.array(z.looseObject({ verdict: text })),
  claimed: z.array(text),
  columns: z.record(text, z.looseObject({ title: text })),
  arms: z.record(text, z.looseObject({ published: number.optional(), epochs: number, parameters: z.looseObject({}) })),
  sweep: z.object({ over: text, lines: z.record(text, z.array(text)) }).nullable(),
  results: z.array(
    z.looseObject({
      arm: text,
      outcome: z.discriminatedUnion('status', [
        z.looseObject({ status: z.literal('done'), metrics: z.record(text, number), curve, seconds: number }),
        z.looseObject({ status: z.literal('diverged') }),
      ]),
    }),
  ),
  words: z.object({ setting: text, legend: text, divergences: z.array(text), arms: table, claims: table }),
});
const LARGEST_FILE_BYTES = 64 * 2 ** 20;

/**
 * Reads a result of `npm run experiment`.
 * @throws UserError if the file is missing, damaged, or of an earlier version
 */
export async function readExperiment(file: string): Promise<ExperimentReport> {
  const content = await readJson(file, z.unknown(), {
    what: 'the result of an experiment',
    remedy: REMEDY,
    maximumBytes: LARGEST_FILE_BYTES,
  });
  const { success, data } = experimentSchema.safeParse(content);
  if (success && isWhole(data)) return content as ExperimentReport;
  throw new UserError(
    `${displayPath(file)}: expected the result of an experiment, found none that this version can read. ${REMEDY}`,
  );
}

const REMEDY = 'Run the experiment again: finished trainings are kept.';

/** Whether all arms and metrics that are referred to exist. */
function isWhole({ claimed, columns, sweep, arms, results }: z.output<typeof experimentSchema>): boolean {
  const named = [...Object.values(sweep?.lines ?? {}).flat(), ...results.map(({ arm }) => arm)];
  return claimed.every((metric) => Object.hasOwn(columns, metric)) && named.every((name) => Object.hasOwn(arms, name));
}

export function reportExperiment(experiment: ExperimentReport): Report {
  const figures = experimentFigures(experiment);
  const { experiment: name, name: called, quick, question, sources, words, machine, claims } = experiment;
  return {
    name: folderName([name, ...(called === undefined ? (quick ? ['quick'] : []) : [called])].join('-')),
    title: `Experiment ${name}: ${question}`,
    lead: [
      words.setting,
      ...words.divergences,
      ...(sources.length > 0 ? [`Sources: ${sources.join('; ')}.`] : []),
      `${machine}.`,
    ],
    sections: [
      {
        title: 'Claims',
        tables: claims.length === 0 ? [] : [{ caption: 'Each claim with its verdict', ...words.claims }],
        text: [words.legend],
      },
      {
        title: 'Arms',
        tables: [{ caption: 'What every arm measured', ...words.arms }],
        figures: figures.filter(({ kind }) => kind !== 'curves').map(drawn),
      },
      { title: 'Training', figures: figures.filter(({ kind }) => kind === 'curves').map(drawn) },
    ],
  };
}

const drawn = (figure: ExperimentFigure): Figure => {
  const { name, title, label, height } = figure;
  return chartFigure({ name, title, label, height }, (theme) => experimentChart(figure, theme));
};

/** What is drawn of an experiment: its metrics, then its learning curves. */
export const experimentFigures = (experiment: ExperimentReport): ExperimentFigure[] => [
  ...metricFigures(experiment),
  ...curveFigures(experiment),
];

const SWEEP_HEIGHT = 340;
const CURVES_HEIGHT = 400;

/** Figures of each claimed metric: the arms as rows, and along their sweep. */
function metricFigures(experiment: ExperimentReport): ExperimentFigure[] {
  const { claimed, sweep } = experiment;
  return claimed.flatMap((metric): ExperimentFigure[] => {
    const data = dotsOf(experiment, metric);
    if (data.arms.every(({ values }) => values.length === 0)) return [];
    const { title } = metricOf(experiment, metric);
    const file = folderName(metric);
    const ofArms: ExperimentFigure = {
      kind: 'arms',
      data,
      name: `arms-${file}`,
      title: `${capitalized(title)} of each arm`,
      label: `${capitalized(title)}: every seed as a dot, the mean ± standard deviation as a diamond, published values hollow.`,
      height: heightOfRows(data.arms.length),
    };
    if (sweep === null) return [ofArms];
    const alongSweep: ExperimentFigure = {
      kind: 'sweep',
      data: sweepOf(experiment, metric, sweep),
      name: `sweep-${file}`,
      title: `${capitalized(title)} along ${sweep.over}`,
      label: `${capitalized(title)} over ${sweep.over}: mean ± standard deviation over the seeds; dotted where it is published.`,
      height: SWEEP_HEIGHT,
    };
    return [ofArms, alongSweep];
  });
}

const valuesOf = ({ results }: ExperimentReport, wanted: string, metric: string): number[] =>
  results
    .filter(({ arm }) => arm === wanted)
    .flatMap(({ outcome }) =>
      outcome.status === 'done' ? [metric === 'seconds' ? outcome.seconds : outcome.metrics[metric]] : [],
    )
    .filter((value) => value !== undefined);

/** The published value as a share. Sources give test accuracies in percent. */
const publishedOf = ({ arms }: ExperimentReport, arm: string, metric: string): number | undefined => {
  const { published } = arms[arm];
  return metric === 'accuracy' && published !== undefined ? published / 100 : undefined;
};

const metricOf = ({ columns }: ExperimentReport, metric: string): ArmDots['metric'] =>
  metric === 'accuracy' ? { ...columns[metric], title: 'test accuracy' } : columns[metric];

const dotsOf = (experiment: ExperimentReport, metric: string): ArmDots => ({
  metric: metricOf(experiment, metric),
  arms: Object.keys(experiment.arms).map((name) => ({
    name,
    values: valuesOf(experiment, name, metric),
    published: publishedOf(experiment, name, metric),
  })),
});

const sweepOf = (
  experiment: ExperimentReport,
  metric: string,
  { over, lines }: NonNullable<ExperimentReport['sweep']>,
): Sweep => ({
  metric: metricOf(experiment, metric),
  parameter: over,
  lines: Object.entries(lines).map(([name, arms]) => ({
    name,
    points: arms.map((arm) => ({
      x: over === 'epochs' ? experiment.arms[arm].epochs : experiment.arms[arm].parameters[over],
      values: valuesOf(experiment, arm, metric),
      published: publishedOf(experiment, arm, metric),
    })),
  })),
});

function curveFigures({ arms, results }: ExperimentReport): ExperimentFigure[] {
  const groups = Object.keys(arms).map((name) => ({
    name,
    curves: results.flatMap(({ arm, outcome }) => (arm === name && outcome.status === 'done' ? [outcome.curve] : [])),
  }));
  const shown = groups.filter(({ curves }) => curves.length > 0);
  const parts = Math.ceil(shown.length / partSize(shown.length));
  return Array.from({ length: parts }, (_, part): ExperimentFigure[] => {
    const size = partSize(shown.length);
    const ofPart = shown.slice(part * size, (part + 1) * size);
    const suffix = parts > 1 ? `-${part + 1}` : '';
    const ofParts = parts > 1 ? `, ${part + 1} of ${parts}` : '';
    return [
      {
        kind: 'curves',
        data: { groups: ofPart, metric: 'accuracy', show: 'band' },
        name: `curves-accuracy${suffix}`,
        title: `Validation accuracy${ofParts}`,
        label: 'Accuracy on the validation images after each epoch: mean over the seeds ± standard deviation.',
        height: CURVES_HEIGHT,
      },
      {
        kind: 'curves',
        data: { groups: ofPart, metric: 'loss', show: 'band', log: true },
        name: `curves-loss${suffix}`,
        title: `Loss${ofParts}`,
        label: 'Cross-entropy: mean over the seeds ± standard deviation, of training (dashed) and validation (solid).',
        height: CURVES_HEIGHT,
      },
    ];
  }).flat();
}

/** Most curves of a figure, since more colours are hard to distinguish. */
const MOST_CURVES = 7;

/** Number of arms in a figure: at most `MOST_CURVES`, and about equal for all figures. */
function partSize(arms: number): number {
  for (let size = MOST_CURVES; size > 2; size -= 1) if (arms % size === 0) return size;
  return MOST_CURVES;
}

/** The report of one run, or a comparison of all methods of a submission. */
import { countedScore, duration, integer } from '../base/format.ts';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { calibrationChart, confusionChart, gapChart, learningCurveChart, learningRateChart } from '../charts/index.ts';
import { UserError } from '../base/user-error.ts';
import { findMetric } from '../data/index.ts';
import { calibrationOf, methodOfRun, type Parameters, type Score } from '../pipeline/index.ts';
import { averagesSentences, foldsText, nameOfRun, readRecord, type RunRecord } from '../records/index.ts';
import {
  classReports,
  confusionOf,
  mistakesOf,
  outOfFold,
  type RunImages,
  legendOf,
  valueText,
} from '../submissions/index.ts';
import { classTables } from './classes.ts';
import { mistakeGrid, mistakeGridSize } from './digits.ts';
import { errorParts } from './errors.ts';
import {
  type CaptionedTable,
  chartFigure,
  type Figure,
  folderName,
  heightOfRows,
  type Report,
  type Section,
} from './report.ts';

/** Most shown mistakes of a run: those with the highest confidence. */
const SHOWN_MISTAKES = 60;
/** Largest height of a confusion matrix, in CSS pixels. */
const HIGHEST_CONFUSION = 760;

export interface RunsReport {
  /** Folders of one or more runs of one competition. */
  readonly folders: readonly string[];
  /** Where the images come from. */
  readonly images?: RunImages;
  /** A sentence about the comparison of the methods, if there was one. */
  readonly comparison?: string;
}

/**
 * Makes the report. If the images are missing, it says so and shows the rest.
 * @throws UserError if a record is missing or damaged
 */
export async function reportRuns({ folders, images = {}, comparison }: RunsReport): Promise<Report> {
  const runs: Run[] = [];
  for (const folder of folders) {
    const record = await readRecord(folder);
    const { title } = methodOfRun(record.configuration.method);
    const isOnly = (name: string): boolean => !runs.some((run) => run.name === name);
    runs.push({ folder, record, name: isOnly(title) ? title : `${title} (${runs.length + 1})` });
  }
  const [{ record: first }] = runs;
  const { competition, model, engine, epochs, seed } = first.configuration;
  const sections = [scoreSection(runs, comparison), courseSection(runs)];
  for (const run of runs) sections.push(await mistakeSection(run, images, runs.length > 1));
  const time = basename(folders[0]).split('-', 1)[0];
  return {
    name: folderName(runs.length === 1 ? first.id : `${time}-${competition}`),
    title: `${competition}: ${runs.map(({ name }) => name).join(', ')}`,
    lead: [
      `${runs.length === 1 ? 'Run' : 'Runs'} ${runs.map(({ record }) => nameOfRun(record)).join(', ')}. ` +
        `Model ${model}, engine ${engine}, ${epochs} epochs, ${foldsText(first.configuration)}, seed ${seed}; begun ${first.startedAt}, ` +
        `commit ${first.environment.commit ?? 'unknown'}, ${first.environment.cpu}, Node ${first.environment.node}.`,
    ],
    sections,
  };
}

interface Run {
  readonly folder: string;
  readonly record: RunRecord;
  /** Name of the run in the report. */
  readonly name: string;
}

function scoreSection(runs: readonly Run[], comparison: string | undefined): Section {
  const columns: [title: string, scoreOf: (scores: RunRecord['scores']) => Score | null | undefined][] = [
    ['train', ({ train }) => train],
    ['out-of-fold', ({ outOfFold: score }) => score],
    ['test', ({ test }) => test],
    ['public', ({ test }) => test?.public],
    ['private', ({ test }) => test?.private],
  ];
  const shown = columns.filter(([, scoreOf]) => runs.some(({ record }) => scoreOf(record.scores)));
  return {
    title: 'Scores',
    text: [
      ...(comparison === undefined ? [] : [comparison]),
      ...runs.flatMap(({ name, record }) => averagesSentences(name, record.scores.averages)),
      `Parameters: ${runs.map(({ name, record }) => `${name} from ${record.configuration.paramsFrom}`).join('; ')}.`,
    ],
    tables: [
      {
        caption: legendOf(runs[0]?.record.scores.outOfFold, runs[0]?.record.folds),
        header: ['method', ...shown.map(([title]) => title), 'time'],
        rows: runs.map(({ name, record }) => [
          name,
          ...shown.map(([, scoreOf]) => countedScore(scoreOf(record.scores))),
          duration(record.seconds),
        ]),
      },
      parameterTable(runs),
    ],
    figures: [
      chartFigure(
        {
          name: 'gap',
          title: 'Gap between training and other images',
          label:
            'Accuracy on training images minus accuracy out of fold and on test images, in points, ± standard error.',
          height: heightOfRows(runs.length),
        },
        (theme) =>
          gapChart(
            runs.map(({ name, record: { scores } }) => ({ name, ...scores })),
            theme,
          ),
      ),
    ],
  };
}

function parameterTable(runs: readonly Run[]): CaptionedTable {
  const names = Object.keys(runs[0].record.configuration.parameters) as (keyof Parameters)[];
  const shown = names.filter((name) =>
    runs.some(({ record: { configuration } }) => {
      const { space, defaults } = methodOfRun(configuration.method);
      return name in space || !isDeepStrictEqual(configuration.parameters[name], defaults[name]);
    }),
  );
  return {
    caption: 'Parameters that a search varies, or that are not the defaults of the method',
    header: ['parameter', ...runs.map(({ name }) => name)],
    rows: shown.map((name) =>
      Array.of<string>(name).concat(runs.map(({ record }) => valueText(record.configuration.parameters[name]))),
    ),
  };
}

function courseSection(runs: readonly Run[]): Section {
  const scored = runs[0].record.scores.outOfFold.metric?.name;
  const metric = scored && findMetric(scored);
  const groups = runs.map(({ name, record }) => ({ name, metric, curves: record.folds.map(({ epochs }) => epochs) }));
  const hasMetric = groups.some(({ curves }) => curves.flat().some((epoch) => epoch.validationMetric !== undefined));
  return {
    title: 'Training',
    text: [
      'Thick lines are means over the folds, thin ones the folds. They show the weights that descend, and not their ' +
        'average.',
    ],
    tables: runs.map(({ name, record }) => foldTable(name, record)),
    figures: [
      ...(metric && hasMetric
        ? [
            chartFigure(
              {
                name: 'validation-metric',
                title: `Validation ${metric.title}`,
                label: `The ${metric.title} of every fold on its validation images after each epoch, by which the competition scores.`,
              },
              (theme) => learningCurveChart({ groups, metric, show: 'each' }, theme),
            ),
          ]
        : []),
      chartFigure(
        {
          name: 'validation-error',
          title: 'Validation error',
          label: 'Error of every fold on its validation images after each epoch, on a logarithmic axis.',
        },
        (theme) => learningCurveChart({ groups, metric: 'accuracy', show: 'each', log: true }, theme),
      ),
      chartFigure(
        {
          name: 'loss',
          title: 'Loss',
          label: 'Cross-entropy on training images while the weights moved (dashed) and on validation images (solid).',
        },
        (theme) => learningCurveChart({ groups, metric: 'loss', show: 'each', log: true }, theme),
      ),
      chartFigure(
        {
          name: 'learning-rate',
          title: 'Learning rate',
          label: 'Learning rate of every fold at the end of each epoch, on a logarithmic axis.',
          height: 280,
        },
        (theme) => learningRateChart(groups, theme),
      ),
    ],
  };
}

/** A table of the folds: scores, and how the training ended. */
function foldTable(name: string, { folds }: RunRecord): CaptionedTable {
  const endOf = ({ ended, restoredEpoch }: RunRecord['folds'][number]): string => {
    if (ended === undefined) return '–';
    const kept = typeof restoredEpoch === 'number' ? `, weights of epoch ${restoredEpoch + 1}` : '';
    return `${ended === 'plateau' ? 'plateau' : 'all epochs'}${kept}`;
  };
  return {
    caption: `Folds of ${name}`,
    header: ['fold', 'train', 'validation', 'epochs', 'end', 'seconds'],
    rows: folds.map((fold, i) => [
      String(i + 1),
      countedScore(fold.train),
      countedScore(fold.validation),
      String(fold.epochs.length),
      endOf(fold),
      fold.seconds.toFixed(1),
    ]),
  };
}

async function mistakeSection({ folder, name }: Run, source: RunImages, isOneOfMany: boolean): Promise<Section> {
  const title = `Out-of-fold predictions${isOneOfMany ? `: ${name}` : ''}`;
  const found = await outOfFold(folder, source).catch((error: unknown) => {
    if (error instanceof UserError) return error.message;
    throw error;
  });
  if (typeof found === 'string') return { title, text: [`Not shown. ${found}`], problem: found };
  const { competition, images, probabilities, record } = found;
  const reports = await classReports(found, source);
  const { classes } = competition;
  const predictions = { probabilities, labels: images.labels, classes };
  const all = mistakesOf(predictions);
  const mistakes = all.slice(0, SHOWN_MISTAKES);
  const suffix = isOneOfMany ? `-${folderName(record.configuration.method)}` : '';
  const label = `The ${mistakes.length} of ${integer(all.length)} mistakes that the networks were surest of: true → predicted class, and its probability.`;
  const errors = await errorParts(folder, source, suffix);
  const grid: Figure = {
    name: `mistakes${suffix}`,
    title: 'Misclassified images',
    label,
    size: mistakeGridSize(mistakes.length),
    draw: (theme) => mistakeGrid({ images, mistakes, classes, label }, theme),
  };
  return {
    title,
    text: [
      `${record.configuration.trainFolds === undefined ? 'Every image' : 'The images that were held out, each'} by the fold that did not train on it: ${integer(all.length)} of ${integer(images.count)} are wrong.`,
      ...(reports.problem === null ? [] : [`Classes of the test images are not shown. ${reports.problem}`]),
    ],
    tables: [
      ...classTables('out of fold', reports.outOfFold),
      ...(reports.test === null ? [] : classTables('on test images', reports.test)),
      ...errors.tables,
    ],
    figures: [
      chartFigure(
        {
          name: `confusion${suffix}`,
          title: 'Confusion matrix',
          label: 'Images by true class (rows) and predicted class (columns); mistakes are coloured.',
          height: Math.min(140 + 36 * classes.length, HIGHEST_CONFUSION),
        },
        (theme) => confusionChart(confusionOf(predictions), theme),
      ),
      chartFigure(
        {
          name: `calibration${suffix}`,
          title: 'Calibration',
          label: 'Accuracy against the probability of the predicted class, and how many images have it.',
          height: 440,
        },
        (theme) =>
          calibrationChart(calibrationOf(predictions.probabilities, predictions.labels, classes.length), theme),
      ),
      ...(mistakes.length > 0 ? [grid] : []),
      ...errors.figures,
    ],
  };
}

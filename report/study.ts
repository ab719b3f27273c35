/** The report of a study: its history, its best trials, and the importance of parameters. */
import { duration, NOTHING, parameterValue, percent, valueText } from '../base/format.ts';
import {
  contourChart,
  historyChart,
  importanceChart,
  intermediateChart,
  parallelChart,
  sliceChart,
  type Process,
  timelineChart,
  timelineHeight,
} from '../charts/index.ts';
import {
  contour,
  importanceDoubt,
  importanceMeaning,
  importanceWithRanges,
  slice,
  describeDistribution,
  StudyError,
  type StudySnapshot,
  byValue,
  durationSeconds,
} from '../search/index.ts';
import { measuredIn, readTask } from '../tuning/index.ts';
import { chartFigure, type Figure, folderName, heightOfRows, type Report, type Section } from './report.ts';

/** Number of best trials in the table. */
const SHOWN_TRIALS = 10;

/** @param processes for numbers of trials the process that ran the trial last, if it is known */
export function reportStudy(study: StudySnapshot, processes: ReadonlyMap<number, Process> = new Map()): Report {
  const { definition, trials, bestTrial } = study;
  const { name, direction, sampler, pruner, seed, lag } = definition;
  const states = Map.groupBy(trials, ({ state }) => state.toLowerCase());
  const counts = [...states].map(([state, of]) => `${of.length} ${state}`).join(', ');
  return {
    // The prefix keeps it apart from reports of experiments and runs with the same name.
    name: `study-${folderName(name)}`,
    title: `Study ${name}`,
    lead: [
      `${direction}, sampler ${sampler}, pruner ${pruner}, seed ${seed}, lag ${lag}; ` +
        `${trials.length} trials${counts === '' ? '' : `: ${counts}`}.`,
      ...(bestTrial === null ? ['No trial is complete yet.'] : []),
    ],
    sections: [
      courseSection(study, processes),
      ...(bestTrial === null ? [] : [bestSection(study), ...parameterSections(study)]),
    ],
  };
}

/** The last time stamp of the study, so that the report does not depend on the clock. */
function lastTime({ trials }: StudySnapshot): string {
  const times = trials.flatMap(({ createdAt, startedAt, finishedAt }) => [
    createdAt,
    startedAt ?? '',
    finishedAt ?? '',
  ]);
  return times.toSorted().at(-1) ?? '';
}

function courseSection(study: StudySnapshot, processes: ReadonlyMap<number, Process>): Section {
  const { definition, trials } = study;
  const ofStudy = {
    name: definition.name,
    direction: definition.direction,
    measured: measuredIn(definition),
    trials,
  };
  const figures: Figure[] = [];
  if (trials.some(({ value }) => value !== null)) {
    figures.push(
      chartFigure(
        {
          name: 'history',
          title: 'Optimisation history',
          label:
            'Value of every complete trial and the best so far; marks at the bottom are trials outside of the plot.',
        },
        (theme) => historyChart([ofStudy], theme),
      ),
    );
  }
  if (trials.some(({ intermediateValues }) => Object.keys(intermediateValues).length > 1)) {
    figures.push(
      chartFigure(
        {
          name: 'intermediate',
          title: 'Intermediate values',
          label: 'What every trial reported in each of its folds: pruned ones are dimmed, the best one is in front.',
        },
        (theme) => intermediateChart({ ...ofStudy, stepsPerFold: readTask(definition)?.epochs }, theme),
      ),
    );
  }
  if (trials.some(({ startedAt }) => startedAt !== null)) {
    const when = { trials, processes, now: lastTime(study) };
    figures.push(
      chartFigure(
        {
          name: 'timeline',
          title: 'Timeline',
          label: 'When every trial ran, and in which process; one that ran several at once has as many lanes.',
          height: timelineHeight(when),
        },
        (theme) => timelineChart(when, theme),
      ),
    );
  }
  return { title: 'Course', figures };
}

function bestSection({ definition, trials }: StudySnapshot): Section {
  const complete = trials.filter(({ state }) => state === 'COMPLETE').toSorted(byValue(definition.direction));
  const best = complete.slice(0, SHOWN_TRIALS);
  const measured = measuredIn(definition);
  const names = [...new Set(best.flatMap(({ params }) => Object.keys(params)))];
  return {
    title: 'Best trials',
    tables: [
      {
        caption: `The best ${best.length} of ${complete.length} complete trials`,
        header: ['trial', 'value', ...names, 'time'],
        rows: best.map((trial) =>
          [String(trial.number), valueText(trial.value, measured)].concat(
            names.map((name) => (Object.hasOwn(trial.params, name) ? parameterValue(trial.params[name]) : '')),
            duration(durationSeconds(trial)),
          ),
        ),
      },
    ],
  };
}

function parameterSections(study: StudySnapshot): Section[] {
  const { definition, trials, bestTrial } = study;
  const objective = { direction: definition.direction, measured: measuredIn(definition) };
  const importance = importancesOf(study);
  const names = Object.keys(bestTrial!.params);
  if (names.length === 0) return [];
  const [first, second] = importance?.shares.flatMap(({ parameters }) => parameters) ?? names;
  const rows = names.map((name) => {
    const share = importance?.shares.find(({ parameters }) => parameters[0] === name)?.share;
    return [
      name,
      parameterValue(bestTrial!.params[name]),
      describeDistribution(bestTrial!.distributions[name]),
      share === undefined ? NOTHING : percent(share, 0),
    ];
  });
  const figures: Figure[] = [
    chartFigure(
      {
        name: 'slice',
        title: 'Each parameter by itself',
        label: 'Value of every complete trial over each parameter; later trials have darker or brighter colours.',
        height: 90 + 215 * Math.ceil(names.length / 2),
      },
      (theme) =>
        sliceChart(
          names.map((name) => slice(study, name)),
          theme,
          objective,
        ),
    ),
    chartFigure(
      {
        name: 'parallel',
        title: 'All parameters together',
        label: 'A line for every complete trial through its value and its parameters; the best stand out.',
      },
      (theme) => parallelChart({ name: definition.name, ...objective, trials }, theme),
    ),
  ];
  if (importance) {
    figures.unshift(
      chartFigure(
        {
          name: 'importance',
          title: 'Importance',
          label: [
            `PED-ANOVA of ${importance.trials} trials, with the range over samples of them.`,
            importanceMeaning[importance.method],
            importanceDoubt(importance) ?? '',
          ]
            .join(' ')
            .trim(),
          height: heightOfRows(importance.shares.length),
        },
        (theme) => importanceChart(importance, theme),
      ),
    );
  }
  if (second !== undefined) {
    const surface = contour(study, first, second);
    figures.push(
      chartFigure(
        {
          name: 'contour',
          title: `${first} and ${second}`,
          label: 'Expected value over two parameters, by a random forest, and the complete trials as points.',
          height: 420,
        },
        (theme) => contourChart(surface, theme, objective),
      ),
    );
  }
  const caption = `Parameters of trial ${bestTrial!.number}, the best`;
  return [
    {
      title: 'Parameters',
      tables: [{ caption, header: ['parameter', 'value', 'range', 'importance'], rows }],
      figures,
    },
  ];
}

/** Importances of the parameters; null for a study with too few trials. */
function importancesOf(study: StudySnapshot) {
  try {
    return importanceWithRanges('ped-anova', study);
  } catch (error) {
    if (error instanceof StudyError) return null;
    throw error;
  }
}

/** Studies and trials in words and tables. */
import {
  counted,
  duration,
  integer,
  localTime,
  type Measured,
  parameterValue,
  parametersInWords,
  percent,
  stateNames,
  valueText,
} from '../base/format.ts';
import { printable } from '../base/printable.ts';
import { median, sum } from '../numerics/statistics.ts';
import {
  bestSoFar,
  bestTrialsOf,
  byValue,
  describeDistribution,
  type EarlyStop,
  durationSeconds,
  failureOf,
  type FrozenTrial,
  importanceDoubt,
  importanceMeaning,
  missedConstraints,
  type RangedImportances,
  type StudyDefinition,
  type StudyProgress,
  type StudySnapshot,
  valuesOf,
} from '../search/index.ts';
import { measuredIn, readTask } from '../tuning/index.ts';
import { table } from './table.ts';

/** How many trials are in each state; states without any are left out. */
export function countStates(trials: readonly FrozenTrial[]): Record<string, number> {
  const counts = Object.entries(stateNames).map(([state, name]) => ({
    name,
    count: trials.filter((trial) => trial.state === state).length,
  }));
  return Object.fromEntries(counts.filter(({ count }) => count > 0).map(({ name, count }) => [name, count]));
}

/** 20 complete, 3 pruned */
export const stateCounts = (trials: readonly FrozenTrial[]): string =>
  Object.entries(countStates(trials))
    .map(([state, count]) => `${integer(count)} ${state}`)
    .join(', ');

/** 34 of 60 (30 complete, 4 pruned, 2 running), done in about 12 min 5 s */
export function trialsInWords(
  all: readonly FrozenTrial[],
  { finished, wanted, abandoned, secondsLeft }: StudyProgress,
): string {
  const isOfStudy = wanted !== null && finished < wanted;
  const dead = abandoned === 0 ? '' : `; ${abandoned} of a dead process`;
  const states = stateCounts(all) + dead;
  const isKnown = wanted !== null && finished <= wanted;
  const counts = isKnown ? `${integer(finished)} of ${integer(wanted)}${states && ` (${states})`}` : states;
  const left = secondsLeft === null ? '' : `, ${isOfStudy ? '' : 'those '}done in about ${duration(secondsLeft)}`;
  return counts + left;
}

/** Why a search stopped before it had its trials, as a sentence. */
export const stopInWords = ({ reason, finished }: EarlyStop): string =>
  `Stopped after ${counted(finished, 'trial')}: ${printable(reason, 500)}.`;

export const bestInWords = ({ number, value, params }: FrozenTrial, measured: Measured): string =>
  `${valueText(value, measured)} in trial ${number}: ${parametersInWords(params)}`;

/** Total and median duration of the finished trials, in seconds; null if no trial is finished. */
export function trialSeconds(trials: readonly FrozenTrial[]): { total: number; median: number } | null {
  const seconds = trials.map(durationSeconds).filter((time) => time !== null);
  return seconds.length === 0 ? null : { total: sum(seconds), median: median(seconds) };
}

/** One row for each trial. */
export function trialTable(trials: readonly FrozenTrial[], definition: StudyDefinition): string {
  const objectives = objectiveNames(definition);
  const measured = measuredIn(definition);
  const isConstrained = trials.some(({ constraints }) => constraints !== undefined);
  const names = [...new Set(trials.flatMap(({ params }) => Object.keys(params)))];
  const rows = trials.map((trial) => {
    const { number, state, params, startedAt } = trial;
    const found = valuesOf(trial);
    const values = names.map((name) => (Object.hasOwn(params, name) ? parameterValue(params[name]) : ''));
    const seconds = durationSeconds(trial);
    return [
      String(number),
      stateNames[state],
      ...(found === null ? objectives.map(() => '') : valuesInWords(found, measured)),
      ...(isConstrained
        ? [
            missedConstraints(trial)
              .map((name) => printable(name))
              .join(', '),
          ]
        : []),
      ...values,
      startedAt === null ? '' : localTime(startedAt),
      seconds === null ? '' : duration(seconds),
    ];
  });
  const head = ['trial', 'state', ...objectives, ...(isConstrained ? ['misses'] : []), ...names, 'started', 'time'];
  return table(head, rows, `rl${'r'.repeat(head.length - 2)}`, {
    optional: ['started', 'time', 'state', ...names.toReversed()],
  });
}

/** What the values of a trial are called. */
export function objectiveNames({ directions, metricNames }: StudyDefinition): readonly string[] {
  if (directions === undefined) return ['value'];
  return directions.map((_, i) => printable(metricNames?.[i] ?? `value ${i + 1}`));
}

/** { direction: 'maximize' }; { maximize: 'accuracy', minimize: 'seconds, weights' } */
export function directionsInWords(definition: StudyDefinition): Readonly<Record<string, string>> {
  const { direction, directions } = definition;
  if (directions === undefined) return { direction };
  const names = objectiveNames(definition);
  const groups = Map.groupBy(names, (_, i) => directions[i]);
  return Object.fromEntries([...groups].map(([way, of]) => [way, of.join(' and ')]));
}

/** The Pareto front of a study, the best by the first objective first. */
export const frontOf = ({ definition, trials }: StudySnapshot): readonly FrozenTrial[] =>
  bestTrialsOf(trials, definition).toSorted(byValue(definition.direction));

/** All values of a trial: the first is the score, the others are what they are. */
const valuesInWords = (values: readonly number[], measured: Measured): string[] =>
  values.map((value, i) => valueText(value, i === 0 ? measured : 'unknown'));

/** The trials of a front, one row each, with their values by the names of the objectives. */
export function frontTable(
  front: readonly Pick<FrozenTrial, 'number' | 'values' | 'params'>[],
  objectives: readonly string[],
  measured: Measured,
): string {
  const names = [...new Set(front.flatMap(({ params }) => Object.keys(params)))];
  const rows = front.map(({ number, values = [], params }) => [
    String(number),
    ...valuesInWords(values, measured),
    ...names.map((name) => (Object.hasOwn(params, name) ? parameterValue(params[name]) : '')),
  ]);
  const head = ['trial', ...objectives, ...names];
  return table(head, rows, 'r'.repeat(head.length), { optional: names.toReversed() });
}

/** Why trials failed, or were begun again: a line for each; empty if none did. */
export const failureLines = (trials: readonly FrozenTrial[]): string =>
  trials
    .flatMap((trial) => {
      const reason = failureOf(trial);
      return reason === null ? [] : [`Trial ${trial.number} (${stateNames[trial.state]}): ${printable(reason)}`];
    })
    .join('\n');

const SPARK_WIDTH = 40;
const sparks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** `▁▃▅███ 91.00 % → 98.12 %, since trial 12`; empty without a complete trial. */
export function historyLine(study: StudySnapshot): string {
  const history = bestSoFar(study);
  if (history.length === 0) return '';
  const [first, last] = [history[0].best, history[history.length - 1].best];
  const span = Math.abs(last - first) || 1;
  const width = Math.min(history.length, SPARK_WIDTH);
  const line = Array.from({ length: width }, (_, i) => {
    const { best } = history[Math.floor(((i + 1) * history.length) / width) - 1];
    const low = Math.min(first, last);
    return sparks[Math.round(((best - low) / span) * (sparks.length - 1))];
  }).join('');
  const since = history.find(({ best }) => best === last)?.number;
  const measured = measuredIn(study.definition);
  return `${line} ${valueText(first, measured)} → ${valueText(last, measured)}, since trial ${since}`;
}

/** Pairs below this share are noise of the forest more often than not. */
const LEAST_PAIR_SHARE = 0.02;
const BAR_WIDTH = 20;

/** One row for each parameter, with its distribution, and for each pair that is worth a look. */
export function importanceTable(importances: RangedImportances, study: StudySnapshot): string {
  const { shares, leftOut, trials, of, method } = importances;
  const shown = shares.filter(({ parameters, share }) => parameters.length === 1 || share >= LEAST_PAIR_SHARE);
  const rows = shown.map(({ parameters, share, low, high }) => [
    parameters.map((name) => printable(name)).join(' × '),
    parameters.length === 1 ? rangeInWords(study, parameters[0]) : 'together, beyond each alone',
    percent(share, 0),
    `${percent(low, 0)} to ${percent(high, 0)}`,
    '█'.repeat(Math.round(share * BAR_WIDTH)),
  ]);
  const looked = of > trials ? `${trials} of ${counted(of, 'trial')}, drawn at random` : counted(trials, 'trial');
  const doubt = importanceDoubt(importances);
  const sentences = [importanceMeaning[method], `From ${looked}.`, ...(doubt === null ? [] : [doubt])];
  const note = leftOut.length === 0 ? '' : `\nNot in all trials: ${leftOut.map((name) => printable(name)).join(', ')}.`;
  return `${table(['parameter', 'range', 'importance', '5 to 95 %', ''], rows, 'llrrl', { optional: ['range'] })}\n${sentences.join(' ')}${note}`;
}

/** The parameter's range in words, as in the newest trial that has the parameter. */
function rangeInWords({ trials }: StudySnapshot, name: string): string {
  const having = trials.findLast(({ distributions }) => Object.hasOwn(distributions, name));
  return having === undefined ? '' : printable(describeDistribution(having.distributions[name]));
}

/** Folds × epochs of a trial, such as 5 × 50; empty for a study that is not a search. */
export function lengthsInWords(definition: StudySnapshot['definition']): string {
  const task = readTask(definition);
  return task === null ? '' : `${task.folds} × ${task.epochs}`;
}

/** The trial for scripts. */
export const trialJson = (trial: FrozenTrial | null): object | null =>
  trial && {
    number: trial.number,
    value: trial.value,
    ...(trial.values && { values: trial.values }),
    ...(trial.constraints && { constraints: trial.constraints }),
    params: trial.params,
  };

/** Results of an experiment: tables for the screen and for Markdown, and all data as JSON. */
import { integer, NOTHING, points, shortNumber } from '../base/format.ts';
import { markdownTable, type Table } from '../submissions/index.ts';
import { type ArmSweep, type Experiment, resolveArm, type Scale } from './experiment.ts';
import type { Column } from './measurements/measurement.ts';
import { columnsOf } from './measurements/index.ts';
import type { Result } from './run.ts';
import { ALPHA, judge, type Judgement, metricsOf, type Summary, summarize } from './verdict.ts';

/** Smallest reported p value, since three seeds do not support more digits. */
const SMALLEST_P = 0.001;

export interface Finished {
  readonly name: string;
  /** Name that the user gave to the result. */
  readonly called?: string;
  /** Tags that the user gave. */
  readonly tags?: readonly string[];
  readonly experiment: Experiment;
  readonly scale: Scale;
  readonly isQuick: boolean;
  readonly engine: string;
  readonly results: readonly Result[];
  /** The machine and its version of Node, in words. */
  readonly machine: string;
}

/** A table with a row for each arm: mean ± sd (n) of all metrics. */
export function armTable({ experiment, results }: Finished): Table {
  const columns = Object.entries(columnsOf(experiment.measurements));
  const shown = columns.filter(([metric]) => results.some((result) => metricsOf(result)[metric] !== undefined));
  const published = Object.values(experiment.arms).map((arm) => arm.published);
  const table: { header: string[]; rows: string[][] } = {
    header: ['arm'].concat(shown.map(([, { title }]) => title)),
    rows: Object.keys(experiment.arms).map((arm) =>
      [arm].concat(shown.map(([metric, column]) => summaryText(summarizeArm(results, arm, metric), column))),
    ),
  };
  if (published.some((value) => value !== undefined)) {
    const { publishedOn } = experiment;
    table.header.push(publishedOn === undefined ? 'published' : `published (${publishedOn})`);
    for (const [row, value] of published.entries()) table.rows[row].push(value?.toFixed(2) ?? NOTHING);
  }
  return table;
}

/** A table with a row for each claim: its text, the verdict, and the numbers. */
export function claimTable(finished: Finished): Table {
  return {
    header: ['claim', 'verdict', 'difference', 'p', 'n'],
    rows: judgements(finished).map(({ says, verdict, difference, p, n }, i) => [
      says,
      finished.isQuick ? `${verdict} (quick)` : verdict,
      difference === null ? NOTHING : differenceText(difference, unitOf(finished, i)),
      p === null ? NOTHING : p < SMALLEST_P ? `< ${SMALLEST_P}` : p.toFixed(3),
      String(n),
    ]),
  };
}

/** Describes the setting: competition, model, sizes and engine. */
export function settingText({ experiment, scale, isQuick, engine, called, tags = [] }: Finished): string {
  const { competition, model, test } = experiment;
  const scoredOn = test === 'file' ? 'the labelled test file' : `${integer(test)} held-out images`;
  return (
    `${isQuick ? 'Quick run: ' : ''}${competition}, ${model}, engine ${engine}: ${integer(scale.train)} training images, ` +
    `${scale.epochs} epochs, ${scale.seeds} ${scale.seeds === 1 ? 'seed' : 'seeds'}, scored on ${scoredOn}.` +
    (called === undefined ? '' : ` Name: ${called}.`) +
    (tags.length === 0 ? '' : ` Tags: ${tags.join(', ')}.`)
  );
}

/** Describes the cost: time and machine. */
function costText({ results, machine }: Finished): string {
  const seconds = results.reduce((sum, { outcome }) => sum + outcome.seconds, 0);
  return `${results.length} trainings in ${(seconds / 60).toFixed(1)} minutes of one core: ${machine}.`;
}

/** Explains the two tables. */
export function legendOf({ claims }: Experiment): string {
  const hasBelow = claims.some(({ relation }) => relation === 'below');
  const bySign = claims.flatMap(({ says, test }) => (test === 'sign' ? [`“${says}”`] : []));
  return (
    'Mean ± standard deviation (seeds); accuracies in percent, seconds of one core. ' +
    `Claims: paired t test over the seeds, one-sided, α = ${ALPHA}${bySign.length > 0 ? `; a sign test for ${bySign.join(', ')}` : ''}.` +
    (hasBelow ? ' A positive difference speaks for the claim, also where less is claimed.' : '')
  );
}

/** A sentence for each diverged training. */
export const divergences = ({ results }: Finished): string[] =>
  results.flatMap(({ arm, seed, outcome }) =>
    outcome.status === 'diverged' ? [`${arm}, seed ${seed}: diverged in epoch ${outcome.epoch + 1}.`] : [],
  );

/** The result as a section in Markdown. */
export function markdown(finished: Finished): string {
  const { name, experiment } = finished;
  return [
    `## ${name}`,
    experiment.question,
    settingText(finished),
    markdownTable(armTable(finished)),
    ...divergences(finished),
    markdownTable(claimTable(finished)),
    `${legendOf(experiment)} ${costText(finished)}`,
    ...(experiment.sources.length > 0 ? [`Sources: ${experiment.sources.join('; ')}.`] : []),
  ]
    .map((part) => `${part}\n`)
    .join('\n');
}

/** The result with the learning curves. It is complete without the definition of the experiment. */
export interface ExperimentReport {
  readonly experiment: string;
  /** Name of the result; absent if it has none. */
  readonly name?: string;
  readonly tags?: readonly string[];
  readonly question: string;
  readonly sources: readonly string[];
  readonly competition: string;
  readonly model: string;
  readonly engine: string;
  readonly quick: boolean;
  readonly scale: Scale;
  readonly alpha: number;
  readonly machine: string;
  readonly claims: readonly Judgement[];
  /** Metrics of the claims, with the test accuracy first. */
  readonly claimed: readonly string[];
  /** Column of every metric. */
  readonly columns: Readonly<Record<string, Column>>;
  readonly arms: Readonly<
    Record<
      string,
      ReturnType<typeof resolveArm> & {
        /** Accuracy in percent. */
        readonly published?: number;
        readonly metrics: Readonly<Record<string, Summary>>;
      }
    >
  >;
  readonly sweep: ArmSweep | null;
  readonly results: readonly Result[];
  /** The claim and its result in words. */
  readonly words: {
    readonly setting: string;
    readonly legend: string;
    readonly divergences: readonly string[];
    readonly arms: Table;
    readonly claims: Table;
  };
}

export function json(finished: Finished): ExperimentReport {
  const { name, called, tags = [], experiment, scale, isQuick, engine, results, machine } = finished;
  const columns = columnsOf(experiment.measurements);
  const arms = Object.keys(experiment.arms).map((arm) => {
    const summaries = Object.keys(columns).map((metric) => [metric, summarizeArm(results, arm, metric)] as const);
    const { published } = experiment.arms[arm];
    return [
      arm,
      {
        ...resolveArm(experiment, arm, scale),
        published,
        metrics: Object.fromEntries(summaries.filter(([, { n }]) => n > 0)),
      },
    ] as const;
  });
  return {
    experiment: name,
    ...(called !== undefined && { name: called }),
    ...(tags.length > 0 && { tags }),
    question: experiment.question,
    sources: experiment.sources,
    competition: experiment.competition,
    model: experiment.model,
    engine,
    quick: isQuick,
    scale,
    alpha: ALPHA,
    machine,
    claims: judgements(finished),
    claimed: [...new Set(['accuracy', ...experiment.claims.map(({ value }) => value.metric)])],
    columns,
    arms: Object.fromEntries(arms),
    sweep: experiment.sweep ?? null,
    results,
    words: {
      setting: settingText(finished),
      legend: legendOf(experiment),
      divergences: divergences(finished),
      arms: armTable(finished),
      claims: claimTable(finished),
    },
  };
}

const judgements = ({ experiment, results }: Finished): Judgement[] =>
  experiment.claims.map((claim) => judge(claim, results));

function summarizeArm(results: readonly Result[], arm: string, metric: string): Summary {
  const ofArm = results.filter((result) => result.arm === arm);
  return summarize(ofArm.map((result) => metricsOf(result)[metric]).filter((value) => value !== undefined));
}

function summaryText({ n, mean, sd }: Summary, { unit }: Column): string {
  if (n === 0) return NOTHING;
  return `${valueText(mean, unit)}${n > 1 ? ` ± ${valueText(sd, unit)}` : ''} (${n})`;
}

const unitOf = ({ experiment }: Finished, claim: number): Column['unit'] =>
  columnsOf(experiment.measurements)[experiment.claims[claim].value.metric].unit;

const differenceText = (difference: number, unit: Column['unit']): string =>
  `${difference > 0 ? '+' : ''}${valueText(difference, unit)}`;

function valueText(value: number, unit: Column['unit']): string {
  if (unit === 'share') return points(value);
  return unit === 'seconds' ? value.toFixed(1) : shortNumber(value);
}

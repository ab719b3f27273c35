/** The results of the methods as a table. */
import { capitalized, countedScore, duration, integer, parameterValue } from '../base/format.ts';
import { findMetric } from '../data/index.ts';
import { isDeepStrictEqual } from 'node:util';
import {
  BLEND,
  type Score,
  type Parameters,
  SCORED_TRAINING_IMAGES,
  describeAugmentation,
  methodOfRun,
} from '../pipeline/index.ts';
import { averagesSentences, foldsText, type SubmitResult } from '../records/index.ts';

export interface Table {
  readonly header: readonly string[];
  /** A text for each column of the header. */
  readonly rows: readonly (readonly string[])[];
}

export const markdownBeginning = (competition: string): string => `# ${competition}: comparison\n`;

/** One row for each method; columns for the two leaderboards only where the solution tells them apart. */
export function comparisonTable({ methods }: SubmitResult): Table {
  const results = Object.entries(methods);
  const columns: [title: string, score: (result: (typeof results)[number][1]) => Score | null | undefined][] = [
    ['Train', ({ train }) => train],
    ['Out-of-fold', ({ outOfFold }) => outOfFold],
    ['Test', ({ test }) => test],
    ['Public', ({ test }) => test?.public],
    ['Private', ({ test }) => test?.private],
  ];
  const shown = columns.filter(([, scoreOf]) => results.some(([, result]) => scoreOf(result)));
  return {
    header: ['Method', 'Parameters', ...shown.map(([title]) => title), 'Time'],
    rows: results.map(([id, result]) => {
      const scores = shown.map(([, scoreOf]) => countedScore(scoreOf(result)));
      return [methodOfRun(id).title, parameterText(id, result)].concat(scores, duration(result.seconds));
    }),
  };
}

/** The table with a heading, the setting it holds for, and the sentence that says who won. */
export function comparisonMarkdown(result: SubmitResult): string {
  const { competition, name, model, engine, epochs, seed, comparison } = result;
  const [first] = Object.values(result.methods);
  const isBlend = Object.keys(result.methods).every((id) => id === BLEND);
  const training = isBlend ? 'Blend of several runs' : `Model ${model}, engine ${engine}, ${epochs} epochs`;
  return [
    markdownBeginning(competition),
    `${name === undefined ? '' : `Submit ${name}. `}${training}, ${foldsText(result)}, seed ${seed}. ` +
      `${legendOf(first?.outOfFold, first?.folds)}.\n`,
    markdownTable(comparisonTable(result)),
    ...Object.entries(result.methods).flatMap(([id, { averages }]) =>
      averagesSentences(id, averages).map((sentence) => `\n${sentence}`),
    ),
    ...(comparison ? [`\n${comparison.sentence}`] : []),
    '',
  ].join('\n');
}

export function markdownTable({ header, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [header, header.map(() => '---'), ...rows].map(line).join('\n');
}

/**
 * What a table of scores shows.
 * @param score one of them
 * @param folds of a method, where the table has scores on training images
 */
export function legendOf(score: Score | undefined, folds: readonly { readonly train: Score }[] = []): string {
  const metric = score?.metric;
  const isSample = folds.some(({ train }) => train.n === SCORED_TRAINING_IMAGES);
  const sample = isSample ? `; train: on a sample of ${integer(SCORED_TRAINING_IMAGES)} for each fold` : '';
  const what = metric === undefined ? 'Accuracy in percent' : findMetric(metric.name).title;
  return `${capitalized(what)} ± its standard error (images)${sample}`;
}

/** The parameters that a search varies, and others only where they are not the method's defaults; then test-time augmentation and pseudo-labels. */
function parameterText(method: string, { params, tta, pseudoLabels }: SubmitResult['methods'][string]): string {
  const { space, defaults } = methodOfRun(method);
  const shown = Object.entries(params)
    .filter(([name, value]) => name in space || !isDeepStrictEqual(value, defaults[name as keyof Parameters]))
    .map(([name, value]) => `${name} ${valueText(value)}`);
  const others = [
    ...(tta ? [`tta ${tta.views}`] : []),
    ...(pseudoLabels ? [`pseudoLabels ${pseudoLabels.confidence}`] : []),
  ];
  return [...shown, ...others].join(', ');
}

/** A value of a parameter: 0.1169, cosine, shift 2 */
export const valueText = (value: Parameters[keyof Parameters]): string =>
  typeof value === 'object' ? describeAugmentation(value) : parameterValue(value);

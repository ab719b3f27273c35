/** Trains and submits with a bar for each method, and shows the result. */
import { basename, dirname, join } from 'node:path';
import {
  averagesSentences,
  foldsText,
  type LiveRunWriter,
  writeLiveRun,
  writtenFiles,
  type SubmitResult,
} from '../records/index.ts';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { reportRuns } from '../report/index.ts';
import { modelName } from '../models/index.ts';
import {
  caveatOf,
  LATEST,
  prepare,
  submit,
  type SubmitProgress,
  type SubmitTask,
  comparisonTable,
  legendOf,
} from '../submissions/index.ts';
import { methodOfRun, movesImages, trainingCount } from '../pipeline/index.ts';
import type { Report, Session } from './command.ts';
import { counted, integer, percent, shortNumber } from '../base/format.ts';
import { padNames } from './format.ts';
import type { SharedValues } from './options.ts';
import type { ChosenParameters } from './parameters.ts';
import type { Bar, Progress } from './progress.ts';
import { tryToReport } from './reports.ts';
import { RUNS_DIRECTORY, submissionsOf } from './places.ts';
import { table } from './table.ts';
import { tryToTag } from './tags.ts';
import type { Training } from './training.ts';

export { RUNS_DIRECTORY };
/** Lines for each method where there is no terminal. */
const PLAIN_LINES = 10;
export const VIEWS_OF_DIGITS =
  'test-time augmentation: its training changes no image by moving it, so that the views are changed by half of the preset digits.';
/** Methods side by side; more stand under each other. */
const MOST_COLUMNS = 4;

export interface SubmitPlan
  extends
    Pick<SharedValues, 'dataDir' | 'engine' | 'seed' | 'solution' | 'outDir'>,
    Partial<Pick<SharedValues, 'name' | 'tag' | 'probabilities' | 'restart' | 'tta'>> {
  readonly averages?: boolean;
  readonly epochs: number;
  readonly folds: number;
  /** Default: all. */
  readonly trainFolds?: number;
  readonly methods: readonly ChosenParameters[];
  /** How sure a first training must be of test images from which a second learns. Default: one training. */
  readonly pseudoLabels?: number;
  /** That trains the runs again. Default: none. */
  readonly recipe?: object;
}

/** A submit that is a part of other work. */
export interface Part extends Pick<SubmitProgress, 'becomesLatest'> {
  /** Told after each epoch which share of the training is done. */
  readonly onShare?: (share: number) => void;
  /** Default: a report is written. */
  readonly isReported?: boolean;
}

const submitTask = (
  { competition, images, plan }: Training,
  {
    solution,
    outDir = submissionsOf(competition.id),
    tag: _tag,
    tta: ttaViews,
    averages: withAverages,
    ...settings
  }: SubmitPlan,
): SubmitTask => ({
  ...settings,
  ttaViews,
  withAverages,
  competition,
  images,
  plan,
  solutionFile: solution,
  outDir,
  runsDir: RUNS_DIRECTORY,
});

/**
 * Finds what would stop a later `trainAndSubmit` before other work begins.
 * @throws UserError as `submit`
 */
export async function checkSubmit(training: Training, plan: SubmitPlan): Promise<void> {
  await prepare(submitTask(training, plan));
}

/** Writes a report too. @throws AbortError when the session is stopped */
export async function trainAndSubmit(
  training: Training,
  plan: SubmitPlan,
  { signal, progress }: Pick<Session, 'signal' | 'progress'>,
  { becomesLatest, onShare, isReported = true }: Part = {},
): Promise<SubmitResult> {
  const { methods, epochs } = plan;
  const folds = plan.trainFolds ?? plan.folds;
  const task = submitTask(training, plan);
  const padded = padNames(methods.map(({ id }) => id));
  const again =
    plan.pseudoLabels === undefined
      ? ''
      : `, and again with the test images of which the first networks are sure (at least ${plan.pseudoLabels})`;
  const announce = (): void => {
    const names = methods.map(({ id }) => id).join(' and ');
    progress.step(`Training ${names}: ${foldsText(plan)} × ${counted(epochs, 'epoch')}${again}.`);
    for (const { id, parameters, paramsFrom, note } of methods) {
      const about = note === undefined ? '' : ` (${note})`;
      progress.note(`  ${padded(id)} parameters: ${printable(paramsFrom)}${about}`);
      if (plan.tta !== undefined && !movesImages(parameters.augment))
        progress.note(`  ${padded(id)} ${VIEWS_OF_DIGITS}`);
    }
  };
  let bar: Bar | undefined;
  /** Epochs of each fold; those that a fold was spared count as done when it ends. */
  let done: number[] = [];
  let live: LiveRunWriter | undefined;
  const epochsOfFold = (id: string): number => {
    const { parameters } = methods.find((method) => method.id === id)!;
    return epochs * trainingCount(parameters) * (plan.pseudoLabels === undefined ? 1 : 2);
  };
  const allDone = (): number => done.reduce((sum, ofFold) => sum + ofFold, 0);
  let result: SubmitResult;
  try {
    result = await submit(training.pool, task, {
      signal,
      onBegin: announce,
      onMethod(id) {
        void live?.end();
        live = writeLiveRun(RUNS_DIRECTORY, {
          competition: training.competition.id,
          model: modelName(training.plan.model),
          method: id,
          epochs,
          folds,
          seed: plan.seed,
          metric: training.competition.metric,
        });
        progress.clear();
        bar = progress.bar(padded(id), folds * epochsOfFold(id), 'epochs', PLAIN_LINES);
        done = Array.from({ length: folds }, () => 0);
        bar.begin(0);
      },
      onEpoch(method, fold, metrics, isTeacher) {
        done[fold] += 1;
        const whose = `fold ${fold + 1}${isTeacher ? "'s teacher" : ''}`;
        const { validationAccuracy, trainLoss } = metrics;
        const howWell =
          validationAccuracy === undefined ? `training loss ${shortNumber(trainLoss)}` : percent(validationAccuracy);
        bar?.update(allDone(), `${whose} at ${howWell}`);
        onShare?.(allDone() / (folds * epochsOfFold(method)));
        if (!isTeacher) live?.onEpoch(fold, metrics);
      },
      onFold(id, fold, end) {
        if (done[fold] < epochsOfFold(id)) {
          done[fold] = epochsOfFold(id);
          bar?.update(allDone(), `fold ${fold + 1} stopped early`);
        }
        live?.onFold(fold, end);
      },
      onTakenFold(id, fold, taken) {
        done[fold] = epochsOfFold(id);
        bar?.begin(allDone());
        for (const metrics of taken.epochs) live?.onEpoch(fold, metrics);
        live?.onFold(fold, taken);
      },
      becomesLatest,
      onNote: (sentence) => progress.note(sentence),
      onMoved: (sentence) => progress.warn(sentence),
    });
  } finally {
    await live?.end();
  }
  progress.clear();
  const runs = Object.values(result.methods).map(({ run }) => basename(run));
  await tryToTag(progress, 'run', runs, plan.tag ?? []);
  const folders = Object.values(result.methods).map(({ run }) => run);
  if (isReported)
    await tellReport(progress, {
      folders,
      images: { dataDir: plan.dataDir, loaded: training.images },
      comparison: result.comparison?.sentence,
    });
  return result;
}

/** Writes the report of a submit, and says where. */
export async function tellReport(progress: Progress, of: Parameters<typeof reportRuns>[0]): Promise<void> {
  const written = await tryToReport(progress, () => reportRuns(of));
  if (written) progress.note(`Report: ${displayPath(written.html)}`);
}

export const submissionReport = (result: SubmitResult): Report => ({
  json: result,
  text: `${comparisonText(result)}\n\n${writtenText(result)}`,
});

/** What a submit has found, without its files. */
export const comparisonText = (result: SubmitResult): string =>
  [submissionTable(result), ...closingLines(result)].join('\n\n');

/** What a submit has written. */
export const writtenText = (result: SubmitResult): string =>
  `Written: ${filesOf(result)}\n\nA copy: ${displayPath(latestBeside(result))}`;

/** The files of a submit, for people. */
export const filesOf = ({ methods, files }: SubmitResult): string =>
  [
    ...Object.values(methods)
      .flatMap(writtenFiles)
      .map(({ file }) => file),
    files.markdown,
  ]
    .map(displayPath)
    .join(', ');

/** The folder that has a copy of the newest submit's files. */
export const latestBeside = ({ files }: Pick<SubmitResult, 'files'>): string =>
  join(dirname(dirname(files.markdown)), LATEST);

/** One column for each method, so that what is to be compared stands side by side, if there are not too many. */
function submissionTable(result: SubmitResult): string {
  const { header, rows } = comparisonTable(result);
  if (rows.length > MOST_COLUMNS) {
    const optional = ['Parameters', 'Private', 'Public', 'Time', 'Train'];
    return table(header, rows, 'll'.padEnd(header.length, 'r'), { optional });
  }
  const columns = [header, ...rows].map((cells) => cells.map((cell) => cell.replaceAll(', ', '\n')));
  const [head, ...lines] = header.map((_, line) => columns.map((cells) => cells[line]));
  return table(['', ...head.slice(1)], lines, 'l'.repeat(columns.length));
}

function closingLines({ methods, comparison }: SubmitResult): string[] {
  return [
    `${legendOf(Object.values(methods)[0]?.outOfFold, Object.values(methods)[0]?.folds)}.`,
    ...Object.entries(methods).flatMap(([id, { folds }]) => endSentence(id, folds)),
    ...Object.entries(methods).flatMap(([id, { averages }]) => averagesSentences(id, averages)),
    ...Object.entries(methods).flatMap(([id, result]) => pseudoSentence(id, result)),
    ...(Object.values(methods).some(({ folds }) => folds.some(({ restoredEpoch }) => typeof restoredEpoch === 'number'))
      ? ['Out-of-fold scores are a little too good where an epoch was chosen by them. Test scores are not.']
      : []),
    ...Object.keys(methods)
      .filter((id) => methodOfRun(id).choosesByValidation === true)
      .map(
        (id) =>
          `The out-of-fold score of ${id} is a little too good: its points were chosen by it. Test scores are not.`,
      ),
    ...(Object.values(methods).some(({ paramsFrom }) => paramsFrom.startsWith('trial '))
      ? ['Out-of-fold scores are a little too good: the parameters were chosen by such. Test scores are not.']
      : []),
    ...(comparison
      ? [[...comparison.pairs.map(({ sentence }) => sentence), ...caveatOf(comparison.pairs)].join('\n')]
      : []),
  ];
}

/** What a person should know of trainings that did not end with their last epoch; nothing of others. */
function endSentence(id: string, folds: SubmitResult['methods'][string]['folds']): string[] {
  const parts = folds.flatMap(({ ended, restoredEpoch, trainedEpochs }, fold) => {
    if (ended !== 'plateau' && (restoredEpoch ?? null) === null) return [];
    const trained = trainedEpochs === undefined ? '' : ` after epoch ${trainedEpochs}`;
    const kept = typeof restoredEpoch === 'number' ? ` with the weights of epoch ${restoredEpoch + 1}` : '';
    return [`fold ${fold + 1}${ended === 'plateau' ? ' stopped on a plateau' : ' ended'}${trained}${kept}`];
  });
  return parts.length === 0 ? [] : [`${id}: ${parts.join(', ')}.`];
}

/** How many test images each fold has learned from; nothing without pseudo-labels. */
function pseudoSentence(id: string, { folds, pseudoLabels }: SubmitResult['methods'][string]): string[] {
  const counts = folds.flatMap(({ pseudoLabels: learned }) => learned ?? []);
  if (!pseudoLabels || counts.length === 0) return [];
  return [
    `${id}: its folds have learned from ${counts.map(integer).join(', ')} test images too, to which their first networks ` +
      `gave a label with a probability of at least ${pseudoLabels.confidence}. No score counts these labels.`,
  ];
}

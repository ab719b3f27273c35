/** `npm run data -- show`: what the images look like before anything is trained. */
import { commandLine } from '../base/command-line.ts';
import { counted, integer, percent, pixelSize, points } from '../base/format.ts';
import { imageColumn } from '../base/image-name.ts';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import {
  type Competition,
  dataDirectory,
  type Duplicates,
  duplicateSentences,
  lookAtData,
  type Place,
} from '../data/index.ts';
import { nameOfRun } from '../records/index.ts';
import { reportData, writeReport } from '../report/index.ts';
import { findLabelErrors, type LabelErrors, outOfFold, type SuspectedLabel } from '../submissions/index.ts';
import type { Report, Session } from './command.ts';
import { announceGeneration } from './competition.ts';
import type { Bar } from './progress.ts';
import { watchReading } from './reading.ts';
import { findRun, newestOf } from './runs.ts';
import { table } from './table.ts';

/** The terminal counts the rest; `--json` has all. */
const SHOWN = 10;
const HISTOGRAM_WIDTH = 30;
const LONGEST_ID = 60;
/** Lines of progress where there is no terminal. */
const PLAIN_LINES = 4;

export interface ShowOptions {
  readonly dataDir: string | undefined;
  /** Whose predictions say which labels are probably wrong. Default: the newest run of the competition, if there is one. */
  readonly run: string | undefined;
  /** Receives a folder with a page and its figures. */
  readonly output: string | undefined;
}

/** @throws UserError if there are no training images, or the run that is named is not one of them */
export async function showData(competition: Competition, options: ShowOptions, session: Session): Promise<Report> {
  const { dataDir, output } = options;
  const { progress } = session;
  await announceGeneration(competition, dataDir, progress);
  let bar: Bar | undefined;
  const { train, test, classes, duplicates, notes } = await lookAtData(competition, {
    dataDir,
    ...watchReading(session),
    onStep(step, share) {
      session.signal.throwIfAborted();
      if (share === undefined) return;
      bar ??= progress.bar(step, 100, '%', PLAIN_LINES);
      bar.update(Math.floor(100 * share));
    },
  });
  progress.clear();
  const labels = await labelErrors(competition, options, session);
  const found = labels !== null && 'suspected' in labels ? labels : null;
  const written =
    output === undefined
      ? null
      : await writeReport(output, reportData({ competition, train, test, classes, duplicates, labels: found, notes }));
  const names = competition.classes;
  return {
    json: {
      competition: competition.id,
      folder: displayPath(dataDirectory(competition, dataDir)),
      shape: train.shape,
      train: train.count,
      test: test?.count ?? 0,
      classes: classes.map(({ name, count, samples }, label) => ({
        label,
        name,
        count,
        share: count / train.count,
        samples,
      })),
      duplicates,
      labels:
        labels === null || 'problem' in labels
          ? labels
          : {
              ...labels,
              suspected: labels.suspected.map(({ label, suggested, ...one }) => ({
                ...one,
                label: names[label],
                suggested: names[suggested],
              })),
            },
      notes,
      page: written?.html ?? null,
      figures: written?.figures ?? [],
    },
    text: [
      `${competition.title} (${competition.id}): ${counted(train.count, 'training image')}, ` +
        `${counted(test?.count ?? 0, 'test image')}, ${pixelSize(train.shape)} × ${train.shape.channels}`,
      classTable(classes, ({ name }) => printable(name)),
      ...(notes.length > 0 ? [notes.join('\n')] : []),
      duplicateText(duplicates),
      labelText(labels, names),
      written === null
        ? `--output FOLDER writes a page with samples, means, these images and what each augmentation does.`
        : `Written: ${displayPath(written.html)}, with ${counted(written.figures.length / 2, 'figure')} as SVG and PNG beside it.`,
    ].join('\n\n'),
  };
}

type FoundLabels = Pick<LabelErrors, 'images'> & {
  readonly run: string;
  readonly suspected: readonly (SuspectedLabel & { readonly id: string })[];
};

/** Null without a run. @throws UserError if a run that is named cannot be used */
async function labelErrors(
  competition: Competition,
  { dataDir, run }: ShowOptions,
  { progress, signal }: Session,
): Promise<FoundLabels | { readonly problem: string } | null> {
  const folder =
    run === undefined
      ? await newestOf(({ configuration }) => configuration.competition === competition.id)
      : await findRun(run);
  if (folder === undefined) return null;
  try {
    const { record, images, rows, ids, probabilities, competition: of } = await outOfFold(folder, { dataDir, signal });
    if (of.id !== competition.id) {
      throw new UserError(
        `${record.id}: expected a run of ${competition.id}, got one of ${of.id}. Name another one, or none.`,
      );
    }
    progress.note(`Labels: by the out-of-fold predictions of ${printable(nameOfRun(record))}.`);
    const found = findLabelErrors({ probabilities, labels: images.labels, classes: competition.classes });
    const suspected = found.suspected.map((one) => ({ ...one, row: rows[one.row], id: ids[one.row] }));
    return { run: nameOfRun(record), ...found, suspected };
  } catch (error) {
    if (error instanceof UserError && run === undefined) return { problem: error.message };
    throw error;
  }
}

/** One row for each class, with a bar as long as its share. */
export function classTable<Of extends { readonly count: number }>(
  classes: readonly Of[],
  titleOf: (one: Of) => string,
): string {
  const total = classes.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(...classes.map(({ count }) => count));
  const rows = classes.map((one) => [
    titleOf(one),
    integer(one.count),
    percent(one.count / total),
    '█'.repeat(Math.round((HISTOGRAM_WIDTH * one.count) / most)),
  ]);
  return table(['class', 'images', 'share', ''], rows, 'lrrl');
}

const placeText = ({ of, row }: Place): string => `${of} ${integer(row + 1)}`;

function duplicateText(duplicates: Duplicates): string {
  const { exact, near } = duplicates;
  const lines = [
    ...exact.slice(0, SHOWN).map((group) => `  ${group.slice(0, SHOWN).map(placeText).join(' = ')}`),
    ...near
      .slice(0, SHOWN)
      .map(
        ({ first, second, similarity }) => `  ${placeText(first)} ≈ ${placeText(second)} (${similarity.toFixed(4)})`,
      ),
  ];
  const left = Math.max(0, exact.length - SHOWN) + Math.max(0, near.length - SHOWN);
  const rest = left === 0 ? [] : [`  and ${integer(left)} more; --json has all`];
  return ['Duplicates (rows are counted from 1)', ...duplicateSentences(duplicates), ...lines, ...rest].join('\n');
}

function labelText(labels: FoundLabels | { readonly problem: string } | null, names: readonly string[]): string {
  const title = 'Labels that are probably wrong';
  if (labels === null) {
    return `${title}: not looked for, since there is no run yet. Train one: ${commandLine('submit')}`;
  }
  if ('problem' in labels) return `${title}: not looked for. ${labels.problem}`;
  const { run, images, suspected } = labels;
  const image = imageColumn(suspected);
  const rows = suspected
    .slice(0, SHOWN)
    .map(({ label, suggested, labelProbability, suggestedProbability, ...one }) => [
      printable(image.cell(one), LONGEST_ID),
      printable(names[label]),
      points(labelProbability),
      printable(names[suggested]),
      points(suggestedProbability),
    ]);
  const said = `${title}: ${integer(suspected.length)} of ${integer(images)}, by the out-of-fold predictions of ${printable(run)}`;
  return rows.length === 0
    ? `${said}.`
    : `${said}\n${table([image.title, 'label', '%', 'suggested', '%'], rows, `${image.align}lrlr`)}${
        suspected.length > SHOWN ? `\nThe least likely ${SHOWN} are shown; --json has all.` : ''
      }`;
}

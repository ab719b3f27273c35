/**
 * The images that the networks of a run still get wrong out of fold, each with what helps a person to decide why: the
 * nearest training images, what other runs say, and whether the label is suspected.
 */
import { basename } from 'node:path';
import { UserError } from '../base/user-error.ts';
import { type LabelledImages, loadOnce, competitionOfRun, nearestImages, type NearestOptions } from '../data/index.ts';
import { predictedLabels } from '../pipeline/index.ts';
import { listRuns, nameOfRun, readRecord } from '../records/index.ts';
import { mistakesOf } from './diagnosis.ts';
import { findLabelErrors } from './label-errors.ts';
import { outOfFold, type OutOfFold, type RunImages } from './out-of-fold.ts';

/** What the evidence points to; a person decides. */
const suspectWords = {
  label: 'The label may be wrong: its probability is below 5 %, and none of the nearest images has it.',
  image: 'The image may be unreadable: neither other runs nor its nearest images tell its label.',
  network: 'The network may be at fault: other runs or the nearest images tell the label.',
} as const;
export type Suspect = keyof typeof suspectWords;

export interface ErrorNeighbour {
  /** Position among the training images, from 0. */
  readonly row: number;
  /** Name of its class. */
  readonly label: string;
  /** Root mean square of the differences of the pixels, 0 … 1. */
  readonly distance: number;
}

export interface Vote {
  /** Name of the run. */
  readonly run: string;
  /** Name of the class. */
  readonly predicted: string;
  /** Probability of the predicted class. */
  readonly confidence: number;
}

export interface ErrorLook {
  /** Position among the training images, from 0. */
  readonly row: number;
  /** Id of the image as the files write it. */
  readonly id: string;
  /** Names of classes. */
  readonly label: string;
  readonly predicted: string;
  /** Probability of the predicted class, and of the label. */
  readonly confidence: number;
  readonly labelProbability: number;
  /** Whether the predictions of the run suspect the label (confident learning). */
  readonly isSuspected: boolean;
  /** The most similar training images, the nearest first. */
  readonly nearest: readonly ErrorNeighbour[];
  /** What the other runs say of the image, the newest first. */
  readonly votes: readonly Vote[];
  readonly suspect: Suspect;
  /** The same as a sentence. */
  readonly says: string;
}

export interface ErrorLooks {
  /** Name of the run. */
  readonly run: string;
  /** All training images. */
  readonly train: LabelledImages;
  /** Images that were predicted out of fold, and those of them that are wrong. */
  readonly images: number;
  readonly wrong: number;
  /** Names of the other runs that were asked, the newest first. */
  readonly others: readonly string[];
  /** The one that the networks were surest of first. */
  readonly looks: readonly ErrorLook[];
}

export interface ErrorOptions extends NearestOptions, RunImages {
  /** Folder of the runs that are asked too. */
  readonly runsDir: string;
  /** Most images that are looked at: those that the networks were surest of. Default: 60. */
  readonly most?: number;
}

/** Nearest training images of each. */
export const NEIGHBOURS = 5;
/** Flipped labels of Fashion-MNIST and digits were found best with this probability: decision 86. */
const IMPROBABLE = 0.05;
/** Other runs that are asked. */
const MOST_OTHERS = 12;

/**
 * @param folder of the run
 * @throws UserError if its record or images are missing or damaged; what the signal was aborted with
 */
export async function lookAtErrors(
  folder: string,
  { runsDir, dataDir, loaded: shared, most = 60, signal, onShare }: ErrorOptions,
): Promise<ErrorLooks> {
  const { configuration } = await readRecord(folder);
  const loaded = shared ?? loadOnce(competitionOfRun(configuration), { dataDir, signal });
  const found = await outOfFold(folder, { loaded });
  const { competition, images, rows, ids, probabilities, record } = found;
  const { classes } = competition;
  const train = await loaded.train();
  const predictions = { probabilities, labels: images.labels, classes };
  const mistakes = mistakesOf(predictions);
  const suspected = new Set(findLabelErrors(predictions).suspected.map(({ row }) => row));
  const shown = mistakes.slice(0, most);
  const others = await otherRuns(found, { runsDir, loaded });
  const near = await nearestImages(
    train,
    shown.map(({ row }) => rows[row]),
    NEIGHBOURS,
    { signal, onShare },
  );
  const looks = shown.map(({ row, label, predicted, confidence }, i) => {
    const nearest = near[i].map((one) => Object.assign(one, { label: classes[train.labels[one.row]] }));
    const votes = others.flatMap(({ name, voteOn }) => {
      const vote = voteOn(rows[row]);
      return vote === null ? [] : [{ run: name, ...vote }];
    });
    const look = {
      row: rows[row],
      id: ids[row],
      label: classes[label],
      predicted: classes[predicted],
      confidence,
      labelProbability: probabilities[row * classes.length + label],
      isSuspected: suspected.has(row),
      nearest,
      votes,
    };
    const suspect = suspectOf(look);
    return Object.assign(look, { suspect, says: suspectWords[suspect] });
  });
  return {
    run: nameOfRun(record),
    train,
    images: images.count,
    wrong: mistakes.length,
    others: others.map(({ name }) => name),
    looks,
  };
}

/**
 * The network, if most other runs get the image right, or most of its neighbours have its label: others could tell it.
 * The label, if the networks find it improbable, and no neighbour has it. Else the image: nothing that is like it says
 * what it is.
 */
export function suspectOf({
  label,
  labelProbability,
  nearest,
  votes,
}: Pick<ErrorLook, 'label' | 'labelProbability' | 'nearest' | 'votes'>): Suspect {
  const isMost = (all: readonly string[], wanted: string): boolean =>
    2 * all.filter((one) => one === wanted).length > all.length;
  const neighbours = nearest.map((one) => one.label);
  const said = votes.map((vote) => vote.predicted);
  if (isMost(said, label) || isMost(neighbours, label)) return 'network';
  return labelProbability < IMPROBABLE && !neighbours.includes(label) ? 'label' : 'image';
}

interface Other {
  readonly name: string;
  /** What the run says of a training image that it did not train on; null if it never validated it. */
  readonly voteOn: (row: number) => Omit<Vote, 'run'> | null;
}

/** The newest other runs of the competition that have kept what they predicted of the same images. */
async function otherRuns(
  { record, competition }: OutOfFold,
  { runsDir, loaded }: { runsDir: string; loaded: ReturnType<typeof loadOnce> },
): Promise<Other[]> {
  const others: Other[] = [];
  for (const folder of (await listRuns(runsDir)).toReversed()) {
    if (others.length === MOST_OTHERS) break;
    if (basename(folder) === record.id) continue;
    const other = await otherRun(folder, competition.id, loaded).catch((error: unknown) => {
      // A run that is damaged or of other images has no say here. The list of runs says what is wrong with it.
      if (error instanceof UserError) return null;
      throw error;
    });
    if (other !== null) others.push(other);
  }
  return others;
}

async function otherRun(
  folder: string,
  competition: string,
  loaded: ReturnType<typeof loadOnce>,
): Promise<Other | null> {
  const record = await readRecord(folder);
  // Runs of earlier versions would have to predict all images again.
  if (record.configuration.competition !== competition || !record.probabilities) return null;
  const {
    rows,
    probabilities,
    competition: { classes },
  } = await outOfFold(folder, { loaded });
  const predicted = predictedLabels(probabilities, classes.length);
  const placeOf = new Map(Array.from(rows, (row, place) => [row, place]));
  return {
    name: nameOfRun(record),
    voteOn(row) {
      const place = placeOf.get(row);
      if (place === undefined) return null;
      return {
        predicted: classes[predicted[place]],
        confidence: probabilities[place * classes.length + predicted[place]],
      };
    },
  };
}

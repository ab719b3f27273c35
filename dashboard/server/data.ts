/** Answers about the images of a competition, for the page "Data". */
import { commandLine } from '../../base/command-line.ts';
import { unknownName } from '../../base/own-value.ts';
import { displayPath } from '../../base/paths.ts';
import { UserError } from '../../base/user-error.ts';
import {
  augmentations,
  augmentedRows,
  augmentedSamples,
  type Competition,
  competitionOfRun,
  competitions,
  dataDirectory,
  duplicateSentences,
  findCompetition,
  findRole,
  hasFiles,
  keptIds,
  knownIds,
  type Images,
  lookAtData,
  lookSteps,
  type Place,
  SAMPLES,
} from '../../data/index.ts';
import { listRuns, nameOfRun, readRecord } from '../../records/index.ts';
import { findLabelErrors, outOfFold } from '../../submissions/index.ts';
import type { DataAnswer, DataSetsAnswer, LabelErrorsAnswer, PicturedPair, Progress } from '../api.ts';
import { pictureOf } from './diagnosis.ts';

/** Most pictures of samples, divided among the classes. */
const MOST_SAMPLES = 400;
/** Most pairs of each kind: identical or near, within the training images or between training and test images. */
const MOST_PAIRS = 60;
const MOST_LABELS = 300;

/**
 * Competitions whose images are on this machine: first those whose folder a person names, then those of runs, newest run
 * first.
 */
export async function dataSets(runsDir: string, dataDir?: string): Promise<DataSetsAnswer> {
  const found = new Map<string, Competition>();
  const add = (one: Competition): void => void found.set(one.id, one);
  const addNamed = (id: string): void => {
    try {
      if (!found.has(id)) add(findCompetition(id));
    } catch (error) {
      // A competition may have gone.
      if (!(error instanceof UserError)) throw error;
    }
  };
  for (const id of keptIds()) addNamed(id);
  for (const folder of (await listRuns(runsDir)).toReversed()) {
    try {
      addNamed((await readRecord(folder)).configuration.competition);
    } catch (error) {
      // The page "Runs" reports records that cannot be read.
      if (!(error instanceof UserError)) throw error;
    }
  }
  if (dataDir === undefined) for (const { id } of competitions) addNamed(id);
  const isThere = await Promise.all(
    // Files that cannot be read count as present; the error is shown when they are opened.
    [...found.values()].map((one) => hasFiles(one, dataDir).catch(() => true)),
  );
  return {
    sets: [...found.values()].filter((_, i) => isThere[i]).map(({ id, title }) => ({ id, title })),
  };
}

/** Where the images of a competition are, and its runs. */
export interface DataPlace {
  /** From a request; it must not name a file that the client may not read. */
  readonly id: string;
  readonly runsDir: string;
  readonly dataDir?: string;
}

/** Finds a competition, with the images that its newest run was trained on. */
async function competitionOf({ id, runsDir }: DataPlace): Promise<Competition> {
  if (/\.json$|[/\\]/i.test(id)) {
    throw new UserError(unknownName('competition', id, knownIds()));
  }
  const found = findCompetition(id);
  for (const folder of (await listRuns(runsDir)).toReversed()) {
    const record = await readRecord(folder).catch((error: unknown) => unlessUserError(error));
    if (record?.configuration.competition === id) return competitionOfRun(record.configuration);
  }
  return found;
}

/** The page "Runs" reports records that cannot be read. */
function unlessUserError(error: unknown): null {
  if (error instanceof UserError) return null;
  throw error;
}

/**
 * SHA-256 of the files of the images. Answers are kept for the same digests.
 * @throws UserError if the images are missing; the dashboard does not create them
 */
export async function dataVersion(place: DataPlace): Promise<string[]> {
  const { id, dataDir } = place;
  const competition = await competitionOf(place);
  const digests: string[] = [];
  for (const role of ['train', 'test'] as const) {
    const search = await findRole(competition, role, dataDir);
    if (search.format) digests.push(`${role} ${await search.images.digest()}`);
    else if (role === 'train') {
      throw new UserError(
        `${displayPath(dataDirectory(competition, dataDir))}: expected the training images of ${id}, found none. ` +
          `See what is missing: ${commandLine('data', 'show', '--competition', id)}`,
      );
    }
  }
  return digests;
}

/** @throws UserError if the images are missing or damaged */
export async function dataLook(source: DataPlace, tell: (progress: Progress) => void) {
  const { id, dataDir } = source;
  const competition = await competitionOf(source);
  const { classes: names } = competition;
  const samples = Math.max(1, Math.min(SAMPLES, Math.floor(MOST_SAMPLES / names.length)));
  const onStep = (step: (typeof lookSteps)[number], share?: number): void =>
    tell({ step, done: lookSteps.indexOf(step), total: lookSteps.length, ...(share !== undefined && { share }) });
  const { train, test, classes, duplicates, notes } = await lookAtData(competition, { dataDir, samples, onStep });
  const rows = augmentedSamples(classes);
  const imagesOf = ({ of }: Place): Images => (of === 'train' ? train : test!);
  const shown = (place: Place): PicturedPair['first'] => ({
    ...place,
    label: place.of === 'train' ? names[train.labels[place.row]] : null,
    pixels: pictureOf(imagesOf(place), place.row),
  });
  const { exact, near } = duplicates;
  const pairs = [
    ...exact.map(([first, ...others]) => ({
      first,
      // Prefers a copy among the test images, since that is a leak.
      second: others.find(({ of }) => of === 'test') ?? others[0],
      similarity: 1,
      images: 1 + others.length,
    })),
    ...near.map(({ first, second, similarity }) => ({ first, second, similarity, images: 2 })),
  ];
  const kindOf = ({ second, similarity }: (typeof pairs)[number]): string => `${second.of} ${similarity === 1}`;
  const counts = new Map<string, number>();
  const isShown = (pair: (typeof pairs)[number]): boolean => {
    const before = counts.get(kindOf(pair)) ?? 0;
    counts.set(kindOf(pair), before + 1);
    return before < MOST_PAIRS;
  };
  return {
    id,
    title: competition.title,
    folder: displayPath(dataDirectory(competition, dataDir)),
    shape: train.shape,
    train: train.count,
    test: test?.count ?? 0,
    notes,
    classes: classes.map(({ name, count, mean, samples: own }) => ({
      name,
      count,
      mean: mean === null ? null : encoded(mean),
      samples: own.map((row) => ({ row, pixels: pictureOf(train, row) })),
    })),
    duplicates: {
      says: duplicateSentences(duplicates),
      count: pairs.length,
      pairs: pairs.filter(isShown).map(({ first, second, similarity, images }) => ({
        first: shown(first),
        second: shown(second),
        similarity,
        images,
      })),
    },
    augmentations: Object.entries(augmentations).map(([name, amounts]) => ({
      name,
      pixels: augmentedRows(train, rows, amounts).map(encoded),
    })),
  } satisfies DataAnswer;
}

/**
 * Suspected label errors.
 * @param folder folder of a run with out-of-fold predictions
 * @throws UserError if the run has none, or was trained on other images
 */
export async function labelErrors(folder: string, dataDir?: string): Promise<LabelErrorsAnswer> {
  const { record, competition, images, rows, probabilities } = await outOfFold(folder, { dataDir });
  const { classes } = competition;
  const { suspected } = findLabelErrors({ probabilities, labels: images.labels, classes });
  return {
    run: nameOfRun(record),
    shape: images.shape,
    images: images.count,
    count: suspected.length,
    suspected: suspected
      .slice(0, MOST_LABELS)
      .map(({ row, label, suggested, labelProbability, suggestedProbability }) => ({
        row: rows[row],
        labelProbability,
        suggestedProbability,
        label: classes[label],
        suggested: classes[suggested],
        pixels: pictureOf(images, row),
      })),
  };
}

const encoded = (pixels: Uint8Array): string => Buffer.from(pixels).toString('base64');

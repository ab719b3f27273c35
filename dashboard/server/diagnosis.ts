/** Mistakes of the networks of a run, and disagreements of two submissions, with their images. */
import { findCompetition, imageAt, type Images, loadTest, findSolution } from '../../data/index.ts';
import { UserError } from '../../base/user-error.ts';
import { calibrationOf } from '../../pipeline/index.ts';
import {
  compareSubmissions,
  classReports,
  confusionOf,
  mistakesOf,
  type LeaderboardRow,
  readLeaderboard,
  outOfFold,
} from '../../submissions/index.ts';
import { type EntryKey, entryKey } from '../../records/index.ts';
import type { AgreementAnswer, DiagnosisAnswer } from '../api.ts';

/** Most pictures of an answer. More would make the page slow. */
const MOST_PICTURES = 500;

/** @param folder of the run @throws UserError if its images or weights are missing or not those of the run */
export async function diagnose(folder: string, dataDir?: string): Promise<DiagnosisAnswer> {
  const found = await outOfFold(folder, { dataDir });
  const { competition, images, rows, ids, probabilities } = found;
  const { classes } = competition;
  const predictions = { probabilities, labels: images.labels, classes };
  const mistakes = mistakesOf(predictions);
  return {
    images: images.count,
    confusion: confusionOf(predictions),
    calibration: calibrationOf(probabilities, images.labels, classes.length),
    classes: await classReports(found, { dataDir }),
    mistakes: mistakes.slice(0, MOST_PICTURES).map(({ row, label, predicted, confidence }) => ({
      row: rows[row],
      id: ids[row],
      label: classes[label],
      predicted: classes[predicted],
      confidence,
      pixels: pictureOf(images, row),
    })),
    mistakeCount: mistakes.length,
    shape: images.shape,
  };
}

/**
 * @param competitionId of both
 * @param digests of two submissions on the leaderboard
 * @throws UserError if one of them does not exist, or if they cannot be compared
 */
export async function agreementOf(
  runsDir: string,
  competitionId: string,
  digests: readonly [string, string],
  dataDir?: string,
): Promise<AgreementAnswer> {
  const { rows: submissions } = await readLeaderboard(runsDir);
  const [one, other] = digests.map((sha256) => rowOf(submissions, { competition: competitionId, sha256 }));
  const competition = findCompetition(competitionId);
  const solution = (await findSolution(competition, { dataDir })) ?? undefined;
  const agreement = await compareSubmissions(competition, [one.submission, other.submission], solution);
  const { n, equal, share, differing, scores, difference, sentence } = agreement;
  // Submissions can be compared without their images.
  const test = await loadTest(competition, { dataDir }).catch(() => null);
  const shown = differing.slice(0, MOST_PICTURES);
  const rows = new Map(test?.ids.map((id, row) => [id, row]));
  return {
    n,
    equal,
    share,
    differing: shown.map(({ id, first, second }) => {
      const row = rows.get(id);
      return {
        id,
        first: competition.classes[first],
        second: competition.classes[second],
        pixels: test !== null && row !== undefined ? pictureOf(test.images, row) : null,
      };
    }),
    differingCount: differing.length,
    scores,
    difference,
    sentence,
    shape: test?.images.shape ?? null,
  };
}

function rowOf(rows: readonly LeaderboardRow[], key: EntryKey): LeaderboardRow {
  const row = rows.find((candidate) => entryKey(candidate) === entryKey(key) && candidate.isThere);
  if (row !== undefined) return row;
  throw new UserError(
    'Expected two submissions whose files are still there, got one that was replaced. Choose others.',
  );
}

/** The pixels of an image in base 64. */
export function pictureOf(images: Images, row: number): string {
  return Buffer.from(imageAt(images, row)).toString('base64');
}

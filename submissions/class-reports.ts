/** The classes of a run: out of fold, and on the test images whose answers are known. */
import { type Competition, loadTest } from '../data/index.ts';
import { sha256 } from '../base/sha256.ts';
import { isMissing } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';
import { nameOfRun, type RunRecord } from '../records/index.ts';
import { type ClassReport, classReportOf } from './class-report.ts';
import { confusionOf, confusionOfLabels } from './diagnosis.ts';
import type { OutOfFold, RunImages } from './out-of-fold.ts';
import { loadAnswers } from './score.ts';
import { parseSubmission, type Submission } from './submission.ts';
import { readSubmissionBytes } from './submission-bytes.ts';

export interface ClassReports {
  readonly outOfFold: ClassReport;
  /** Null where no answers are known, or the submission of the run is not there any more. */
  readonly test: ClassReport | null;
  /** Why test images that are there could not be looked at. */
  readonly problem: string | null;
}

/**
 * @param options.solutionFile answers to the test images. Default: the competition's own, where it has any
 * @throws UserError if the answers that were named cannot be read, or are not those of the submission
 */
export async function classReports(
  { record, competition, images, probabilities }: OutOfFold,
  options: RunImages & { solutionFile?: string } = {},
): Promise<ClassReports> {
  const { classes } = competition;
  const report = classReportOf(confusionOf({ probabilities, labels: images.labels, classes }));
  try {
    return { outOfFold: report, test: await testReport(record, competition, options), problem: null };
  } catch (error) {
    // Answers that somebody named are not passed over.
    if (!(error instanceof UserError) || options.solutionFile !== undefined) throw error;
    return { outOfFold: report, test: null, problem: error.message };
  }
}

/** From the submission, which says what the test images were taken for. */
async function testReport(
  record: RunRecord,
  competition: Competition,
  options: RunImages & { solutionFile?: string },
): Promise<ClassReport | null> {
  const { dataDir, loaded } = options;
  const submission = await submissionOf(record, competition);
  if (submission === null || submission.ids.length === 0) return null;
  const test = await (loaded ? loaded.test() : loadTest(competition, { dataDir }));
  const answers = await loadAnswers(competition, test, options);
  if (answers === null) return null;
  const labelOf = new Map(submission.ids.map((id, i) => [id, submission.labels[i]]));
  const predicted = Array.from(answers.rows, (row) => {
    const label = labelOf.get(test.ids[row]);
    if (label !== undefined) return label;
    throw new UserError(
      `${nameOfRun(record)}: expected the test images of its submission, found another one, ${test.ids[row]}. ` +
        'Name the folder that it was made with by --data-dir.',
    );
  });
  return classReportOf(confusionOfLabels(predicted, answers.labels, competition.classes));
}

/** The submission of a run; null if it is gone, or others are in its place. */
async function submissionOf({ submission }: RunRecord, competition: Competition): Promise<Submission | null> {
  try {
    const { name, csv } = await readSubmissionBytes(submission.file);
    return sha256(csv) === submission.sha256 ? parseSubmission(name, csv.toString(), competition) : null;
  } catch (error) {
    if (error instanceof UserError && isMissing(error.cause)) return null;
    throw error;
  }
}

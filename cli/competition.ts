/** Finds the competition that is meant, and its training images. */
import { displayPath } from '../base/paths.ts';
import { type Competition, digitRecognizer, syntheticDigits, dataDirectory, hasFiles } from '../data/index.ts';
import type { Progress } from './progress.ts';

/** The named competition, else the one whose files are there, else the built-in one; says which and why. */
export async function chooseCompetition(
  { competition, dataDir }: { competition: Competition | undefined; dataDir: string | undefined },
  progress: Progress,
): Promise<Competition> {
  if (competition) return competition;
  // Nothing is generated into a folder that a person named without asking for it.
  if (dataDir !== undefined) {
    progress.note(`Data: ${digitRecognizer.id}, the default for --data-dir.`);
    return digitRecognizer;
  }
  const folder = displayPath(dataDirectory(digitRecognizer));
  if (await hasFiles(digitRecognizer)) {
    progress.note(`Data: ${digitRecognizer.id}, because its files lie in ${folder}.`);
    return digitRecognizer;
  }
  progress.note(`Data: ${syntheticDigits.id} (built in), because there are no Digit Recognizer files in ${folder}.`);
  return syntheticDigits;
}

/** Tells a person who waits that files are being made. */
export async function announceGeneration(
  competition: Competition,
  dataDir: string | undefined,
  progress: Progress,
): Promise<void> {
  if (!competition.generate || (await hasFiles(competition, dataDir))) return;
  progress.note(
    `Drawing the images of ${competition.id} into ${displayPath(dataDirectory(competition, dataDir))}, once.`,
  );
}

/** Which description fits files, for a person whose own does not. */

import { commandLine } from '../base/command-line.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import type { Competition } from './competition.ts';
import { competitions } from './competitions/index.ts';
import { competitionOf } from './described.ts';
import { descriptionSchema, type WrittenDescription } from './description.ts';
import { dataDirectory } from './directory.ts';
import type { Watch } from './format.ts';
import { loadTest, loadTrain } from './load.ts';
import { propose } from './propose/index.ts';
import { recognise } from './recognise.ts';

/**
 * Reads all images as a proposed description says.
 * @throws UserError if it does not hold, or they cannot be read so
 */
export async function readAsProposed(
  dataDir: string,
  description: WrittenDescription,
  { images = {}, ...watch }: Watch & Pick<WrittenDescription, 'images'> = {},
): Promise<void> {
  const whole = descriptionSchema.parse({ ...description, images: { ...description.images, ...images } });
  const competition = competitionOf(whole, dataDir);
  await loadTrain(competition, watch);
  await loadTest(competition, watch);
}

/** The competition whose files these are, in a sentence; null if of none, or of this one. */
export async function otherFiles(competition: Competition, dataDir: string | undefined): Promise<string | null> {
  const other = await recognise(dataDirectory(competition, dataDir));
  return other === null || other.id === competition.id || competition.generate
    ? null
    : `These look like the files of ${other.title}: --competition ${other.id}.`;
}

/** What the files are, where they are not what the competition says: a sentence, or null where nothing is known. */
export async function whatFits(
  competition: Competition,
  { dataDir, ...watch }: Watch & { readonly dataDir?: string },
): Promise<string | null> {
  if (competition.generate) return null;
  const directory = dataDirectory(competition, dataDir);
  try {
    const known = await otherFiles(competition, dataDir);
    if (known !== null) return known;
    const { description, understood } = await propose(
      directory,
      competitions.map(({ id }) => id),
    );
    if (!description) return null;
    await readAsProposed(directory, description, watch);
    const words = competition.description === undefined ? [] : ['--force'];
    return (
      `Another description fits the files (${understood.map((sentence) => sentence.replace(/\.$/, '')).join('; ')}): ` +
      `"${commandLine('data', '--data-dir', displayPath(directory), ...words)}" writes it.`
    );
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** Finds the competition that is meant, and its training images. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../base/command-line.ts';
import { writeAtomically } from '../base/output-files.ts';
import { displayPath } from '../base/paths.ts';
import { codeOf } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';
import {
  brokenSentences,
  type Competition,
  competitions,
  dataDirectory,
  describe,
  describedIn,
  DESCRIPTION_FILE,
  digitRecognizer,
  foldNotes,
  hasFiles,
  type LabelledImages,
  propose,
  type Proposal,
  readAsProposed,
  recognise,
  syntheticDigits,
  type TestImages,
} from '../data/index.ts';
import { canAsk, confirm } from './confirm.ts';
import type { Session } from './command.ts';
import type { Progress } from './progress.ts';
import { watchReading } from './reading.ts';

interface Choice {
  readonly competition: Competition | undefined;
  readonly dataDir: string | undefined;
  readonly skipBroken?: boolean;
}

/** What becomes of a folder that nothing describes: its proposal is written, or a person is asked first. */
export type Undescribed = 'write' | 'ask';

/**
 * The named competition, else the one that a folder describes, else the one whose files are there, else the built-in
 * one; says which and why.
 * @param undescribed absent for commands that do not read the images: they take it for the usual competition
 * @throws UserError if a folder is neither described nor understood, or its description does not hold
 */
export async function chooseCompetition(
  choice: Choice,
  session: Pick<Session, 'progress' | 'signal'>,
  undescribed?: Undescribed,
): Promise<Competition> {
  const competition = await choose(choice, session, undescribed);
  return choice.skipBroken && competition.description !== undefined
    ? describe(competition.description, { skipBroken: true })
    : competition;
}

async function choose(
  { competition, dataDir, skipBroken = false }: Choice,
  { progress, signal }: Pick<Session, 'progress' | 'signal'>,
  undescribed?: Undescribed,
): Promise<Competition> {
  if (competition) return competition;
  if (dataDir !== undefined) {
    // Nothing is generated into a folder that a person named without asking for it.
    return (await chooseFolder(dataDir, skipBroken, { progress, signal }, undescribed)) ?? usual(progress);
  }
  const folder = displayPath(dataDirectory(digitRecognizer));
  if (await hasFiles(digitRecognizer)) {
    progress.note(`Data: ${digitRecognizer.id}, because its files lie in ${folder}.`);
    return digitRecognizer;
  }
  progress.note(`Data: ${syntheticDigits.id} (built in), because there are no Digit Recognizer files in ${folder}.`);
  return syntheticDigits;
}

function usual(progress: Progress): Competition {
  progress.note(`Data: ${digitRecognizer.id}, the default for --data-dir.`);
  return digitRecognizer;
}

/** @returns null for a folder that nothing describes, where no proposal is asked for */
async function chooseFolder(
  dataDir: string,
  skipBroken: boolean,
  session: Pick<Session, 'progress' | 'signal'>,
  undescribed: Undescribed | undefined,
): Promise<Competition | null> {
  const { progress } = session;
  const described = describedIn(dataDir);
  if (described) {
    progress.note(`Data: ${described.id}, which ${displayPath(join(dataDir, DESCRIPTION_FILE))} describes.`);
    return described;
  }
  const known = await recognise(dataDir);
  if (known) {
    progress.note(`Data: ${known.id}, whose files lie in ${displayPath(dataDir)}.`);
    return known;
  }
  if (undescribed === undefined) return null;
  const proposal = await proposalFor(dataDir);
  if (proposal.isEmpty) {
    const found = existsSync(dataDir) ? 'found an empty one' : 'found none of that name';
    throw new UserError(`${displayPath(dataDir)}: expected a folder with images, ${found}. Put the files there.`);
  }
  const { description, unclear } = proposal;
  // What keeps all of it from being understood is the error.
  tellProposal(dataDir, description ? proposal : { ...proposal, unclear: unclear.slice(1) }, progress);
  if (!description) {
    throw new UserError(
      `${displayPath(dataDir)}: expected images with labels, as tables, arrays or image files. ` +
        `${unclear[0] ?? 'Nothing of the kind was found.'} ` +
        `Mend that, describe the data in ${join(displayPath(dataDir), DESCRIPTION_FILE)}, or name the competition with --competition.`,
    );
  }
  if (
    undescribed === 'ask' &&
    canAsk() &&
    !(await confirm('Is that right, and shall it be trained so?', session.signal))
  ) {
    throw new UserError(
      `Nothing was written. Let "${commandLine('data', '--data-dir', dataDir)}" write it, and correct it.`,
    );
  }
  // Files that are broken, or read otherwise than they are meant, are told before anything is written.
  const reading = { images: { skipBroken }, ...watchReading(session) };
  await readAsProposed(dataDir, description, reading).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    const all = commandLine('data', '--data-dir', dataDir, '--force');
    throw new UserError(`${error.message} Nothing was written; "${all}" writes what was understood all the same.`, {
      cause: error,
    });
  });
  const file = await writeProposal(dataDir, proposal, progress);
  if (undescribed === 'ask' && !canAsk()) {
    throw new UserError(
      `${displayPath(dataDir)} had no description: ${displayPath(file)} now has a proposal. Look at it, then type the same command again.`,
    );
  }
  progress.note(`Written: ${displayPath(file)}. Correct it where it is wrong.`);
  return describe(file);
}

const proposalFor = (dataDir: string): Promise<Proposal> =>
  propose(
    dataDir,
    competitions.map(({ id }) => id),
  );

function tellProposal(dataDir: string, { understood, unclear }: Proposal, progress: Progress): void {
  if (understood.length + unclear.length === 0) return;
  progress.note(`What lies in ${displayPath(dataDir)}:`);
  for (const sentence of understood) progress.note(`  ${sentence}`);
  for (const sentence of unclear) progress.note(`  ? ${sentence}`);
}

/**
 * @returns the path of what was written
 * @throws UserError if the folder cannot be written; the proposal is shown then
 */
async function writeProposal(dataDir: string, { description }: Proposal, progress: Progress): Promise<string> {
  const file = join(dataDir, DESCRIPTION_FILE);
  const json = JSON.stringify(description, null, 2);
  await writeAtomically(file, `${json}\n`).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    progress.note(json);
    throw new UserError(
      `${displayPath(file)}: cannot be written (${codeOf(error.cause)}). ` +
        `Save the lines above as a ${DESCRIPTION_FILE} elsewhere, and give its path after --competition beside --data-dir; or make room, or fix the permissions of the folder.`,
      { cause: error },
    );
  });
  return file;
}

/**
 * Proposes a new description, which replaces the old one.
 * @throws UserError if nothing is understood; the old description stays then
 */
export async function proposeAgain(dataDir: string, progress: Progress): Promise<void> {
  const proposal = await proposalFor(dataDir);
  if (!proposal.description) return;
  tellProposal(dataDir, proposal, progress);
  const file = await writeProposal(dataDir, proposal, progress);
  progress.note(`Written: ${displayPath(file)}. Correct it where it is wrong.`);
}

/** What a person should know of the images before they are trained on. @param test null if it is not predicted */
export const imageNotes = (
  images: LabelledImages,
  folds: number,
  { classes }: Competition,
  test: TestImages | null = null,
): string[] => [...brokenSentences(images, test), ...foldNotes(images, folds, classes)];

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

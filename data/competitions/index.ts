/** Every competition that the program knows by name: a new one is a description beside this file and a line in the list. */

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readJsonSync } from '../../base/json.ts';
import { makeFolder } from '../../base/make-folder.ts';
import { writeAtomically } from '../../base/output-files.ts';
import { displayPath } from '../../base/paths.ts';
import { quoted } from '../../base/printable.ts';
import { unknownName } from '../../base/own-value.ts';
import { UserError } from '../../base/user-error.ts';
import { validate } from '../../base/validate.ts';
import type { Competition } from '../competition.ts';
import { competitionOf, readDescription } from '../described.ts';
import { keptFolder, keptIds } from '../directory.ts';
import { type Description, DESCRIPTION_FILE, descriptionSchema } from '../description.ts';
import cifar10Kaggle from './cifar-10-kaggle.json' with { type: 'json' };
import cifar100 from './cifar-100.json' with { type: 'json' };
import cifar10 from './cifar-10.json' with { type: 'json' };
import digits from './digit-recognizer.json' with { type: 'json' };
import fashionMnist from './fashion-mnist.json' with { type: 'json' };
import mnist from './mnist.json' with { type: 'json' };
import drawn from './synthetic-digits.json' with { type: 'json' };

/** As they are written, in alphabetical order. */
export const descriptions = [cifar10, cifar10Kaggle, cifar100, digits, fashionMnist, mnist, drawn].map((description) =>
  validate(descriptionSchema, description, `the description of ${description.id}`),
);

export const competitions: readonly Competition[] = descriptions.map((description) => competitionOf(description));

/** Those that were read from descriptions of their own, by their ids. */
const described = new Map<string, Competition>();

/** Those that the program works with when nobody names one. */
export const digitRecognizer = findCompetition('digit-recognizer');
export const syntheticDigits = findCompetition('synthetic-digits');

/**
 * The competition of that id, or the one that a file describes.
 * @param name id, or path of a description, whose folder then holds the data
 * @throws UserError if no competition has that id, or the description is wrong
 */
export function findCompetition(name: string): Competition {
  const found = competitions.find((competition) => competition.id === name) ?? described.get(name);
  if (found) return found;
  if (/\.json$|[/\\]/i.test(name)) return describe(name);
  const path = keptPath(name) ?? rememberedPath(name);
  if (path !== null) return describe(path);
  throw new UserError(unknownName('competition', name, knownIds()));
}

/** Ids of the competitions that can be named: those of the program, then those that a folder or a note describes. */
export function knownIds(): string[] {
  const folders = namesIn(DATA_FOLDER);
  const notes = namesIn(REMEMBERED).map((name) => name.replace(/\.json$/, ''));
  const own = [...new Set([...folders, ...notes, ...keptIds()])].filter(isDescribed);
  const ids = competitions.map(({ id }) => id);
  return [...ids, ...own.filter((id) => !ids.includes(id)).toSorted()];
}

function isDescribed(id: string): boolean {
  try {
    return existsSync(keptPath(id) ?? rememberedPath(id) ?? '');
  } catch {
    // A damaged note says nothing.
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The description in the folder that a person keeps for the competition of that id; null if there is none. */
function keptPath(id: string): string | null {
  const folder = keptFolder(id);
  const path = folder === undefined ? null : join(folder, DESCRIPTION_FILE);
  return path !== null && existsSync(path) && idIn(path) === id ? path : null;
}

const REMEMBERED = 'runs/competitions';
const DATA_FOLDER = 'data/raw';

/**
 * Where the description of that id is: as a search or a submission has noted it, or in the folder of that name.
 * @returns null if it is nowhere
 */
function rememberedPath(id: string): string | null {
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(id)) return null;
  const note = join(REMEMBERED, `${id}.json`);
  if (existsSync(note)) return readJsonSync(note, noteSchema).description;
  const usual = join(DATA_FOLDER, id, DESCRIPTION_FILE);
  return existsSync(usual) ? usual : null;
}

const noteSchema = z.strictObject({ description: z.string() });

/**
 * Notes where a description lies, so that later commands find the competition of a run by its id.
 * @throws UserError if another description has the id
 */
export async function remember(competition: Competition): Promise<void> {
  if (competition.description === undefined) return;
  expectOwnId(competition.id, competition.description);
  const note = `${JSON.stringify({ description: competition.description }, null, 2)}\n`;
  try {
    await makeFolder(REMEMBERED);
    await writeAtomically(join(REMEMBERED, `${competition.id}.json`), note);
  } catch {
    // Where nobody may write, runs go elsewhere too; commands that need the competition then want its description.
  }
}

/** Runs are ranked by the id of their competition, so that two competitions must not have the same. */
function expectOwnId(id: string, description: string): void {
  const other = rememberedPath(id);
  if (other === null || !existsSync(other) || resolve(other) === resolve(description)) return;
  if (idIn(other) !== id) return;
  throw new UserError(
    `Expected \`id\` in ${displayPath(description)} to be another one, got ${quoted(id)}, which ` +
      `${displayPath(other)} has too. Rename one of them: their runs would be ranked together.`,
  );
}

/** @returns null for a description that cannot be read any more */
function idIn(path: string): string | null {
  try {
    return readDescription(path).id;
  } catch {
    return null;
  }
}

/**
 * The competition of a run, with the images that it was trained on.
 * @param skipBroken whether those that cannot be read were left out
 * @throws UserError as `findCompetition`
 */
export function competitionOfRun({ competition, skipBroken }: { competition: string; skipBroken?: true }): Competition {
  const found = findCompetition(competition);
  return skipBroken && found.description !== undefined ? readDescription(found.description, { skipBroken }) : found;
}

/**
 * Reads a description, and knows the competition by its id from then on.
 * @param path of a file
 * @param changed what `images` of the description says otherwise
 * @throws UserError if it does not hold, or has the id of a competition that the program knows
 */
export function describe(path: string, changed: Partial<Description['images']> = {}): Competition {
  const competition = readDescription(path, changed);
  if (competitions.some(({ id }) => id === competition.id)) {
    throw new UserError(
      `Expected \`id\` in ${displayPath(path)} to be another one, got ${quoted(competition.id)}, which the program has itself. Rename it.`,
    );
  }
  described.set(competition.id, competition);
  return competition;
}

/**
 * Where the files of a submit lie: in a folder of its own under the output folder, so that no submit overwrites another.
 * `latest` beside these folders has a copy of the newest one's files. (A link would need a permission on Windows, and
 * would point nowhere once its folder is deleted.)
 */
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Claim, claimFolder, isFree, isInUse, OWNER_FILE } from '../base/claim.ts';
import { readOrdinary } from '../base/ordinary-file.ts';
import { type OwnFile, prepareFolder, withTurn, writeTogether } from '../base/output-files.ts';
import { displayPath } from '../base/paths.ts';
import { readEach, type Unreadable } from '../base/read-each.ts';
import { codeOf } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';
import {
  COMPARISON_JSON,
  COMPARISON_MARKDOWN,
  LARGEST_SUBMISSION_BYTES,
  readComparison,
  type SubmitResult,
  writtenFiles,
} from '../records/index.ts';
import { sha256 } from '../base/sha256.ts';

export const LATEST = 'latest';

/** The folder of a submit, which no other process takes until it is released. */
export interface SubmitFolder extends Claim {
  readonly name: string;
}

/**
 * Makes the folder of a submit before anything is trained, so that no other submit takes its name.
 * @param wanted name that a person gave. Default: the time and the methods
 * @throws UserError if the wanted name is taken or the folder cannot be made
 */
export async function reserveFolder(
  outDir: string,
  { wanted, startedAt, methods }: { wanted: string | undefined; startedAt: Date; methods: readonly string[] },
): Promise<SubmitFolder> {
  const usual = `${startedAt.toISOString().replace(/[-:]|\.\d+/g, '')}-${methods.join('-')}`;
  await prepareFolder(outDir);
  for (let attempt = 1; ; attempt += 1) {
    const name = wanted ?? (attempt === 1 ? usual : `${usual}-${attempt}`);
    await removeUnfinished(outDir, name);
    const claim = await claimFolder(join(outDir, name)).catch((cause: unknown) => {
      throw new UserError(
        `${displayPath(join(outDir, name))}: cannot be made (${codeOf(cause)}). Name another folder.`,
        { cause },
      );
    });
    if (claim) return { ...claim, name };
    if (wanted !== undefined) throw await takenName(outDir, wanted);
  }
}

/** What a killed submit may have left in its folder; a person may have put other files there. */
const LEFTOVER = /^(owner\.json|\.writing|\..*\.tmp|.*\.csv|comparison\.md)$/;

/** Whether a submit was killed before all of its files were there: the comparison is the last of them. */
export async function isUnfinished(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  const isLeft = names.includes(OWNER_FILE) && names.every((name) => LEFTOVER.test(name));
  return isLeft && !(await isInUse(folder));
}

async function removeUnfinished(outDir: string, name: string): Promise<void> {
  const folder = join(outDir, name);
  if (!(await isUnfinished(folder))) return;
  await withTurn(outDir, async () => {
    if (await isUnfinished(folder)) await rm(folder, { recursive: true, force: true });
  });
}

/** @throws UserError if a submit has this name already */
export async function expectFreeName(outDir: string, name: string): Promise<void> {
  const folder = join(outDir, name);
  if (!(await isFree(folder)) && !(await isUnfinished(folder))) throw await takenName(outDir, name);
}

async function takenName(outDir: string, name: string): Promise<UserError> {
  const folder = join(outDir, name);
  const by = (await isInUse(folder)) ? 'a submit that runs now has' : 'is taken';
  return new UserError(
    `${displayPath(folder)}: expected a name that no submit has, got one that ${by}. ` +
      'Choose another --name: no submit overwrites another.',
  );
}

/**
 * Puts a copy of the files in place of those of the submit before. Files that somebody changed or put there stay.
 * @throws UserError if something else has the name of one of them, or they cannot be written
 */
export async function writeLatest(outDir: string, files: readonly OwnFile[]): Promise<void> {
  const folder = join(outDir, LATEST);
  const earlier = await readComparison(folder).catch(() => null);
  await writeTogether(folder, files);
  const kept = new Set(files.map(({ name }) => name));
  for (const { file: path, sha256: digest } of Object.values(earlier?.methods ?? {}).flatMap(writtenFiles)) {
    const name = basename(path);
    const file = join(folder, name);
    if (kept.has(name)) continue;
    const found = await readOrdinary(file, LARGEST_SUBMISSION_BYTES).then(sha256, () => null);
    if (found === digest) await rm(file, { force: true });
  }
}

/** A folder that was copied or renamed holds the name of another: then its own name and paths count. */
function named(folder: string, isOutDir: boolean, found: SubmitResult): SubmitResult {
  const name = basename(folder);
  return isOutDir || found.name === name ? found : placedIn(folder, { ...found, name });
}

/** The result with the paths that its files have in the folder. */
export function placedIn<Result extends Pick<SubmitResult, 'methods'>>(
  folder: string,
  result: Result,
): Result & Pick<SubmitResult, 'files'> {
  const place = <T extends { readonly file: string }>(table: T): T => ({
    ...table,
    file: join(folder, basename(table.file)),
  });
  const methods = Object.entries(result.methods).map(([id, method]) => {
    const { probabilities, submission } = method;
    const tables = probabilities && {
      probabilities: {
        test: probabilities.test && place(probabilities.test),
        outOfFold: place(probabilities.outOfFold),
      },
    };
    return [id, { ...method, submission: join(folder, basename(submission)), ...tables }];
  });
  const files = { json: join(folder, COMPARISON_JSON), markdown: join(folder, COMPARISON_MARKDOWN) };
  return { ...result, methods: Object.fromEntries(methods), files };
}

export interface Submits extends Unreadable {
  /** The newest first. */
  readonly submits: readonly SubmitResult[];
}

/**
 * All submits under an output folder, those of earlier versions included, which wrote into the folder itself.
 * @throws UserError if there is none that can be read
 */
export async function readSubmits(outDir: string): Promise<Submits> {
  const found = await findSubmits(outDir);
  if (found.submits.length > 0) return found;
  // Says what is missing, or what is wrong with the only one.
  if (found.unreadable.length > 0) throw new UserError(found.unreadable[0]);
  await readComparison(outDir);
  return found;
}

/** The same, where there may be none. */
export async function findSubmits(outDir: string): Promise<Submits> {
  const entries = await readdir(outDir, { withFileTypes: true }).catch(() => []);
  const folders = entries
    .filter((entry) => entry.isDirectory() && entry.name !== LATEST)
    .map(({ name }) => join(outDir, name));
  if (entries.some(({ name }) => name === COMPARISON_JSON)) folders.push(outDir);
  const { found, unreadable } = await readEach(folders, async (folder): Promise<SubmitResult | null> => {
    const names = await readdir(folder).catch((): string[] => []);
    if (!names.includes(COMPARISON_JSON)) return null;
    return named(folder, folder === outDir, await readComparison(folder));
  });
  const submits = found.filter((submit) => submit !== null);
  return {
    submits: submits.toSorted((a, b) => (b.startedAt ?? '').localeCompare(a.startedAt ?? '')),
    unreadable,
  };
}

/**
 * Options that a folder keeps, so that they are typed once: `.wide-optima.json` in the working directory, or the field
 * `wide-optima` of its package.json. What is typed wins.
 */
import { z } from 'zod';
import { readJsonIfThere } from '../base/json.ts';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { validate } from '../base/validate.ts';
import { competitionIn, keepFolders, type Competition } from '../data/index.ts';
import type { Options } from './option.ts';
import { anyCompetition, shared, type SharedValues } from './options.ts';
import { wordWithoutPassword } from './passwords.ts';

export const SETTINGS_FILE = '.wide-optima.json';
const PACKAGE_FILE = 'package.json';
export const PACKAGE_FIELD = 'wide-optima';

/** The options that can be kept, as they are typed, with the names of their values. */
const keepable = {
  competition: 'competition',
  'data-dir': 'dataDir',
  model: 'model',
  method: 'method',
  trials: 'trials',
  epochs: 'epochs',
  folds: 'folds',
  workers: 'workers',
  sampler: 'sampler',
  pruner: 'pruner',
  engine: 'engine',
  seed: 'seed',
  storage: 'storage',
} as const satisfies Readonly<Record<string, keyof SharedValues>>;
type Kept = (typeof keepable)[keyof typeof keepable];

const definitions: Options = shared(...Object.values(keepable));

const value = z.union([z.string().min(1), z.number()], { error: () => 'a text or a number' });

/** What the file may hold; each value is then checked as if it were typed. */
export const settingsSchema = z
  .strictObject({
    $schema: z.string().optional(),
    ...(Object.fromEntries(
      Object.entries(keepable).map(([flag, name]) => [
        flag,
        value.optional().describe(`${definitions[name].description}, as after --${flag}`),
      ]),
    ) as Record<keyof typeof keepable, z.ZodOptional<typeof value>>),
  })
  .describe('Options of wide-optima for the commands that are typed in this folder.');
type Settings = z.infer<typeof settingsSchema>;

export interface KeptOption {
  readonly value: unknown;
  /** As a person would type it, without a password. */
  readonly text: string;
}

export interface KeptOptions {
  /** Where they are kept, in words. */
  readonly place: string;
  readonly options: ReadonlyMap<Kept, KeptOption>;
}

/**
 * @returns null if nothing is kept
 * @throws UserError naming the key that does not hold, or both places if there are two
 */
export async function readKeptOptions(): Promise<KeptOptions | null> {
  const own = await readJsonIfThere(SETTINGS_FILE, settingsSchema, { what: 'settings of wide-optima' });
  const inPackage = await readJsonIfThere(PACKAGE_FILE, z.looseObject({ [PACKAGE_FIELD]: z.unknown().optional() }));
  const field = inPackage?.[PACKAGE_FIELD];
  if (field === undefined) return own && parsed(own, SETTINGS_FILE);
  const place = `"${PACKAGE_FIELD}" of ${PACKAGE_FILE}`;
  if (own !== null) {
    throw new UserError(`Expected settings in ${SETTINGS_FILE} or in ${place}, found both. Keep one of them.`);
  }
  return parsed(validate(settingsSchema, field, place), place);
}

function parsed(settings: Settings, place: string): KeptOptions {
  const options = new Map<Kept, KeptOption>();
  for (const [flag, name] of Object.entries(keepable)) {
    const given = settings[flag as keyof typeof keepable];
    if (given === undefined) continue;
    const text = String(given);
    options.set(name, { value: parse(name, text, `\`${flag}\` in ${place}`), text: wordWithoutPassword(text) });
  }
  return { place, options };
}

/** Not all parsers name the option that they are given. */
function parse(name: Kept, text: string, flag: string): unknown {
  try {
    return definitions[name].parse(text, flag);
  } catch (error) {
    if (!(error instanceof Error) || error.message.includes(flag)) throw error;
    throw new UserError(`${flag}: ${error.message}`, { cause: error });
  }
}

/** What a command takes of them. A list of all competitions stays one. */
const keptFor = (kept: KeptOptions | null, name: string, definition: Options[string]): KeptOption | undefined =>
  definition === anyCompetition ? undefined : kept?.options.get(name as Kept);

/** What stands in place of an option's own default; the folder is no value, since it holds for one competition. */
export function keptDefault(
  kept: KeptOptions | null,
  name: string,
  definition: Options[string],
): { readonly value: unknown; readonly shown: string } | undefined {
  const found = keptFor(kept, name, definition);
  if (kept === null || found === undefined) return undefined;
  const shown = `${printable(found.text)}, from ${kept.place}`;
  return { value: name === 'dataDir' ? undefined : found.value, shown };
}

/**
 * The values of a command with what is kept. The folder becomes the usual one of the competition whose files it has, so
 * that it holds for that one alone, also in commands that take the competition from a run or a study.
 * @param values in which kept options are the defaults, except for the folder
 * @param isTyped whether the value was given on the command line
 * @returns the values, and a note about what was used; null if nothing was
 */
export async function withKept<T extends object>(
  kept: KeptOptions | null,
  options: Options,
  values: T,
  isTyped: (name: string) => boolean,
): Promise<{ readonly values: T; readonly note: string | null }> {
  keepFolders({});
  if (kept === null) return { values, note: null };
  const { competition, dataDir: typedFolder } = values as Partial<SharedValues>;
  const found: Partial<Record<Kept, unknown>> = {};
  const left = new Set<Kept>();
  const folder = kept.options.get('dataDir')?.value as string | undefined;
  const own = kept.options.get('competition')?.value as Competition | undefined;
  const takesCompetition = 'competition' in options && options.competition !== anyCompetition;
  const meant = folder === undefined ? null : (own ?? (await competitionIn(folder)));
  if (folder !== undefined) {
    if (meant) keepFolders({ [meant.id]: folder });
    if (meant && takesCompetition && !isTyped('competition')) found.competition = meant;
    if (!meant && takesCompetition && competition === undefined && typedFolder === undefined) found.dataDir = folder;
    if (isTyped('competition') && competition?.id !== meant?.id) left.add('dataDir');
  }
  // A folder that says itself what it has is not taken for another competition.
  if (takesCompetition && isTyped('dataDir') && !isTyped('competition') && (await competitionIn(typedFolder!))) {
    found.competition = undefined;
    left.add('competition');
  }
  const used = [...kept.options].filter(
    ([name]) => name in options && keptFor(kept, name, options[name]) && !isTyped(name) && !left.has(name),
  );
  // The competition of the command may be another one, which is known only later.
  const ofFolder = meant && !takesCompetition ? ` for ${meant.id}` : '';
  const words = used.map(
    ([name, { text }]) =>
      `${definitions[name].flags.split(' ')[0]} ${printable(text)}${name === 'dataDir' ? ofFolder : ''}`,
  );
  return {
    values: { ...values, ...found },
    note: words.length === 0 ? null : `From ${kept.place}: ${words.join(', ')}.`,
  };
}

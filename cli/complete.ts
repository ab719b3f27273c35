/** What can follow the words of an unfinished command line: for the completion of shells. */
import { ownValue } from '../base/own-value.ts';
import { printable } from '../base/printable.ts';
import { competitions } from '../data/index.ts';
import { experiments } from '../experiments/index.ts';
import { formatNames, modelNames } from '../models/index.ts';
import { methodNames } from '../pipeline/index.ts';
import { listRuns } from '../records/index.ts';
import { parseLocation, storageExists } from '../search/index.ts';
import type { Command, CommandGroup } from './command.ts';
import { longFlag, type Options } from './option.ts';
import { shared } from './options.ts';
import { RUNS_DIRECTORY } from './places.ts';
import { readKeptOptions } from './settings.ts';
import { namedResults } from './experiments.ts';
import { shortName } from './runs.ts';
import { shellNames } from './shells.ts';
import { findNames, withStorage } from './studies.ts';
import { foldersOfSubmits } from './submits.ts';

export interface Candidate {
  /** The whole word; `:files` or `:folders` leave it to the shell. */
  readonly word: string;
  /** One line; may be empty. */
  readonly about: string;
}

/** Most names of runs: more are of no use in a list. */
const MOST_RUNS = 50;

/** @param words what follows the program's name; the last one, which may be empty, is completed */
export async function complete(
  commands: readonly (Command | CommandGroup)[],
  words: readonly string[],
): Promise<Candidate[]> {
  const typed = joined(words);
  const current = typed.at(-1) ?? '';
  const before = typed.slice(0, -1);
  const { command, choices, given } = commandOf(commands, before);
  if (command === null) {
    const flags = before.length === 0 ? [flag('--help', 'show the help'), flag('--version', 'show the version')] : [];
    return startingWith(current, [...choices.map(({ name, summary }) => ({ word: name, about: summary })), ...flags]);
  }
  const [, assigned, part] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? [];
  const last = given.at(-1) ?? '';
  const option = definitionOf(command.options, assigned ?? last);
  if (option?.flags.includes('<')) {
    const values = await valuesAfter(option, part ?? current, given);
    if (assigned === undefined) return values;
    return values.map(({ word, about }) => ({ word: word.startsWith(':') ? word : `${assigned}=${word}`, about }));
  }
  if (current.startsWith('-')) return startingWith(current, flagsOf(command.options, given));
  return command.files === undefined ? [] : valuesAlone(command.files.syntax, current, given);
}

/** Bash takes `--seed=1` for three words. */
function joined(words: readonly string[]): string[] {
  const [last] = words.slice(-1);
  // After the sign alone, the shell completes what follows it.
  return words.flatMap((word) => (word === '=' && word !== last ? [] : word)).map((word) => (word === '=' ? '' : word));
}

interface Found {
  /** Null where its name is not complete. */
  readonly command: Command | null;
  /** What its name can be. */
  readonly choices: readonly (Command | CommandGroup)[];
  /** The words after its name. */
  readonly given: readonly string[];
}

function commandOf(commands: readonly (Command | CommandGroup)[], words: readonly string[]): Found {
  const [name, ...given] = words;
  const found = commands.find((command) => command.name === name);
  if (found === undefined) return { command: null, choices: name === undefined ? commands : [], given };
  return 'run' in found ? { command: found, choices: [], given } : commandOf(found.commands, given);
}

const flag = (word: string, about: string): Candidate => ({ word, about });

const startingWith = (current: string, candidates: readonly Candidate[]): Candidate[] =>
  candidates.filter(({ word }) => word.startsWith(current));

const definitionOf = (options: Options, word: string): Options[string] | undefined =>
  Object.values(options).find(({ flags }) => longFlag(flags) === word);

/** Those that were not typed yet. */
function flagsOf(options: Options, given: readonly string[]): Candidate[] {
  const own = Object.values(options).map(({ flags, description }) => flag(longFlag(flags), description));
  const common = [
    ...('engine' in options ? [flag('--fast-math', 'let the simd engine fuse multiply-adds')] : []),
    flag('--json', 'print the result as one JSON object'),
    flag('--quiet', 'show no progress'),
    flag('--help', 'show the help'),
  ];
  return [...own, ...common].filter(({ word }) => !given.some((one) => one === word || one.startsWith(`${word}=`)));
}

interface Names {
  readonly names: readonly string[];
  /** Whether several can be typed, separated by commas. */
  readonly isList?: boolean;
  /** Whether files can be meant too. */
  readonly orFiles?: boolean;
}
type Lookup = (given: readonly string[]) => Names | Promise<Names>;

const runs: Lookup = async () => ({ names: [...methodNames, ...(await runNames())] });
const studies: Lookup = async (given) => ({ names: await studyNames(given) });

/** What is typed after options, by their names. */
const afterOptions: Readonly<Record<string, Lookup>> = {
  competition: () => ({ names: competitions.map(({ id }) => id), orFiles: true }),
  model: () => ({ names: modelNames }),
  method: () => ({ names: methodNames, isList: true }),
  format: () => ({ names: formatNames }),
  params: () => ({ names: ['best', 'default'], orFiles: true }),
  run: runs,
  study: studies,
};

/** What is typed as it is, by its name in the help. */
const alone: Readonly<Record<string, Lookup>> = {
  competition: () => ({ names: competitions.flatMap(({ id, download }) => (download ? [id] : [])) }),
  run: runs,
  runs,
  study: studies,
  shell: () => ({ names: shellNames }),
  // A report is of one of these; compare takes submits or their files.
  name: async (given) => ({
    names: [
      ...(await studyNames(given)),
      ...(await runNames()),
      ...Object.keys(experiments),
      ...(await namedResults()).map((result) => result.name),
    ],
    orFiles: true,
  }),
  names: async () => ({ names: await submitNames(), orFiles: true }),
};

const placeOf = (placeholder: string): string | null =>
  placeholder.startsWith('folder') ? ':folders' : /^(files?|json)\b/.test(placeholder) ? ':files' : null;

async function valuesAfter(
  definition: Options[string],
  current: string,
  given: readonly string[],
): Promise<Candidate[]> {
  const { flags, parse } = definition;
  if ('names' in parse) return matching({ names: parse.names as readonly string[] }, current);
  const lookup = ownValue(afterOptions, longFlag(flags).slice(2));
  if (lookup !== undefined) {
    const found = await lookup(given);
    return matching({ ...found, isList: found.isList ?? flags.endsWith('<list>') }, current);
  }
  return shellPlaces(placeOf(/<(.*?)[>,]/.exec(flags)![1]));
}

async function valuesAlone(syntax: string, current: string, given: readonly string[]): Promise<Candidate[]> {
  const [placeholder] = /\w+/.exec(syntax)!;
  const lookup = ownValue(alone, placeholder);
  return lookup === undefined ? shellPlaces(placeOf(placeholder)) : matching(await lookup(given), current);
}

const shellPlaces = (place: string | null): Candidate[] => (place === null ? [] : [{ word: place, about: '' }]);

function matching({ names, isList = false, orFiles = false }: Names, current: string): Candidate[] {
  const begun = isList ? current.slice(0, current.lastIndexOf(',') + 1) : '';
  const found = names.map((name) => ({ word: `${begun}${name}`, about: '' }));
  return [...startingWith(current, found), ...shellPlaces(orFiles ? ':files' : null)];
}

async function runNames(): Promise<string[]> {
  const folders = (await listRuns(RUNS_DIRECTORY)).slice(-MOST_RUNS).toReversed();
  return Promise.all(folders.map(shortName));
}

/** A server is not asked: a person who presses a key does not wait for a network. */
async function studyNames(given: readonly string[]): Promise<string[]> {
  const kept = await readKeptOptions().catch(() => null);
  const usual = (kept?.options.get('storage')?.value as string | undefined) ?? shared('storage').storage.fallback;
  const at = given.indexOf('--storage');
  const place = at < 0 ? usual : (given[at + 1] ?? usual);
  if (parseLocation(place).kind !== 'file' || !storageExists(place)) return [];
  return withStorage(place, async (storage) => (await findNames(storage, '')).names);
}

/** Names of submits of all competitions that have a folder of the usual name. */
const submitNames = async (): Promise<string[]> =>
  (await foldersOfSubmits()).flatMap(({ submits }) => submits.flatMap(({ name }) => name ?? []));

/** One line for each: the word, a tab, and what it is. A name that no shell could show is left out. */
export const completionLines = (candidates: readonly Candidate[]): string =>
  candidates
    .filter(({ word }) => printable(word, Infinity) === word)
    .map(({ word, about }) => `${word}\t${printable(about, 80)}\n`)
    .join('');

/** What a hint repeats of the command line that was typed, so that the command that it names works on the same things. */
import { shellWord } from '../base/command-line.ts';
import type { Command, CommandGroup } from './command.ts';
import type { Options } from './option.ts';
import type { SharedValues } from './options.ts';
import { wordWithoutPassword } from './passwords.ts';

/** How long a training is and what draws its numbers may differ from command to command; these say what is meant. */
const repeated: readonly (keyof SharedValues)[] = [
  'competition',
  'dataDir',
  'skipBroken',
  'model',
  'method',
  'engine',
  'workers',
  'outDir',
  'solution',
  'storage',
];

interface Typed {
  readonly key: string;
  readonly flag: string;
  readonly value: string | null;
}

/**
 * @param words of the command line that runs
 * @param options of its command
 * @returns the options to repeat in a hint to type another command with the words that it has already
 */
export function hintsAfter(
  commands: readonly (Command | CommandGroup)[],
  words: readonly string[],
  options: Options,
): (name: string, has: readonly string[]) => readonly string[] {
  const typed = [
    ...repeated.flatMap((key) => (key in options ? typedIn(words, key, options[key].flags) : [])),
    // Commands that have engines have this flag too.
    ...('engine' in options ? typedIn(words, 'engine', '--fast-math') : []),
  ];
  return (name, has) => {
    const known = optionsOf(commands, name, has);
    const all = has.flatMap((part) => part.split(/[ =]/));
    return typed
      .filter(({ key, flag, value }) => key in known && !all.includes(flag) && !isNamed(key, value, all))
      .flatMap(({ flag, value }) => (value === null ? [flag] : [flag, shellWord(wordWithoutPassword(value))]));
  };
}

/** `data mnist` names the competition already. */
const isNamed = (key: string, value: string | null, words: readonly string[]): boolean =>
  key === 'competition' && value !== null && words.includes(value);

function typedIn(words: readonly string[], key: string, flags: string): Typed[] {
  const [flag, wanted] = flags.split(' ');
  const at = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  if (at < 0) return [];
  if (wanted === undefined) return [{ key, flag, value: null }];
  const value = words[at] === flag ? words[at + 1] : words[at].slice(flag.length + 1);
  return value === undefined ? [] : [{ key, flag, value }];
}

function optionsOf(commands: readonly (Command | CommandGroup)[], name: string, [member]: readonly string[]): Options {
  const found = commands.find((command) => command.name === name);
  if (found === undefined) return {};
  if ('run' in found) return found.options;
  return found.commands.find((command) => command.name === member)?.options ?? {};
}

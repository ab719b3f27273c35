/** Command lines of this program, as a user types them. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { printable } from './printable.ts';
import { MODULE_EXTENSION } from './modules.ts';

/** The compiled program is a package in another project. From sources it runs in its own checkout. */
const isPackage = MODULE_EXTENSION === '.js';

type Repeat = (name: string, words: readonly string[]) => readonly string[];
const repeated = new AsyncLocalStorage<Repeat>();

/**
 * Runs a command. Hints in its output repeat the options that the user has typed for it.
 * @param repeat returns the words to add to a command line with this name and these words
 */
export const repeatingOptions = <T>(repeat: Repeat, work: () => T): T => repeated.run(repeat, work);

/**
 * The command line of a command: `npm start` or `npm run search -- --trials 5` in a checkout,
 * `npx wide-optima search --trials 5` in another project. npm is silent if the output is for a program. Within
 * `repeatingOptions` the repeated options are added.
 * @param given the words after the name, as they are typed
 */
export function commandLine(name: string, ...given: readonly string[]): string {
  const words = [...given, ...(repeated.getStore()?.(name, given) ?? [])];
  if (isPackage) return ['npx wide-optima', name, ...words].join(' ');
  const npm = words.some((word) => / > |--json/.test(` ${word} `)) ? 'npm -s' : 'npm';
  const command = name === 'start' ? `${npm} start` : `${npm} run ${name}`;
  return words.length === 0 ? command : `${command} -- ${words.join(' ')}`;
}

/** A path as it has to be typed in a shell where options could stand. */
export const pathWord = (path: string): string => shellWord(path.startsWith('-') ? `./${path}` : path);

/** Quotes a word for a shell. Invisible characters are written as bash and zsh read them. */
export function shellWord(word: string): string {
  if (/^[\w./,:=@+-]+$/.test(word)) return word;
  if (printable(word, Infinity) === word) return `'${word.replaceAll("'", String.raw`'\''`)}'`;
  return `$'${printable(word.replaceAll(/['\\]/g, String.raw`\$&`), Infinity)}'`;
}

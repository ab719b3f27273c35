/** Words that a command does not take, and the option that they were probably meant for. */
import { shellWord } from '../base/command-line.ts';
import { quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import type { Command } from './command.ts';
import { longFlag, type OptionDefinition } from './option.ts';
import { wordWithoutPassword } from './passwords.ts';

export class ExcessWords extends UserError {
  readonly command: Command;
  readonly excess: readonly string[];

  constructor(command: Command, excess: readonly string[]) {
    const place = command.files === undefined ? `"${command.name}"` : `the ${/\w+/.exec(command.files.syntax)![0]}`;
    super(`Expected only options after ${place}, got ${excess.map((word) => quoted(word)).join(' and ')}.`);
    this.command = command;
    this.excess = excess;
  }
}

/** @param given words after the command's name that are no options @throws ExcessWords */
export function expectNoExcess(command: Command, given: readonly string[]): void {
  const { syntax = '' } = command.files ?? {};
  const most = syntax === '' ? 0 : syntax.includes('...') ? Infinity : 1;
  if (given.length > most) throw new ExcessWords(command, given.slice(most));
}

/** Options whose values are names that are known: a word that is one of them was meant so. */
const closed = new Set(['method', 'model', 'competition']);

/**
 * What should have been typed: the words too many as the value of an option that takes them.
 * @param words of the whole command line
 * @returns null if no option is likely
 */
export function meantWords({ command: { options, spare }, excess }: ExcessWords, words: readonly string[]) {
  const names = Object.keys(options).filter((name) => closed.has(name) || 'names' in options[name].parse);
  for (const name of spare === undefined ? names : [...names, spare]) {
    const { flags } = options[name];
    const flag = longFlag(flags);
    const isTyped = words.some((word) => word === flag || word.startsWith(`${flag}=`));
    const value = excess.join(',');
    const isOne = excess.length === 1 || /<(list|ids)>/.test(flags);
    if (isTyped || !isOne || !takes(options[name], value, flag)) continue;
    const rest = [...words];
    for (const word of excess) rest.splice(rest.lastIndexOf(word), 1);
    return [...rest, flag, value].map((word) => shellWord(wordWithoutPassword(word)));
  }
  return null;
}

function takes({ parse }: OptionDefinition<unknown>, value: string, flag: string): boolean {
  try {
    parse(value, flag);
    return true;
  } catch {
    return false;
  }
}

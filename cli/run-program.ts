/**
 * Runs the command that was typed, prints its result, and is the only place that prints errors and decides on the exit
 * code: 0 done, 1 failed, 2 wrong usage or input, 130 or 143 interrupted.
 */
import { commandLine, repeatingOptions, shellWord } from '../base/command-line.ts';
import { capitalized } from '../base/format.ts';
import { CommanderError } from 'commander';
import { workingDirectory } from '../base/paths.ts';
import { printable, visibleJson } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { DivergedError, withPool } from '../pipeline/index.ts';
import { StudyError } from '../search/index.ts';
import type { Command, CommandGroup, Report, Session } from './command.ts';
import { onScreen, wrapWords } from './format.ts';
import { complete, completionLines } from './complete.ts';
import { ExcessWords, meantWords } from './excess.ts';
import { hintsAfter } from './hints.ts';
import type { Interruption } from './interruption.ts';
import { createProgram, typedOf, type Values } from './program.ts';
import { hasPassword, hidePasswords, wordWithoutPassword } from './passwords.ts';
import { createProgress, type Progress } from './progress.ts';
import { type KeptOptions, readKeptOptions } from './settings.ts';
import { ASK } from './shells.ts';

const FAILED = 1;
const WRONG_USAGE = 2;
const NO_DIRECTORY =
  'The folder in which this command was started was deleted, or may not be read: change into another one.';
/** In characters: room for the longest sentence of ours with a path and a value in it. */
const LONGEST_LINE = 2_000;

export interface Surroundings {
  readonly stdout: Pick<NodeJS.WriteStream, 'write' | 'columns'>;
  readonly stderr: NodeJS.WriteStream;
  /** @param told is called when the process shall stop */
  readonly listen: (told: () => void) => Interruption;
  /** Default: threads of its own for each command. */
  readonly withPool?: Session['withPool'];
}

/** The command that was typed, from when its options are known. */
interface Running {
  readonly command: Command;
  readonly values: Values;
  readonly files: readonly string[];
}

/**
 * @param words what follows the program's name in the command line
 * @returns the exit code
 */
export async function runProgram(
  commands: readonly (Command | CommandGroup)[],
  words: readonly string[],
  { stdout, stderr, listen, withPool: threads = withPool }: Surroundings,
): Promise<number> {
  let progress: Progress | undefined;
  let running: Running | undefined;
  const say = (text: string, longest?: number): void =>
    void stderr.write(`${onScreen(hidePasswords(text, words), longest)}\n`);
  const interruption = listen(() => {
    progress?.clear();
    say('Stopping … (Ctrl-C again: at once)');
  });

  async function runCommand(
    command: Command,
    values: Values,
    files: readonly string[],
    notes: readonly string[],
  ): Promise<void> {
    running = { command, values, files };
    progress = createProgress(stderr, values.quiet ?? false);
    for (const note of notes) progress.note(note);
    const tell = ({ json, text }: Report): void => {
      const shown = values.json ? visibleJson(json) : wrapWords(onScreen(text), stdout.columns || Infinity);
      stdout.write(`${shown}\n`);
    };
    const session: Session = { signal: interruption.signal, progress, tell, withPool: threads };
    const hints = hintsAfter(commands, words, command.options);
    const report = await repeatingOptions(hints, () => command.run(values, session, files));
    progress.end();
    tell(report);
    if (report.problem !== undefined) throw new UserError(report.problem);
  }

  try {
    if (words[0] === ASK) {
      stdout.write(completionLines(await complete(commands, words.slice(1))));
      return 0;
    }
    const writeOut = (text: string): void => void stdout.write(text);
    const program = createProgram(typedOf(commands, words), runCommand, await keptOptions(), writeOut);
    await program.parseAsync(words, { from: 'user' });
    return 0;
  } catch (error) {
    progress?.clear();
    const interrupted = interruption.exitCode();
    if (interrupted !== undefined) {
      say(`Stopped. ${stoppedInWords(running)}${commandAgain(words)}`);
      return interrupted;
    }
    const { code, text } = describeFailure(error, words);
    const isDebugging = !(error instanceof CommanderError) && (words.includes('--debug') || process.env.DEBUG);
    if (isDebugging && error instanceof Error) say(String(error.stack));
    else if (text !== '') say(text, LONGEST_LINE);
    return code;
  }
}

/** The help and the version are shown even if what is kept cannot be used. */
const keptOptions = (): Promise<KeptOptions | UserError | null> =>
  readKeptOptions().catch((error: unknown) => {
    if (error instanceof UserError) return error;
    if (error instanceof StudyError) return new UserError(error.message, { cause: error });
    throw error;
  });

/** The text about an error: one sentence if the user can correct it, nothing if all was printed before. */
function describeFailure(error: unknown, words: readonly string[]): { code: number; text: string } {
  if (error instanceof CommanderError) return describeUsage(error);
  if (error instanceof ExcessWords)
    return { code: WRONG_USAGE, text: `${error.message} ${remedyOfExcess(error, words)}` };
  if (error instanceof DivergedError) return { code: FAILED, text: error.message };
  if (error instanceof UserError || error instanceof StudyError) return { code: WRONG_USAGE, text: error.message };
  // Node resolves every relative path against it.
  if (workingDirectory() === null) return { code: WRONG_USAGE, text: NO_DIRECTORY };
  // The first line with words in it: some errors begin with a bracket.
  const line =
    String(error)
      .split('\n')
      .find((text) => /\w/.test(text)) ?? 'error';
  return { code: FAILED, text: `Unexpected ${printable(line.trim(), 1_000)} (--debug shows where)` };
}

/** Commander has printed the help that was asked for; what it complains about is a person's mistake. */
function describeUsage({ code, message, exitCode }: CommanderError): { code: number; text: string } {
  if (exitCode === 0) return { code: exitCode, text: '' };
  if (code === 'commander.help') return { code: WRONG_USAGE, text: '' };
  // A name that was typed may have several lines itself.
  const [, complaint, suggestion] = /^(?:error: )?(.*?)(?:\n\((Did you mean .*)\))?$/s.exec(message)!;
  const remedy = suggestion ?? 'See --help.';
  const shown = printable(complaint);
  const sentence = capitalized(shown).replace(/\.?$/, '.');
  return { code: WRONG_USAGE, text: `${sentence} ${remedy}` };
}

/** npm keeps options for itself that do not follow `--`, and passes on what is left of them. */
function remedyOfExcess(error: ExcessWords, words: readonly string[]): string {
  const [name, ...meant] = meantWords(error, words) ?? [];
  return name === undefined
    ? `With npm, options follow --, as in: ${commandLine('search', '--trials 5')}`
    : `Type: ${commandLine(name, ...meant)}`;
}

function stoppedInWords(running: Running | undefined): string {
  if (running === undefined) return 'Start again with';
  const { command, values, files } = running;
  return typeof command.stopped === 'string' ? command.stopped : command.stopped(values, files);
}

/** The command line that was typed, without a password in it. */
function commandAgain([name, ...typed]: readonly string[]): string {
  const words = typed.map(wordWithoutPassword);
  const password = typed.some(hasPassword) ? ' the password in the environment variable PGPASSWORD, and' : '';
  return `${password}: ${commandLine(name, ...words.map(shellWord))}`;
}

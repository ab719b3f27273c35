/**
 * The command line: runs the command that was typed, prints its result, and is the only place that prints errors and
 * decides on the exit code: 0 done, 1 failed, 2 wrong usage or input, 130 or 143 interrupted.
 */
import { CommanderError } from 'commander';
import { keepCompiled } from '../base/compile-cache.ts';
import { UserError } from '../base/user-error.ts';
import { DivergedError } from '../pipeline/diverged-error.ts';
import { StudyError } from '../search/study-error.ts';
import type { Command, Report } from './command.ts';
import { wrapWords } from './format.ts';
import { listenForInterruption } from './interruption.ts';
import type { Values } from './program.ts';
import { createProgress, type Progress } from './progress.ts';

keepCompiled();
const { databaseAddress } = await import('../search/storage/index.ts');
const { commands } = await import('./commands/index.ts');
const { commandLine, createProgram } = await import('./program.ts');

const FAILED = 1;
const WRONG_USAGE = 2;

let progress: Progress | undefined;
let running: Command | undefined;
const interruption = listenForInterruption(() => {
  progress?.clear();
  say('Stopping … (Ctrl-C again: at once)');
});

// Whoever reads the result may stop early (`| head`); that is no failure. The result comes last, when all is done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : FAILED));
// Nobody looks at the progress any more: the work goes on.
process.stderr.on('error', () => {});

try {
  await createProgram(commands, runCommand).parseAsync();
} catch (error) {
  progress?.clear();
  process.exitCode = exitCodeOf(error);
}

async function runCommand(command: Command, values: Values, files: readonly string[]): Promise<void> {
  running = command;
  progress = createProgress(process.stderr, values.quiet ?? false);
  const tell = ({ json, text }: Report): void => {
    const words = wrapWords(text, process.stdout.columns || Infinity);
    process.stdout.write(`${values.json ? JSON.stringify(json) : words}\n`);
  };
  const report = await command.run(values, { signal: interruption.signal, progress, tell }, files);
  progress.end();
  tell(report);
  if (report.problem !== undefined) throw new UserError(report.problem);
}

/** Says what went wrong: in one sentence where a person can mend it. */
function exitCodeOf(error: unknown): number {
  const interrupted = interruption.exitCode();
  if (interrupted !== undefined) {
    say(`Stopped. ${running?.stopped ?? 'Start again with'}${commandAgain(process.argv.slice(2))}`);
    return interrupted;
  }
  if (error instanceof CommanderError) return usageExitCode(error);
  const isDebugging = process.argv.includes('--debug') || Boolean(process.env.DEBUG);
  if (isDebugging && error instanceof Error) say(String(error.stack));
  if (error instanceof DivergedError) {
    if (!isDebugging) say(error.message);
    return FAILED;
  }
  if (error instanceof UserError || error instanceof StudyError) {
    if (!isDebugging) say(error.message);
    return WRONG_USAGE;
  }
  // The first line that says something: some errors begin with a bracket.
  const line =
    String(error)
      .split('\n')
      .find((text) => /\w/.test(text)) ?? 'error';
  if (!isDebugging) say(`Unexpected ${line.trim()} (--debug shows where)`);
  return FAILED;
}

/** Commander has printed the help that was asked for; what it complains about is a person's mistake. */
function usageExitCode({ code, message, exitCode }: CommanderError): number {
  if (exitCode === 0) return exitCode;
  if (code === 'commander.help') return WRONG_USAGE;
  const [sentence, suggestion] = message.replace(/^error: /, '').split('\n');
  // npm keeps options for itself that do not follow `--`, and passes on what is left of them.
  const isFromNpm = code === 'commander.excessArguments';
  const npmHint = 'With npm, options follow --, as in: npm run search -- --trials 5';
  const remedy = suggestion?.replace(/^\((.*)\)$/, '$1') ?? (isFromNpm ? npmHint : 'See --help.');
  say(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.?$/, '.')} ${remedy}`);
  return WRONG_USAGE;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The command line that was typed, without a password in it. */
function commandAgain([name, ...typed]: readonly string[]): string {
  const words = typed.map((word) => {
    const [, option, location] = /^(--storage=)?(.*)$/s.exec(word)!;
    return `${option ?? ''}${databaseAddress(location) ?? location}`;
  });
  const hasPassword = words.some((word, i) => word !== typed[i]);
  const password = hasPassword ? ' the password in the environment variable PGPASSWORD, and' : '';
  return `${password}: ${commandLine(name, words.map(shellWord))}`;
}

/** As it has to be typed in a shell. */
function shellWord(word: string): string {
  return /^[\w./,:=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

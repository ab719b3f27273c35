/** The commands as commander sees them: options, help, examples. */
import { Command as Program } from 'commander';
import type { Command, CommandGroup } from './command.ts';
import { UserError } from '../base/user-error.ts';
import { createOption, FAST_MATH, fastMath } from './option.ts';
import { commandLine } from '../base/command-line.ts';

export type Values = Parameters<Command['run']>[0] & { json?: true; quiet?: true; debug?: true };
/** The option values of commander, with those that `createCommand` adds. */
type Given = Values & { fastMath?: true };

export type Run = (command: Command, values: Values, files: readonly string[]) => Promise<void>;

/** @param run is called with the command that was typed and its checked options */
export function createProgram(commands: readonly (Command | CommandGroup)[], run: Run): Program {
  const program = new Program('wide-optima')
    .description('Tunes, trains, averages (SWA), compares and submits image classifiers.')
    .usage('<command> [options]')
    .helpCommand(false)
    .helpOption('-h, --help', 'show this help')
    .addHelpText(
      'after',
      `\nEvery command has its own --help with examples, for example: ${commandLine('search', '--help')}`,
    )
    .exitOverride()
    // `main.ts` prints errors.
    .configureOutput({ outputError: () => {} });
  for (const command of commands) {
    program.addCommand('run' in command ? createCommand(command, program, run) : createGroup(command, program, run));
  }
  return program;
}

function createGroup({ name, summary, commands }: CommandGroup, program: Program, run: Run): Program {
  const result = createNamed(name, summary, program)
    .configureHelp({ commandUsage: () => commandLine(name, '<command>', '[options]') })
    .helpCommand(false);
  for (const command of commands) result.addCommand(createCommand(command, result, run, name));
  return result;
}

function createNamed(name: string, summary: string, program: Program): Program {
  return new Program(name)
    .copyInheritedSettings(program)
    .helpOption('-h, --help', 'show this help')
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}${summary.endsWith('?') ? '' : '.'}`);
}

/** @param group that the command belongs to, if it does */
function createCommand(command: Command, program: Program, run: Run, group?: string): Program {
  const { name, summary, options, defaults, files, examples } = command;
  const typed = (...words: string[]): string =>
    group === undefined ? commandLine(name, ...words) : commandLine(group, name, ...words);
  const result = createNamed(name, summary, program).configureHelp({
    commandUsage: () => `${typed('[options]')}${files ? ` ${files.syntax}` : ''}`,
  });
  if (files) result.argument(files.syntax, files.description);
  for (const [key, option] of Object.entries(options)) result.addOption(createOption(key, option, defaults?.[key]));
  if ('engine' in options) result.addOption(fastMath());
  return result
    .option('--json', 'print the result as one JSON object')
    .option('-q, --quiet', 'show no progress')
    .option('--debug', 'show where an unexpected error came from')
    .addHelpText('after', exampleText(examples, typed))
    .action(() => {
      if (result.args.includes('')) throw new UserError(`Expected a value for ${files?.syntax}, got an empty text.`);
      const { fastMath: isFast, ...values } = result.opts<Given>();
      return run(command, isFast ? { ...values, engine: FAST_MATH } : values, result.args);
    });
}

function exampleText(examples: Command['examples'], typed: (...words: string[]) => string): string {
  const lines = examples.map(([words, reason]) => [typed(...(words === '' ? [] : [words])), reason]);
  const width = Math.max(...lines.map(([line]) => line.length));
  return `\nExamples:\n${lines.map(([line, reason]) => `  ${line.padEnd(width)}  ${reason}`).join('\n')}`;
}

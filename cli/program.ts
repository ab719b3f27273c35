/** The commands as commander sees them: options, help, examples. */
import { Command as Program } from 'commander';
import type { Command, CommandGroup } from './command.ts';
import { UserError } from '../base/user-error.ts';
import { expectNoExcess } from './excess.ts';
import { createOption, FAST_MATH, fastMath } from './option.ts';
import { commandLine } from '../base/command-line.ts';
import { capitalized } from '../base/format.ts';
import { programVersion } from '../base/modules.ts';
import { keptDefault, type KeptOptions, withKept } from './settings.ts';

export type Values = Parameters<Command['run']>[0] & { json?: true; quiet?: true; debug?: true };
/** The option values of commander, with those that `createCommand` adds. */
type Given = Values & { fastMath?: true };

/** @param notes for a person, about where values come from */
export type Run = (
  command: Command,
  values: Values,
  files: readonly string[],
  notes: readonly string[],
) => Promise<void>;

/**
 * @param run is called with the command that was typed and its checked options
 * @param kept options that need not be typed; an error if they cannot be used, which stops commands, not their help
 * @param writeOut prints a help or the version
 */
export function createProgram(
  commands: readonly (Command | CommandGroup)[],
  run: Run,
  kept: KeptOptions | UserError | null = null,
  writeOut: (text: string) => void = (text) => void process.stdout.write(text),
): Program {
  const program = new Program('wide-optima')
    .description('Tune, train, average (SWA), compare and submit image classifiers.')
    .usage('<command> [options]')
    .helpCommand(false)
    .helpOption('-h, --help', 'show this help')
    .version(programVersion(), '-V, --version', 'show the version')
    .addHelpText('after', `\nEvery command has its own --help with examples. Try: ${commandLine('search', '--help')}`)
    .exitOverride()
    // `main.ts` prints errors.
    .configureOutput({ writeOut, outputError: () => {} });
  for (const command of commands) {
    program.addCommand(
      'run' in command ? createCommand(command, program, { run, kept }) : createGroup(command, program, { run, kept }),
    );
  }
  return program;
}

/** The command that was typed, or its group with it alone; all where none was. The options of others need not be made. */
export function typedOf(
  commands: readonly (Command | CommandGroup)[],
  [name, member]: readonly string[],
): readonly (Command | CommandGroup)[] {
  const typed = commands.find((command) => command.name === name);
  if (typed === undefined) return commands;
  if ('run' in typed) return [typed];
  const inner = typed.commands.filter((command) => command.name === member);
  return [inner.length === 0 ? typed : { ...typed, commands: inner }];
}

interface Running {
  readonly run: Run;
  readonly kept: KeptOptions | UserError | null;
}

function createGroup({ name, summary, commands }: CommandGroup, program: Program, running: Running): Program {
  const result = createNamed(name, summary, program)
    .configureHelp({ commandUsage: () => commandLine(name, '<command>', '[options]') })
    .helpCommand(false);
  for (const command of commands) result.addCommand(createCommand(command, result, running, name));
  return result;
}

function createNamed(name: string, summary: string, program: Program): Program {
  return new Program(name)
    .copyInheritedSettings(program)
    .helpOption('-h, --help', 'show this help')
    .summary(summary)
    .description(`${capitalized(summary)}${summary.endsWith('?') ? '' : '.'}`);
}

/** @param group that the command belongs to, if it does */
function createCommand(command: Command, program: Program, { run, kept }: Running, group?: string): Program {
  const { name, summary, options, defaults, files, examples } = command;
  const typed = (...words: string[]): string =>
    group === undefined ? commandLine(name, ...words) : commandLine(group, name, ...words);
  const result = createNamed(name, summary, program).configureHelp({
    commandUsage: () => `${typed('[options]')}${files ? ` ${files.syntax}` : ''}`,
  });
  if (files) result.argument(files.syntax, files.description);
  const usable = kept instanceof UserError ? null : kept;
  for (const [key, option] of Object.entries(options)) {
    result.addOption(createOption(key, option, keptDefault(usable, key, option) ?? ownDefault(defaults?.[key])));
  }
  if ('engine' in options) result.addOption(fastMath());
  return result
    .option('--json', 'print the result as one JSON object')
    .option('-q, --quiet', 'show no progress')
    .option('--debug', 'show where an unexpected error came from')
    .addHelpText('after', exampleText(examples, typed))
    .allowExcessArguments()
    .action(async () => {
      expectNoExcess(command, result.args);
      if (result.args.includes('')) throw new UserError(`Expected a value for ${files?.syntax}, got an empty text.`);
      if (kept instanceof UserError) throw kept;
      const { fastMath: isFast, ...given } = result.opts<Given>();
      const isTyped = (key: string): boolean => result.getOptionValueSource(key) === 'cli';
      const { values, note } = await withKept(kept, options, given, isTyped);
      const notes = note === null ? [] : [note];
      return run(command, isFast ? { ...values, engine: FAST_MATH } : values, result.args, notes);
    });
}

const ownDefault = (value: unknown): { value: unknown } | undefined => (value === undefined ? undefined : { value });

function exampleText(examples: Command['examples'], typed: (...words: string[]) => string): string {
  const lines = examples.map(([words, reason]) => [typed(...(words === '' ? [] : [words])), reason]);
  const width = Math.max(...lines.map(([line]) => line.length));
  return `\nExamples:\n${lines.map(([line, reason]) => `  ${line.padEnd(width)}  ${reason}`).join('\n')}`;
}

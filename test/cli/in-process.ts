/** Runs the command line within the process of the test: in milliseconds, where nothing has to be killed. */
import type { Command, CommandGroup } from '../../cli/command.ts';
import { commands } from '../../cli/commands/index.ts';
import { runProgram } from '../../cli/run-program.ts';
import type { Ended } from './process.ts';

/** @param available in place of the program's own commands */
export async function runHere(
  words: readonly string[],
  available: readonly (Command | CommandGroup)[] = commands,
): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof said): NodeJS.WriteStream =>
    ({
      isTTY: false,
      columns: 0,
      write: (text: string) => {
        said[name] += text;
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const code = await runProgram(available, words, {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    listen: () => ({ signal: new AbortController().signal, exitCode: () => undefined }),
  });
  return { code, ...said };
}

/**
 * `runHere` with a folder as working directory. The tests of a file that uses it must be serial, since a process has one
 * working directory.
 */
export async function runIn(folder: string, words: readonly string[]): Promise<Ended> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await runHere(words);
  } finally {
    process.chdir(before);
  }
}

/** Every command with the words that are typed for it. */
export const allCommands: readonly { readonly words: readonly string[]; readonly command: Command }[] =
  commands.flatMap((entry) =>
    'run' in entry
      ? [{ words: [entry.name], command: entry }]
      : entry.commands.map((command) => ({ words: [entry.name, command.name], command })),
  );

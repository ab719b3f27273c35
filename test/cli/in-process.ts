/** Runs the command line within the process of the test: in milliseconds, where nothing has to be killed. */
import type { Piscina } from 'piscina';
import type { Command, CommandGroup } from '../../cli/command.ts';
import { commands } from '../../cli/commands/index.ts';
import { runProgram } from '../../cli/run-program.ts';
import { createPool } from '../../pipeline/pool.ts';
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
    withPool: withKeptPool,
  });
  return { code, ...said };
}

/** Pools by their number of threads, which take longer to start than a training of the tests takes. */
const pools = new Map<number, Piscina>();

/** `withPool` with threads that go on to the next command. */
function withKeptPool<T>(workers: number, work: (pool: Piscina) => Promise<T>): Promise<T> {
  const pool = pools.get(workers) ?? createPool(workers);
  pools.set(workers, pool);
  return work(pool);
}

let before: Promise<unknown> = Promise.resolve();

/**
 * `runHere` with a folder as working directory, and `environment` over that of the tests. Commands wait for one another,
 * since a process has one working directory.
 */
export function runIn(folder: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const ended = before.then(async () => {
    const directory = process.cwd();
    const replaced = Object.keys(environment).map((name) => [name, process.env[name]] as const);
    process.chdir(folder);
    Object.assign(process.env, environment);
    try {
      return await runHere(words);
    } finally {
      process.chdir(directory);
      for (const [name, value] of replaced) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });
  before = ended.catch(() => {});
  return ended;
}

/** Every command with the words that are typed for it. */
export const allCommands: readonly { readonly words: readonly string[]; readonly command: Command }[] =
  commands.flatMap((entry) =>
    'run' in entry
      ? [{ words: [entry.name], command: entry }]
      : entry.commands.map((command) => ({ words: [entry.name, command.name], command })),
  );

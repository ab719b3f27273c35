/** The contract of a command: plain data and one function. `main.ts` does everything that all commands share. */
import type { withPool } from '../pipeline/index.ts';
import type { Options, OptionValues } from './option.ts';
import type { Progress } from './progress.ts';

export interface Session {
  /** Aborts on Ctrl-C. A command that was cut short throws, and leaves nothing half-written. */
  readonly signal: AbortSignal;
  /** What a person sees on stderr while the command runs. */
  readonly progress: Progress;
  /** Prints a result at once: for a command that goes on until it is stopped. */
  readonly tell: (report: Report) => void;
  /** Runs `work` with threads that train. */
  readonly withPool: typeof withPool;
}

/** Result of a finished command: one of its two forms goes to stdout. */
export interface Report {
  /** For `--json`. */
  readonly json: object;
  /** For people; ends without a newline. */
  readonly text: string;
  /** A sentence about a problem with the result and what to do about it. The exit code is 2 then. */
  readonly problem?: string;
}

export interface Command<Own extends Options = Options> {
  readonly name: string;
  readonly summary: string;
  /** In the order of the help. `--json`, `--quiet` and `--debug` come with every command. */
  readonly options: Own;
  /** Default values that differ from those of the options. */
  readonly defaults?: Partial<OptionValues<Own>>;
  /** Files named after the options, for commands that take any. */
  readonly files?: { readonly syntax: string; readonly description: string };
  /** The option for which a word too many is probably meant, if its value can be any word. Default: none. */
  readonly spare?: keyof Own & string;
  /** What follows the command's name in a command line, each with the reason to type it. */
  readonly examples: readonly (readonly [commandLine: string, reason: string])[];
  /** Sentence that is shown after Ctrl-C, followed by the command line that continues the work. */
  readonly stopped: string | ((options: OptionValues<Own>, files: readonly string[]) => string);
  run(options: OptionValues<Own>, session: Session, files: readonly string[]): Promise<Report>;
}

/** Commands that are typed after a common name, as in `npm run study -- list`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

/** Infers the options, so that `run` sees the values of exactly those that it asked for. */
export const defineCommand = <Own extends Options>(command: Command<Own>): Command => command as unknown as Command;

/** The contract of a command: plain data and one function. `main.ts` does everything that all commands share. */
import type { Options, OptionValues } from './option.ts';
import type { Progress } from './progress.ts';

export interface Session {
  /** Aborts on Ctrl-C. A command that was cut short throws, and leaves nothing half-written. */
  readonly signal: AbortSignal;
  /** What a person sees on stderr while the command runs. */
  readonly progress: Progress;
  /** Prints a result at once: for a command that goes on until it is stopped. */
  readonly tell: (report: Report) => void;
}

/** What a finished command tells: one of the two forms goes to stdout. */
export interface Report {
  /** For `--json`. */
  readonly json: object;
  /** For people; ends without a newline. */
  readonly text: string;
  /** What keeps the result from being good, and what to do about it; the exit code then is 2. */
  readonly problem?: string;
}

export interface Command<Own extends Options = Options> {
  readonly name: string;
  readonly summary: string;
  /** In the order of the help. `--json`, `--quiet` and `--debug` come with every command. */
  readonly options: Own;
  /** Where they differ from those of the option. */
  readonly defaults?: Partial<OptionValues<Own>>;
  /** Files named after the options, for commands that take any. */
  readonly files?: { readonly syntax: string; readonly description: string };
  /** What follows the command's name in a command line, each with the reason to type it. */
  readonly examples: readonly (readonly [commandLine: string, reason: string])[];
  /** What a person should know after Ctrl-C; the command line that goes on follows it. */
  readonly stopped: string | ((options: OptionValues<Own>) => string);
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

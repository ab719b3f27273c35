/** Ctrl-C: the first one asks the command to end in good order, another one ends the process at once. */
import { isatty } from 'node:tty';

/** Exit codes as shells know them: 128 and the number of the signal. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** npm passes on the signal that the terminal has sent to both: what follows within this time is the same Ctrl-C. */
const ECHO_MS = 500;

export interface Interruption {
  readonly signal: AbortSignal;
  /** Exit code of the process if it was interrupted. */
  exitCode(): number | undefined;
}

/**
 * A terminal that is closed (SIGHUP) ends the command too, but not one without a terminal: so nohup leaves it, which
 * takes standard input, output and error away from the terminal. That nohup has the signal ignored besides cannot be
 * seen: Node sets all signals back when it starts.
 * @param told called once, when the first signal arrives
 */
export function listenForInterruption(told: () => void): Interruption {
  const controller = new AbortController();
  let first: { code: number; time: number } | undefined;
  for (const [name, code] of Object.entries(exitCodes)) {
    process.on(name, () => {
      if (name === 'SIGHUP' && !hasTerminal) return;
      const time = performance.now();
      if (first) {
        if (time - first.time > ECHO_MS) process.exit(code);
        return;
      }
      first = { code, time };
      told();
      controller.abort();
    });
  }
  return { signal: controller.signal, exitCode: () => first?.code };
}

/** Asked at the start of the process, because a closed terminal is no longer recognized. */
const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));

/** A question that a person answers with yes or no. */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { onScreen } from './format.ts';

/** Whether there is a person to ask. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/**
 * Anything but `y` or `yes` is no, the end of the input too.
 * @throws AbortError when the session is stopped
 */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  // Not as a terminal of readline's own, which would keep Ctrl-C from `interruption.ts`.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    const ended = once(lines, 'close').then(() => '');
    const answer = await Promise.race([lines.question(`${onScreen(question)} [y/N] `, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

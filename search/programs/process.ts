/**
 * An objective that is a program of its own, in any language: it runs as a child process for each trial. The program reads
 * and writes lines of JSON.
 *
 * - The first line of its standard input is `{"trial": 3, "params": {"x": 0.5}}`.
 * - It writes `{"value": 0.25}`, or a number alone, to standard output. The last one counts.
 * - After each `{"report": 0.5, "step": 0}` it can read a line `{"prune": false}`. Without `step` the steps are 0, 1, 2, …
 *   A program that was told to prune and ends without a value has ended a pruned trial.
 * - `{"fail": "reason"}` fails the trial, and `{"attributes": {"name": "note"}}` attaches notes to it.
 * - Other lines are a log of the program, unless they begin with `{`.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { described, printable, quoted, shownJson } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { expectOptions } from '../expect-options.ts';
import type { JsonValue } from '../json-value.ts';
import { parsePythonJson } from '../python-json.ts';
import type { Objective } from '../optimize.ts';
import type { Outcome } from '../outcome.ts';
import type { Trial } from '../trial.ts';

export interface ProcessOptions {
  /** Told each line that the program writes and that is no message: of standard error too. */
  readonly onLog?: (trialNumber: number, line: string) => void;
}

/** How long a program may take to end after it was asked to. */
const graceMs = 2_000;
/** Longest line that is quoted in a reason, in characters. */
const longestQuote = 300;
const isWindows = process.platform === 'win32';

/**
 * Runs a program as the objective of a study: as many at once as `optimize` has workers.
 *
 *     await optimize(study, processObjective(['python3', 'objective.py']), { trials: 50, workers: 4 });
 *
 * A program that ends with an exit code, a signal or without a value fails its trial, and the reason is kept. When the
 * search stops, its processes are ended.
 * @param command the program and its arguments. `{x}` in an argument stands for the value of the parameter `x`, and `{{x}}`
 *   for the text `{x}`. One text alone is a command line for the shell.
 * @returns the objective; it throws a UserError if the program cannot be started, or names a parameter that is not there
 */
export function processObjective(command: string | readonly string[], options: ProcessOptions = {}): Objective {
  expectOptions('processObjective', options, { onLog: 'function' });
  const { onLog } = options;
  const words: readonly unknown[] = Array.isArray(command) ? command : [command];
  if (!words.every((word) => typeof word === 'string')) {
    throw new TypeError(`Expected a program as a text, or as a list of texts, got ${described(command)}.`);
  }
  if (command.length === 0 || command[0] === '') throw new RangeError('Expected a program to run, got an empty text.');
  return async (trial, signal) => {
    signal.throwIfAborted();
    const child = start(command, trial);
    const stop = (): void => endGroup(child, 'SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await converse(child, trial, command, (line) => onLog?.(trial.number, line));
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
}

/** In a group of its own, so that what it starts can be ended with it. */
function start(command: string | readonly string[], trial: Trial): ChildProcess {
  const options = { stdio: 'pipe', detached: !isWindows, windowsHide: true } as const;
  if (typeof command === 'string') return spawn(filled(command, trial, shellQuoted), { ...options, shell: true });
  const [program, ...words] = command;
  return spawn(
    program,
    words.map((word) => filled(word, trial, String)),
    options,
  );
}

/** A name in two braces is meant literally; other texts in braces are commands of shells and programs, or JSON. */
const inBraces = /\{\{([\p{L}_][\p{L}\p{N}_.-]*)\}\}|\{([^{}]+)\}/gu;
const nameAlone = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;

/**
 * With the values of parameters in place of their names in braces.
 * @throws UserError for a name of no parameter, unless it is one of a variable of the shell
 */
function filled(text: string, { params }: Trial, shown: (value: unknown) => string): string {
  return text.replaceAll(inBraces, (all: string, literal: string | undefined, name: string, at: number) => {
    if (literal !== undefined) return `{${literal}}`;
    if (Object.hasOwn(params, name)) return shown(params[name]);
    if (!nameAlone.test(name) || text[at - 1] === '$') return all;
    const known = Object.keys(params).map((one) => `{${one}}`);
    throw new UserError(
      `Unknown parameter {${name}} in the program. Known: ${printable(known.join(', '), 1_000) || 'none'}. ` +
        `Write {{${name}}} for the text {${name}} itself.`,
    );
  });
}

function shellQuoted(value: unknown): string {
  const text = String(value);
  if (/^[\w.+-]+$/.test(text)) return text;
  if (isWindows)
    throw new UserError(`Expected values without special signs in a command line, got ${shownJson(value)}.`);
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

const notStarted = (name: string, why: string): UserError =>
  new UserError(`Expected a program that can be started, got ${quoted(name)} (${printable(why)}). Name another one.`);

async function converse(
  child: ChildProcess,
  trial: Trial,
  command: string | readonly string[],
  onLog: (line: string) => void,
): Promise<Outcome> {
  const isShell = typeof command === 'string';
  const name = isShell ? command : command[0];
  const answer = (message: object): void => void child.stdin!.write(`${JSON.stringify(message)}\n`);
  // A program need not read: what it gets after it has closed its input is lost.
  child.stdin!.on('error', () => {});
  const started = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', ({ message }) => reject(notStarted(name, message)));
  });
  const ended = once(child, 'close');
  ended.catch(() => {});
  await started;
  // What the program has started and left would hold the pipes open.
  child.once('exit', () => endGroup(child, 'SIGKILL'));
  const told: Told = { value: undefined, failure: undefined, isPruned: false, nextStep: 0 };
  let lastError = '';
  createInterface({ input: child.stderr! }).on('line', (line) => {
    if (line.trim() !== '') lastError = line;
    onLog(line);
  });
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => {
    if (told.failure !== undefined) return;
    try {
      const message = messageIn(line);
      if (message === null) onLog(line);
      else take(message, trial, told, answer);
    } catch (error) {
      told.failure = error instanceof Error ? error.message : String(error);
      endGroup(child, 'SIGTERM');
    }
  });
  answer({ trial: trial.number, params: trial.params });
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  if (told.failure !== undefined) return { state: 'FAIL', reason: printable(told.failure, 1_000) };
  // What a shell says of a program that is not there, or may not be run.
  if (isShell && (code === 127 || code === 126)) throw notStarted(name, lastError);
  if (code !== 0) {
    const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
    const why = lastError === '' ? '' : `: ${printable(lastError, longestQuote)}`;
    return { state: 'FAIL', reason: `the program ${how}${why}` };
  }
  if (told.value !== undefined) return told.value;
  if (told.isPruned) return { state: 'PRUNED' };
  return { state: 'FAIL', reason: 'the program wrote no value: expected a line such as {"value": 0.5}' };
}

interface Told {
  value: number | undefined;
  failure: string | undefined;
  isPruned: boolean;
  nextStep: number;
}

const messageKeys = new Set(['value', 'report', 'step', 'fail', 'attributes']);

/** The message of a line; null for a line of a log. */
function messageIn(line: string): Readonly<Record<string, unknown>> | null {
  const text = line.trim();
  if (/^[-+]?nan$/i.test(text)) return { value: NaN };
  if (/^[-+]?inf(inity)?$/i.test(text)) return { value: text.startsWith('-') ? -Infinity : Infinity };
  if (text !== '' && !Number.isNaN(Number(text))) return { value: Number(text) };
  if (!text.startsWith('{')) return null;
  const message = parsed(text);
  const isKnown = (key: string): boolean => messageKeys.has(key);
  if (typeof message === 'object' && message !== null && Object.keys(message).every(isKnown) && hasPurpose(message)) {
    return message as Record<string, unknown>;
  }
  throw new Error(
    `the program wrote ${quoted(text, longestQuote)}: expected a message such as {"value": 0.5} or {"report": 0.5, "step": 0}`,
  );
}

const hasPurpose = (message: object): boolean =>
  ['value', 'report', 'fail', 'attributes'].some((key) => Object.hasOwn(message, key));

/** JSON as Python writes it; undefined if it is none. */
function parsed(text: string): unknown {
  try {
    return parsePythonJson(text, 'the line');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return undefined;
  }
}

function take(
  message: Readonly<Record<string, unknown>>,
  trial: Trial,
  told: Told,
  answer: (message: object) => void,
): void {
  const { report, step = told.nextStep, value, fail, attributes } = message;
  if (typeof attributes === 'object' && attributes !== null) {
    for (const [key, note] of Object.entries(attributes)) trial.setUserAttribute(key, note as JsonValue);
  }
  if (report !== undefined) {
    trial.report((report ?? NaN) as number, step as number);
    told.nextStep = (step as number) + 1;
    const prune = trial.shouldPrune();
    told.isPruned ||= prune;
    answer({ prune });
  }
  if (value !== undefined) {
    if (value !== null && typeof value !== 'number') {
      throw new Error(`the program wrote the value ${shownJson(value, longestQuote)}: expected a number`);
    }
    told.value = value ?? NaN;
  }
  if (fail !== undefined) told.failure = typeof fail === 'string' && fail !== '' ? fail : shownJson(fail);
}

/** Ends the program and what it has started; what is gone already is no problem. */
function endGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    if (isWindows) child.kill(signal);
    else process.kill(-pid, signal);
  } catch {
    return;
  }
  if (signal === 'SIGTERM') setTimeout(() => child.exitCode === null && endGroup(child, 'SIGKILL'), graceMs).unref();
}

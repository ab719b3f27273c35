/** Runs the command line as a child process on a small data set, as a person or a script does. */
import test, { type ExecutionContext } from 'ava';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { writeSyntheticDigits } from '../../data/synthetic.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves when stderr has said this. */
  said(words: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

const MAIN = join(import.meta.dirname, '../../cli/main.mjs');
const OWN_SIGNAL = new URL('own-signal.ts', import.meta.url).href;

/** An empty folder, removed after the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wide-optima-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty folder with 200 + 100 images in `digits/`, and the options that name them. */
export async function smallProject(t: ExecutionContext): Promise<Project> {
  const project = projectIn(await temporaryFolder(t));
  await writeImages(project);
  return project;
}

/**
 * Puts a file where reports would be written. A submit then says that it writes none and takes half the time, for tests of
 * other things.
 */
export async function withoutReports(folder: string): Promise<void> {
  await mkdir(join(folder, 'runs'), { recursive: true });
  await writeFile(join(folder, 'runs/reports'), '');
}

export interface Project {
  readonly folder: string;
  readonly data: string[];
}

/**
 * A `smallProject` without reports that the tests of a file share. Its images are there before the other `test.serial.before` hooks run,
 * and it is removed at the end.
 */
export function sharedProject(): Project {
  const project = projectIn(mkdtempSync(join(tmpdir(), 'wide-optima-')));
  test.serial.before(async () => {
    await writeImages(project);
    await withoutReports(project.folder);
  });
  test.after.always(() => rm(project.folder, { recursive: true, force: true }));
  return project;
}

const projectIn = (folder: string): Project => ({
  folder,
  data: ['--competition', 'synthetic-digits', '--data-dir', 'digits'],
});

let images: Promise<string> | undefined;

/** Copies the images, which are drawn once. */
const writeImages = async ({ folder }: Project): Promise<void> =>
  cp(await (images ??= drawImages()), join(folder, 'digits'), { recursive: true });

async function drawImages(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wide-optima-digits-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await writeSyntheticDigits(folder, { train: 200, test: 100 });
  return folder;
}

/** A signal that a program sends itself when its stderr has said something: no other process need be fast enough. */
export interface OwnSignal {
  readonly signal: NodeJS.Signals;
  readonly at: string;
}

/** Starts a command with `folder` as its working directory, and `environment` over that of the tests. */
export function start(
  folder: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  ownSignal?: OwnSignal,
): Running {
  const { NO_COLOR: _noColor, FORCE_COLOR: _forceColor, DEBUG: _debug, ...env } = process.env;
  const options = ['--disable-warning=ExperimentalWarning'];
  if (ownSignal !== undefined)
    options.push('--import', `${OWN_SIGNAL}?${new URLSearchParams({ ...ownSignal }).toString()}`);
  const child = spawn(process.execPath, [...options, MAIN, ...words], {
    cwd: folder,
    env: { ...env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  const waiting: { words: string; resolve: () => void }[] = [];
  const tell = (): void => {
    for (const { words: wanted, resolve } of waiting) if (stderr.includes(wanted)) resolve();
  };
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
    tell();
  });
  const stdout = text(child.stdout);
  return {
    child,
    said: (wanted) =>
      new Promise((resolve, reject) => {
        child.once('close', () => reject(new Error(`Expected "${wanted}" on stderr, got: ${stderr}`)));
        waiting.push({ words: wanted, resolve });
        tell();
      }),
    ended: new Promise((resolve) => {
      child.once('close', (code) => {
        // A reader that has gone away gets nothing.
        void stdout.catch(() => '').then((all) => resolve({ code, stdout: all, stderr }));
      });
    }),
  };
}

export const run = (folder: string, words: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Ended> =>
  start(folder, words, environment).ended;

/** Every file below a folder, sorted. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

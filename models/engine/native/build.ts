/**
 * Builds the kernels in C if there is a compiler, and verifies which of them give the bits of their WebAssembly twins.
 * `npm run build` does it in a checkout, and the command `kernels` where the package is installed. Without a compiler the
 * engine uses only WebAssembly.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { MODULE_EXTENSION } from '../../../base/modules.ts';
import { displayPath } from '../../../base/paths.ts';
import { sha256 } from '../../../base/sha256.ts';
import { codeOf } from '../../../base/system-error.ts';
import { temporaryBeside } from '../../../base/temporary-file.ts';
import { UserError } from '../../../base/user-error.ts';
import {
  addonFile,
  buildDirectory,
  type NativeName,
  nativeNames,
  readVerified,
  type Verified,
  verifiedFile,
} from './addons.ts';
import { clearChoices, fastestKernels } from './choose.ts';
import type { Verification } from './verify.ts';

const run = promisify(execFile);
const SOURCES = path.join(import.meta.dirname, '../../../kernels/native');
/** The Node-API glue. It is compiled without wide registers, since it must load on every processor. */
const GLUE = 'addon.c';

/** Options for all files. The compiler must not fuse or reorder floating-point operations. */
const STRICT = ['-std=gnu11', '-O3', '-fPIC', '-fvisibility=hidden', '-ffp-contract=off', '-fno-math-errno'];
const QUIET = ['-fno-trapping-math', '-Wno-psabi'];

type Flags = Partial<Record<NativeName, readonly string[]>>;
/** Options for the registers of each processor. */
const registers: Readonly<Partial<Record<NodeJS.Architecture, Flags>>> = {
  x64: {
    'native-256': ['-DLANES=8', '-mavx2'],
    'native-512': ['-DLANES=16', '-mavx512f', '-mavx512vl', '-mavx512dq', '-mprefer-vector-width=512'],
  },
  arm64: { 'native-128': ['-DLANES=4'] },
};
/** Options that let the linker leave symbols of Node undefined. */
const linking: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['-shared'],
  darwin: ['-bundle', '-undefined', 'dynamic_lookup'],
};

/** The digest of all that the add-ons were built and verified from. It is there when nothing was wrong with them. */
const digestFile = path.join(buildDirectory, 'native.sha256');

interface Compiler {
  readonly command: string;
  /** What it says of itself. */
  readonly version: string;
}

export interface NativeBuild {
  /** Null if none was found. */
  readonly compiler: Compiler | null;
  /** Whether all was there already. */
  readonly isKept: boolean;
  /** Kernels of each add-on that give the bits of WebAssembly. Empty if nothing was built. */
  readonly verified: Verified;
  /** What is wrong with an add-on or the compiler, in sentences. */
  readonly problems: readonly string[];
}

/**
 * Keeps add-ons that are there and were built from the same.
 * @param flags more options for the compiler, for builds of tests
 * @param environment environment variables with which such a build can be loaded
 * @param onBegin called before something is compiled
 * @throws UserError if the folder of the build cannot be written
 */
export async function buildNative({
  flags = [],
  environment = {},
  onBegin,
  signal,
}: {
  readonly flags?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly onBegin?: () => void;
  readonly signal?: AbortSignal;
} = {}): Promise<NativeBuild> {
  const [compiler, headers] = [await findCompiler(), findHeaders()];
  const digest = await digestOfInputs([compiler?.command ?? '', compiler?.version ?? '', headers ?? '', ...flags]);
  const kept = await readFile(digestFile, 'utf8').catch(() => null);
  const here = Object.entries(registers[process.arch] ?? {}) as [NativeName, readonly string[]][];
  if (kept === digest && [verifiedFile, ...here.map(([name]) => addonFile(name))].every(existsSync)) {
    return { compiler, isKept: true, verified: readVerified(), problems: [] };
  }
  const folder = await prepareFolder();
  try {
    await clearChoices();
    const link = linking[process.platform];
    if (!compiler || !headers || !link || here.length === 0) {
      return { compiler, isKept: false, verified: {}, problems: [] };
    }
    onBegin?.();
    const options = [...STRICT, ...QUIET, ...flags, '-I', headers];
    try {
      await Promise.all(
        here.map(([name, wide]) => compile(compiler.command, [...options, ...link], wide, { folder, name, signal })),
      );
    } catch (error) {
      signal?.throwIfAborted();
      const reason = String((error as { stderr?: string }).stderr || error).split('\n')[0];
      const problem = `The kernels in C do not compile with ${compiler.command} (${reason}). The engine will use WebAssembly.`;
      return { compiler, isKept: false, verified: {}, problems: [problem] };
    }
    const verified: Verified = {};
    const problems: string[] = [];
    for (const [name] of here) {
      const { same, problem } = await verifyApart(name, environment, signal);
      verified[name] = same;
      if (problem !== undefined) problems.push(problem);
    }
    await writeFile(verifiedFile, `${JSON.stringify(verified)}\n`);
    if (problems.length === 0) await writeFile(digestFile, digest);
    if (flags.length === 0) await fastestKernels();
    return { compiler, isKept: false, verified, problems };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what was built before, and makes a folder for what is unfinished. */
async function prepareFolder(): Promise<string> {
  try {
    for (const file of [digestFile, verifiedFile, ...nativeNames.map(addonFile)]) await rm(file, { force: true });
    const folder = await temporaryBeside(path.join(buildDirectory, 'native'));
    await mkdir(folder);
    return folder;
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(codeOf(error))) throw error;
    throw new UserError(
      `${displayPath(buildDirectory)}: expected a folder that can be written, since the kernels in C are kept there ` +
        `(${(error as Error).message}). Without them training uses WebAssembly, with the same results.`,
      { cause: error },
    );
  }
}

/** @param others what else the add-ons depend on */
async function digestOfInputs(others: readonly string[]): Promise<string> {
  const folders = [SOURCES, import.meta.dirname];
  const files = (await Promise.all(folders.map(filesOf))).flat();
  const contents = await Promise.all(
    [...files, path.join(buildDirectory, 'kernels.wasm')].map((file) => readFile(file)),
  );
  const system = [process.platform, process.arch, process.versions.modules];
  return sha256(JSON.stringify([...system, ...others, ...contents.map(sha256)]));
}

const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => path.join(folder, name))
    .toSorted();

/** The variable CC names the compiler, as in `make`. `CC=none` builds only WebAssembly. */
async function findCompiler(): Promise<Compiler | null> {
  for (const command of process.env['CC'] ? [process.env['CC']] : ['cc', 'gcc', 'clang']) {
    const told = await run(command, ['--version']).catch(() => null);
    if (told) return { command, version: told.stdout };
  }
  return null;
}

/** Folder of the Node headers: those of the package, or else of the running Node. */
function findHeaders(): string | null {
  const ofNode = path.join(path.dirname(process.execPath), '../include/node');
  try {
    const manifest = createRequire(import.meta.url).resolve('node-api-headers/package.json');
    return path.join(path.dirname(manifest), 'include');
  } catch {
    return existsSync(path.join(ofNode, 'node_api.h')) ? ofNode : null;
  }
}

async function compile(
  compiler: string,
  options: readonly string[],
  flags: readonly string[],
  { folder, name, signal }: { readonly folder: string; readonly name: NativeName; readonly signal?: AbortSignal },
): Promise<void> {
  const sources = (await readdir(SOURCES)).filter((file) => file.endsWith('.c') && file !== GLUE).toSorted();
  const [glue, addon] = [path.join(folder, `${name}.o`), path.join(folder, `${name}.node`)];
  const isOption = (flag: string): boolean => !['-shared', '-bundle', '-undefined', 'dynamic_lookup'].includes(flag);
  const lanes = flags.filter((flag) => flag.startsWith('-D'));
  await run(compiler, [...options.filter(isOption), ...lanes, '-c', path.join(SOURCES, GLUE), '-o', glue], { signal });
  const files = sources.map((file) => path.join(SOURCES, file));
  await run(compiler, [...options, ...flags, ...files, glue, '-o', addon], { signal });
  // Running processes keep the old file.
  await rename(addon, addonFile(name));
}

/**
 * Verifies an add-on in a process, since a miscompiled kernel may crash it.
 * @returns the kernels that may be used, and what is wrong with others
 */
async function verifyApart(
  name: NativeName,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<{ readonly same: readonly string[]; readonly problem?: string }> {
  const file = path.join(import.meta.dirname, `verify-main${MODULE_EXTENSION}`);
  try {
    const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', file, name], {
      env: { ...process.env, ...environment },
      signal,
    });
    const { same, different }: Verification = JSON.parse(stdout);
    if (different.length === 0) return { same };
    const kernels = different.join(', ');
    return {
      same,
      problem: `${name}: other bits than WebAssembly in ${kernels}. These kernels will run in WebAssembly.`,
    };
  } catch (error) {
    signal?.throwIfAborted();
    const { signal: ended, stderr = '' } = error as { signal?: string | null; stderr?: string };
    const reason = stderr.split('\n').find((line) => line.includes('rror')) ?? ended ?? String(error);
    return { same: [], problem: `${name}: the check of its kernels failed (${reason.trim()}). It is not used.` };
  }
}

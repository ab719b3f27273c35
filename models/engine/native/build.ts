/**
 * Builds the kernels in C if there is a compiler, and verifies which of them give the bits of their WebAssembly twins.
 * `npm run build` does it in a checkout, and the command `kernels` where the package is installed. Without a compiler the
 * engine uses only WebAssembly.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { MODULE_EXTENSION } from '../../../base/modules.ts';
import { displayPath } from '../../../base/paths.ts';
import { printable, quoted } from '../../../base/printable.ts';
import { replaceFile } from '../../../base/replace-file.ts';
import { sha256 } from '../../../base/sha256.ts';
import { codeOf } from '../../../base/system-error.ts';
import { temporaryBeside } from '../../../base/temporary-file.ts';
import { UserError } from '../../../base/user-error.ts';
import {
  addonFile,
  type AddonName,
  type BuildRecord,
  buildDirectory,
  fusedName,
  type NativeName,
  readRecord,
  readVerified,
  recordFile,
  type Verified,
} from './addons.ts';
import { buildOf } from '../simd/load-kernels.ts';
import { clearChoices, fastestKernels } from './choose.ts';
import type { Verification } from './verify.ts';

const run = promisify(execFile);
/** A compiler says its version at once. */
const ANSWER_MS = 10_000;
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
/** Options for the add-ons that fuse multiply-adds. */
const fusing: Readonly<Partial<Record<NodeJS.Architecture, readonly string[]>>> = {
  x64: ['-DFUSED', '-mfma'],
  arm64: ['-DFUSED'],
};
/** Options that let the linker leave symbols of Node undefined. */
const linking: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['-shared'],
  darwin: ['-bundle', '-undefined', 'dynamic_lookup'],
};

interface Compiler {
  readonly command: string;
  /** Words before the options, such as those of `CC="ccache gcc"`. */
  readonly words: readonly string[];
  /** What it says of itself. */
  readonly version: string;
}

export interface NativeBuild {
  /** Null if none was found. */
  readonly compiler: Compiler | null;
  /** Whether all was there already. */
  readonly isKept: boolean;
  /** Kernels of each add-on that give the bits of WebAssembly; those of before if the build failed. */
  readonly verified: Verified;
  /** What is wrong with an add-on or the compiler, in sentences. */
  readonly problems: readonly string[];
}

/**
 * Keeps add-ons that are there and were built from the same sources. New ones take their places once they are verified.
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
  const [{ compiler, problem }, headers] = [await findCompiler(), findHeaders()];
  const sources = await digestOfSources([headers ?? '', ...flags]);
  const made = sha256(JSON.stringify(compiler));
  const widths = Object.entries(registers[process.arch] ?? {}) as [NativeName, readonly string[]][];
  const here = widths.flatMap(([name, wide]): [AddonName, readonly string[]][] => [
    [name, wide],
    [fusedName(name), [...wide, ...(fusing[process.arch] ?? [])]],
  ]);
  const record = readRecord();
  // Other sources may have other bits, or kernels with other arguments.
  if (record !== null && record.sources !== sources) await rm(recordFile, { force: true });
  const before = record?.sources === sources ? readVerified(record) : {};
  const isWhole = here.length > 0 && here.every(([name]) => before[name] !== undefined) && record?.isRight === true;
  // Without a wish for a compiler those of another one are as good.
  if (isWhole && (!process.env['CC'] || record.made === made)) {
    return { compiler, isKept: true, verified: before, problems: [] };
  }
  const link = linking[process.platform];
  if (!compiler || !headers || !link || here.length === 0) {
    return { compiler, isKept: false, verified: before, problems: problem === undefined ? [] : [problem] };
  }
  const folder = await prepareFolder();
  try {
    onBegin?.();
    const options = [...STRICT, ...QUIET, ...flags, '-I', headers];
    const unfinished = (name: AddonName): string => path.join(folder, `${name}.node`);
    try {
      await Promise.all(here.map(([name, wide]) => compile(compiler, options, wide, link, unfinished(name), signal)));
    } catch (error) {
      signal?.throwIfAborted();
      const lines = String((error as { stderr?: string }).stderr || error).split('\n');
      const reason = printable(lines.find((line) => line.includes('error')) ?? lines[0]);
      const failed = `The kernels in C do not compile with ${printable(compiler.command)} (${reason}).`;
      return { compiler, isKept: false, verified: before, problems: [`${failed} Name another compiler with CC.`] };
    }
    const addons: BuildRecord['addons'] = {};
    const problems: string[] = [];
    for (const [name] of here) {
      const { same, problem: wrong } = await verifyApart(name, unfinished(name), environment, signal);
      addons[name] = { bytes: (await stat(unfinished(name))).size, kernels: same };
      if (wrong !== undefined) problems.push(wrong);
    }
    // Running processes keep the old files.
    for (const [name] of here) await rename(unfinished(name), addonFile(name));
    const built: BuildRecord = { sources, made, isRight: problems.length === 0, addons };
    await replaceFile(recordFile, `${JSON.stringify(built)}\n`);
    await clearChoices();
    if (flags.length === 0) for (const isFused of [false, true]) await fastestKernels(isFused);
    return { compiler, isKept: false, verified: readVerified(built), problems };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes a folder for what is unfinished. */
async function prepareFolder(): Promise<string> {
  try {
    const folder = await temporaryBeside(path.join(buildDirectory, 'native'));
    await mkdir(folder);
    return folder;
  } catch (error) {
    const code = codeOf(error);
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(code)) throw error;
    throw new UserError(
      `${displayPath(buildDirectory)}: expected a folder that can be written, since the kernels in C are kept there, ` +
        `got ${code}. Training goes on with the kernels that are there, with the same results.`,
      { cause: error },
    );
  }
}

/** What decides the bits of the add-ons, and whether they can be loaded. @param others what else they depend on */
async function digestOfSources(others: readonly string[]): Promise<string> {
  const folders = [SOURCES, import.meta.dirname];
  const files = (await Promise.all(folders.map(filesOf))).flat();
  const contents = await Promise.all(
    [...files, ...['kernels', 'kernels-relaxed'].map((name) => path.join(buildDirectory, `${name}.wasm`))].map((file) =>
      readFile(file),
    ),
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
async function findCompiler(): Promise<{ readonly compiler: Compiler | null; readonly problem?: string }> {
  const { CC: wanted } = process.env;
  if (wanted === 'none') return { compiler: null };
  for (const line of wanted ? [wanted] : ['cc', 'gcc', 'clang']) {
    const [command, ...words] = line.trim().split(/\s+/);
    const said = await run(command, [...words, '--version'], { timeout: ANSWER_MS }).catch((error: Error) => error);
    if (!(said instanceof Error)) return { compiler: { command, words, version: said.stdout } };
    if (wanted) {
      const reason = printable(said.message.split('\n')[0]);
      return {
        compiler: null,
        problem: `The variable CC names ${quoted(wanted)}, which does not answer as a compiler (${reason}). Unset CC, or name another one.`,
      };
    }
  }
  return { compiler: null };
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
  { command, words }: Compiler,
  options: readonly string[],
  flags: readonly string[],
  link: readonly string[],
  addon: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sources = (await readdir(SOURCES)).filter((file) => file.endsWith('.c') && file !== GLUE).toSorted();
  const glue = `${addon}.o`;
  const lanes = flags.filter((flag) => flag.startsWith('-D'));
  await run(command, [...words, ...options, ...lanes, '-c', path.join(SOURCES, GLUE), '-o', glue], { signal });
  const files = sources.map((file) => path.join(SOURCES, file));
  await run(command, [...words, ...options, ...link, ...flags, ...files, glue, '-o', addon], { signal });
  if (!existsSync(addon)) throw new Error('it wrote no file');
}

/**
 * Verifies an add-on in a process, since a miscompiled kernel may crash it.
 * @returns the kernels that may be used, and what is wrong with others
 */
async function verifyApart(
  name: AddonName,
  addon: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<{ readonly same: readonly string[]; readonly problem?: string }> {
  const file = path.join(import.meta.dirname, `verify-main${MODULE_EXTENSION}`);
  try {
    const { stdout } = await run(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', file, addon, buildOf(name)],
      {
        env: { ...process.env, ...environment },
        signal,
      },
    );
    const { same, different }: Verification = JSON.parse(stdout);
    if (different.length === 0) return { same };
    const counts = `${different.length} of ${same.length + different.length} kernels`;
    return { same, problem: `${name}: ${counts} give other bits than WebAssembly, which is used in their place.` };
  } catch (error) {
    signal?.throwIfAborted();
    const { signal: ended, stderr = '' } = error as { signal?: string | null; stderr?: string };
    const reason = stderr.split('\n').find((line) => line.includes('rror')) ?? ended ?? String(error);
    return { same: [], problem: `${name}: the check of its kernels failed (${reason.trim()}). It is not used.` };
  }
}

/**
 * Builds the kernels in C if there is a compiler, and verifies which of them give the bits of their WebAssembly twins.
 * It is a part of `npm run build`. Without a compiler the engine uses only WebAssembly.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { sha256 } from '../../../base/sha256.ts';
import { addonFile, buildDirectory, type NativeName, nativeNames, type Verified, verifiedFile } from './addons.ts';
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

/**
 * Keeps add-ons that are there and were built from the same.
 * @param extra more options for the compiler, for builds of tests
 * @param environment environment variables with which such a build can be loaded
 */
export async function buildNative(extra: readonly string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<void> {
  const [compiler, headers] = [await findCompiler(), findHeaders()];
  const digest = await digestOfInputs([compiler?.command ?? '', compiler?.version ?? '', headers ?? '', ...extra]);
  const kept = await readFile(digestFile, 'utf8').catch(() => null);
  const here = Object.entries(registers[process.arch] ?? {}) as [NativeName, readonly string[]][];
  if (kept === digest && [verifiedFile, ...here.map(([name]) => addonFile(name))].every(existsSync)) return;
  for (const file of [digestFile, verifiedFile, ...nativeNames.map(addonFile)]) await rm(file, { force: true });
  await clearChoices();
  const link = linking[process.platform];
  if (!compiler || !headers || !link) return;

  const folder = await mkdtemp(path.join(buildDirectory, '.native-'));
  try {
    const built = await Promise.all(
      here.map(async ([name, flags]) => {
        const all = [...STRICT, ...QUIET, ...extra, '-I', headers];
        await compile(compiler.command, [...all, ...link], flags, folder, name);
        return name;
      }),
    );
    const verified: Verified = {};
    const warnings: string[] = [];
    for (const name of built) {
      const { same, warning } = await verifyApart(name, environment);
      verified[name] = same;
      if (warning !== undefined) warnings.push(warning);
    }
    await writeFile(verifiedFile, `${JSON.stringify(verified)}\n`);
    if (warnings.length === 0) await writeFile(digestFile, digest);
    for (const warning of warnings) warn(warning);
    if (extra.length === 0) await fastestKernels();
  } catch (error) {
    const reason = String((error as { stderr?: string }).stderr || error).split('\n')[0];
    warn(`The kernels in C do not compile with ${compiler.command} (${reason}). The engine will use WebAssembly.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
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

const warn = (sentence: string): boolean => process.stderr.write(`${sentence}\n`);

/** The variable CC names the compiler, as in `make`. `CC=none` builds only WebAssembly. */
async function findCompiler(): Promise<{ readonly command: string; readonly version: string } | null> {
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
  folder: string,
  name: NativeName,
): Promise<void> {
  const sources = (await readdir(SOURCES)).filter((file) => file.endsWith('.c') && file !== GLUE).toSorted();
  const [glue, addon] = [path.join(folder, `${name}.o`), path.join(folder, `${name}.node`)];
  const isOption = (flag: string): boolean => !['-shared', '-bundle', '-undefined', 'dynamic_lookup'].includes(flag);
  const lanes = flags.filter((flag) => flag.startsWith('-D'));
  await run(compiler, [...options.filter(isOption), ...lanes, '-c', path.join(SOURCES, GLUE), '-o', glue]);
  const files = sources.map((file) => path.join(SOURCES, file));
  await run(compiler, [...options, ...flags, ...files, glue, '-o', addon]);
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
): Promise<{ readonly same: readonly string[]; readonly warning?: string }> {
  const file = path.join(import.meta.dirname, 'verify-main.ts');
  try {
    const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', file, name], {
      env: { ...process.env, ...environment },
    });
    const { same, different }: Verification = JSON.parse(stdout);
    if (different.length === 0) return { same };
    const kernels = different.join(', ');
    return {
      same,
      warning: `${name}: other bits than WebAssembly in ${kernels}. These kernels will run in WebAssembly.`,
    };
  } catch (error) {
    const { signal, stderr = '' } = error as { signal?: string | null; stderr?: string };
    const reason = stderr.split('\n').find((line) => line.includes('rror')) ?? signal ?? String(error);
    return { same: [], warning: `${name}: the check of its kernels failed (${reason.trim()}). It is not used.` };
  }
}

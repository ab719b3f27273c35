/**
 * Loads the built kernels in C: two add-ons for each register width, one of which fuses multiply-adds, and the list of
 * the kernels of each that were verified to give the bits of their WebAssembly twins.
 */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { commandLine } from '../../../base/command-line.ts';
import { UserError } from '../../../base/user-error.ts';

/** Names of the add-ons with the bits of every machine, with the register width in bits. */
export const nativeNames = ['native-128', 'native-256', 'native-512'] as const;
export type NativeName = (typeof nativeNames)[number];
/** The add-ons that fuse multiply-adds. */
export type FusedName = `${NativeName}-fused`;
export type AddonName = NativeName | FusedName;

const FUSED = '-fused';
export const fusedName = (name: NativeName): FusedName => `${name}${FUSED}`;
export const isFusedName = (name: string): name is FusedName => name.endsWith(FUSED);
const addonNames: ReadonlySet<string> = new Set([...nativeNames, ...nativeNames.map(fusedName)]);
export const isAddonName = (name: string): name is AddonName => addonNames.has(name);

type Kernel = (...args: number[]) => void;

/** The functions of an add-on on one memory. */
export interface Attached {
  readonly kernels: Readonly<Record<string, Kernel>>;
  /** Must be called after the memory has grown. */
  readonly move: (buffer: ArrayBuffer) => void;
}

export interface Addon {
  /** Whether this processor has the registers. */
  readonly supported: boolean;
  readonly attach: (buffer: ArrayBuffer) => Attached;
  /** Only in the build of sanitize.ts: marks bytes as forbidden. A kernel that touches them ends the process. */
  readonly guard?: (buffer: ArrayBuffer, first: number, bytes: number, isForbidden: boolean) => void;
  /** The functions of `Vectors`. */
  readonly vectors: Readonly<Record<string, (...parts: (Float32Array | Float64Array | number)[]) => void>>;
}

/** The kernels of each add-on that the build has verified and that may be used. */
export type Verified = Partial<Record<AddonName, readonly string[]>>;

const require = createRequire(import.meta.url);
export const buildDirectory = path.join(import.meta.dirname, '../../../build');
export const recordFile = path.join(buildDirectory, 'native.json');
export const addonFile = (name: AddonName): string => path.join(buildDirectory, `${name}.node`);

/** @throws Error if it is not there, or cannot be loaded */
export const openAddon = (file: string): Addon => require(file) as Addon;

function loadAddon(name: AddonName): Addon | null {
  try {
    return openAddon(addonFile(name));
  } catch {
    // Machines with different platforms or libc may share a checkout.
    return null;
  }
}

interface BuiltAddon {
  readonly bytes: number;
  /** Those with the bits of WebAssembly. */
  readonly kernels: readonly string[];
}

/** What the build has written of its add-ons. */
export interface BuildRecord {
  /** Digest of all that decides their bits. */
  readonly sources: string;
  /** Digest of the compiler. */
  readonly made: string;
  /** Whether nothing was wrong with any of them. */
  readonly isRight: boolean;
  readonly addons: Partial<Record<AddonName, BuiltAddon>>;
}

/** Null if there was no compiler. */
export function readRecord(): BuildRecord | null {
  try {
    const record = JSON.parse(readFileSync(recordFile, 'utf8')) as Partial<BuildRecord>;
    return record.addons === undefined ? null : (record as BuildRecord);
  } catch {
    return null;
  }
}

/** Reads the verified kernels. A file that was cut short would end the process, so its size is compared. */
export function readVerified(record = readRecord()): Verified {
  const addons = Object.entries(record?.addons ?? {}) as [AddonName, BuiltAddon][];
  const whole = addons.filter(
    ([name, { bytes }]) => statSync(addonFile(name), { throwIfNoEntry: false })?.size === bytes,
  );
  return Object.fromEntries(whole.map(([name, { kernels }]) => [name, kernels]));
}

export interface Native {
  readonly name: AddonName;
  readonly addon: Addon;
  readonly kernels: readonly string[];
}

/** The add-on with its verified kernels; null if no add-on runs on this processor. */
function findNative(name: AddonName, verified: Verified = readVerified()): Native | null {
  const kernels = verified[name] ?? [];
  if (kernels.length === 0) return null;
  const addon = loadAddon(name);
  return addon?.supported ? { name, addon, kernels } : null;
}

/** @throws UserError if there is no such add-on, or this processor cannot run it */
export function expectNative(name: AddonName): Native {
  const native = findNative(name);
  if (!native) throw noNative(name);
  return native;
}

export const noNative = (name: string): UserError =>
  new UserError(
    `The kernels "${name}" are not there: they need a C compiler that makes them (${commandLine('kernels')}), and a ` +
      'processor for them: ARM64 for 128 bits, x64 for 256 and 512. Use --engine simd, which takes the fastest that are there.',
  );

/** The add-ons that run here; with `isFused` those that fuse multiply-adds, else the others. */
export const findNatives = (isFused = false): Native[] => {
  const verified = readVerified();
  return nativeNames
    .map((name) => findNative(isFused ? fusedName(name) : name, verified))
    .filter((native) => native !== null);
};

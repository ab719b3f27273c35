/**
 * Entry of the process in which the build verifies an add-on: verify-main.ts FILE BUILD compares it with that build of
 * the kernels in WebAssembly, and prints a `Verification` as JSON.
 */
import type { Build } from '../simd/load-kernels.ts';
import { openAddon } from './addons.ts';
import { verify } from './verify.ts';

const [, , file, build] = process.argv;
const addon = openAddon(file);
console.log(JSON.stringify(addon.supported ? await verify(addon, build as Build) : { same: [], different: [] }));

/** Entry of the process in which the build verifies an add-on: verify-main.ts NAME prints a `Verification` as JSON. */
import { type NativeName, openAddon } from './addons.ts';
import { verify } from './verify.ts';

const addon = openAddon(process.argv[2] as NativeName);
console.log(JSON.stringify(addon.supported ? await verify(addon) : { same: [], different: [] }));

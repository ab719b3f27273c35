/** Entry of the process in which the build verifies an add-on: verify-main.ts FILE prints a `Verification` as JSON. */
import { openAddon } from './addons.ts';
import { verify } from './verify.ts';

const addon = openAddon(process.argv[2]);
console.log(JSON.stringify(addon.supported ? await verify(addon) : { same: [], different: [] }));

#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
/** The command `wide-optima` of the package: says so if Node.js is too old, and starts the command line. */
import { createRequire } from 'node:module';

const { engines } = createRequire(import.meta.url)('wide-optima/package.json') as { engines: { node: string } };
const expected = engines.node.replace('>=', '');
const isOlder = process.versions.node.localeCompare(expected, 'en', { numeric: true }) < 0;
if (isOlder) {
  process.stderr.write(`Expected Node.js ${expected} or newer, got ${process.versions.node}: install a newer one.\n`);
  process.exitCode = 2;
} else {
  await import('./main.ts');
}

import test from 'ava';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ENTRY = join(import.meta.dirname, '../../cli/main.mjs');

test('the command line runs from its bundle until a source changes, goes away or lies in another folder', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'wide-optima-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of ['cli', 'build/program/one']) mkdirSync(join(root, folder), { recursive: true });
  const [entry, main, other] = ['main.mjs', 'main.ts', 'other.ts'].map((file) => join(root, 'cli', file));
  copyFileSync(ENTRY, entry);
  writeFileSync(main, `process.stdout.write('sources');`);
  writeFileSync(other, '');
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'build/program/one/main.js'), `process.stdout.write('bundle');`);
  const bundleOf = (files: readonly string[]): void => {
    const sources = files.map((file) => [file, statSync(file).mtimeMs, statSync(file).size]);
    writeFileSync(join(root, 'build/program/current.json'), JSON.stringify({ name: 'one', sources }));
  };
  const ran = (): string =>
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', entry], { encoding: 'utf8' });
  t.is(ran(), 'sources', 'no bundle');
  bundleOf([main, other]);
  t.is(ran(), 'bundle');
  utimesSync(other, 1, 1);
  t.is(ran(), 'sources', 'a source has another time');
  bundleOf([other]);
  t.is(ran(), 'sources', 'the bundle is of another folder');
  bundleOf([main, other]);
  rmSync(other);
  t.is(ran(), 'sources', 'a source has gone');
  writeFileSync(join(root, 'build/program/current.json'), '{');
  t.is(ran(), 'sources', 'the list cannot be read');
});

/** The program as a process that serves the dashboard, and where its code comes from. */
import test from 'ava';
import { once } from 'node:events';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publish, published } from '../data/published.ts';
import { runIn } from './in-process.ts';
import { filesIn, start, temporaryFolder } from './process.ts';

test('the dashboard says where it is, and Ctrl-C ends it with nothing written', async (t) => {
  const folder = await temporaryFolder(t);
  const running = start(folder, ['dashboard', '--port', '0']);
  await running.said('Ctrl-C ends it.');
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  t.is(code, 130);
  t.regex(stdout, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n$/);
  t.regex(stderr, /Shows runs\/studies\.db and runs\./);
  t.regex(stderr, /The dashboard has ended; open it again with: npm run dashboard -- --port 0/);
  t.deepEqual(await filesIn(folder), []);
});

test('without a token the address is the port alone', async (t) => {
  const running = start(await temporaryFolder(t), ['dashboard', '--port', '0', '--no-token']);
  await running.said('Ctrl-C ends it.');
  running.child.kill('SIGTERM');
  t.regex((await running.ended).stdout, /^http:\/\/127\.0\.0\.1:\d+\n$/);
});

test('for a program the dashboard says where it is as JSON', async (t) => {
  const running = start(await temporaryFolder(t), ['dashboard', '--port', '0', '--json']);
  await running.said('Ctrl-C ends it.');
  running.child.kill('SIGINT');
  const { stdout } = await running.ended;
  t.regex(JSON.parse(stdout).token, /^[\w-]{32}$/);
  t.regex(JSON.parse(stdout).address, /^http:\/\/127\.0\.0\.1:\d+$/);
});

const ENTRY = join(import.meta.dirname, '../../cli/main.mjs');

test('the command line runs from its bundle until a source changes, goes away or lies in another folder', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'wide-optima-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of ['cli', 'build/program/one']) mkdirSync(join(root, folder), { recursive: true });
  const [entry, main, other] = ['main.mjs', 'main.ts', 'other.ts'].map((file) => join(root, 'cli', file));
  copyFileSync(ENTRY, entry);
  writeFileSync(main, `process.stdout.write('sources');`);
  writeFileSync(other, '');
  const needs = (node: string): void =>
    writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module', engines: { node } }));
  needs('>=22.20');
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
  needs('>=99.1');
  const { status, stderr } = spawnSync(process.execPath, [entry], { encoding: 'utf8' });
  t.is(status, 2);
  t.regex(stderr, /^Expected Node\.js 99\.1 or newer, got \d+\.\d+\.\d+: install a newer one\.\n$/);
});

test('the dashboard refuses a folder of images that is not there', async (t) => {
  const { code, stdout, stderr } = await runIn(await temporaryFolder(t), ['dashboard', '--data-dir', 'nope']);
  t.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  t.is(
    stderr,
    'nope: expected the folder of a competition, found no folder. Name another with --data-dir, or leave it out.\n',
  );
});

test('a folder of images holds only for the competition that it describes', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'data/raw'), { recursive: true });
  const usual = 'data/raw/optdigits';
  for (const [place, name] of [
    ['plants', 'plant seedlings'],
    [usual, 'optdigits'],
  ] as const) {
    await publish(
      join(folder, place),
      published.find((one) => one.name === name)!,
    );
    const { code, stderr } = await runIn(folder, ['data', '--data-dir', place]);
    t.is(code, 0, stderr);
  }
  const running = start(folder, ['dashboard', '--port', '0', '--no-token', '--data-dir', 'plants']);
  t.teardown(() => running.child.kill('SIGKILL'));
  const [address] = await once(running.child.stdout!, 'data');
  const json = async (path: string) => (await fetch(`${String(address).trim()}${path}`)).json();
  t.like(await json('/api/data/sets'), { sets: [{ id: 'plants' }] });
  t.like(await json('/api/data?id=plants'), { folder: 'plants', train: 12 });
  t.like(await json('/api/data?id=optdigits'), { folder: usual, shape: { height: 8, width: 8 } });
});

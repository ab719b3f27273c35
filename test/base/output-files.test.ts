import test from 'ava';
import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { UserError } from '../../base/user-error.ts';
import {
  expectOwn,
  type OwnFile,
  prepareFolder,
  withTurn,
  writeAtomically,
  writeTogether,
} from '../../base/output-files.ts';
import { temporaryFolder } from '../data/tiny.ts';
import { beginNewFile } from '../../base/new-file.ts';

test('a file is replaced whole, and no other file stays', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.csv');
  await writeAtomically(file, 'a longer first text\n');
  await writeAtomically(file, 'second\n');
  t.is(await readFile(file, 'utf8'), 'second\n');
  t.deepEqual(await readdir(folder), ['a.csv']);
});

test('of many writers at once one wins, and the file is whole', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.csv');
  const texts = Array.from({ length: 20 }, (_, i) => `${i}\n`.repeat(10_000));
  await Promise.all(texts.map((text) => writeAtomically(file, text)));
  t.true(texts.includes(await readFile(file, 'utf8')));
  t.deepEqual(await readdir(folder), ['a.csv']);
});

test('a file that cannot be written is named, and the folder stays as it was', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.csv');
  await mkdir(file);
  const error = await t.throwsAsync(() => writeAtomically(file, 'text'), { instanceOf: UserError });
  t.regex(error.message, /a\.csv: cannot be written \(EISDIR.*\)\. Free disk space or fix its permissions/);
  t.deepEqual(await readdir(folder), ['a.csv']);
});

const shell = process.platform === 'win32' ? test.skip : test; // Windows has no limit on the size of files.
shell('a short write, as on a full disk, leaves the earlier file and nothing else', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.csv');
  await writeFile(file, 'earlier\n');
  const module = new URL('../../base/output-files.ts', import.meta.url).href;
  const script = `
    process.on('SIGXFSZ', () => {}); // Else the limit ends the process; now it is an error of the write.
    const { writeAtomically } = await import('${module}');
    await writeAtomically(process.argv[1], 'x'.repeat(200_000)).catch((error) => console.log(error.message));`;
  const command = 'ulimit -f 64; exec "$0" "$@"';
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    command,
    process.execPath,
    '--input-type=module',
    '-e',
    script,
    file,
  ]);
  t.regex(stdout, /a\.csv: cannot be written \(EFBIG/);
  t.is(await readFile(file, 'utf8'), 'earlier\n');
  t.deepEqual(await readdir(folder), ['a.csv']);
});

test('a folder is made with its parents and is empty', async (t) => {
  const folder = join(await temporaryFolder(t), 'a', 'b');
  await prepareFolder(folder);
  t.deepEqual(await readdir(folder), []);
});

test('a folder in the place or under the place of a file cannot be prepared', async (t) => {
  const file = join(await temporaryFolder(t), 'file');
  await writeFile(file, '');
  for (const folder of [file, join(file, 'below')]) {
    const error = await t.throwsAsync(() => prepareFolder(folder), { instanceOf: UserError });
    t.regex(error.message, /expected a folder, got a file there or above it\. .*name another output folder/);
  }
});

test('only an earlier version of a file may be replaced', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.csv');
  const guard = (): Promise<void> => expectOwn(file, 'ImageId,Label\n', 'a submission');
  await t.notThrowsAsync(guard);
  await writeFile(file, 'ImageId,Label\n1,0\n');
  await t.notThrowsAsync(guard);
  for (const text of ['', 'ImageId', 'name,age\nAda,36\n']) {
    await writeFile(file, text);
    await t.throwsAsync(guard, {
      instanceOf: UserError,
      message: /a\.csv: expected a submission to replace or no file/,
    });
  }
  await t.throwsAsync(() => expectOwn(folder, 'ImageId', 'a submission'), { instanceOf: UserError });
});

test('files that belong together never mix with those of another process, and a turn of a dead one is taken', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, '.writing'), '');
  await utimes(join(folder, '.writing'), 0, 0);
  const own = (name: string, content: string): OwnFile => ({ name, content, beginning: '#', what: 'one of ours' });
  const names = ['a', 'b', 'c'];
  await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      writeTogether(
        folder,
        names.map((name) => own(name, `#${i}`)),
      ),
    ),
  );
  const found = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  t.is(new Set(found).size, 1);
  t.deepEqual((await readdir(folder)).toSorted(), names);

  await writeFile(join(folder, 'c'), 'of somebody');
  const error = await t.throwsAsync(() =>
    writeTogether(
      folder,
      names.map((name) => own(name, '#new')),
    ),
  );
  t.regex(error.message, /c: expected one of ours to replace or no file, got something else/);
  t.is(await readFile(join(folder, 'a'), 'utf8'), found[0]);
  t.deepEqual((await readdir(folder)).toSorted(), names);
});

const linux = process.platform === 'linux' ? test : test.skip; // Elsewhere it is not known that a process has ended.
linux('the turn of a process that was killed is taken at once', async (t) => {
  const folder = await temporaryFolder(t);
  const module = new URL('../../base/output-files.ts', import.meta.url).href;
  const script = `
    const { withTurn } = await import('${module}');
    await withTurn(process.argv[1], () => new Promise(() => setTimeout(() => {}, 1e6)));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder]);
  t.teardown(() => child.kill('SIGKILL'));
  const turn = join(folder, '.writing');
  while ((await readFile(turn, 'utf8').catch(() => '')) === '') await setTimeout(10);
  // A turn of a live process is not taken.
  let begun = 0;
  const own = withTurn(folder, async () => (begun = performance.now()));
  await setTimeout(200);
  t.is(begun, 0);
  const killed = performance.now();
  child.kill('SIGKILL');
  await own;
  t.true(begun - killed < 5_000);
  t.deepEqual(await readdir(folder), []);
});

test('a turn that another process has taken over is left to it', async (t) => {
  const folder = await temporaryFolder(t);
  const turn = join(folder, '.writing');
  await withTurn(folder, () => writeFile(turn, 'another process'));
  t.is(await readFile(turn, 'utf8'), 'another process');
});

shell('a turn on a full disk leaves no turn behind', async (t) => {
  const folder = await temporaryFolder(t);
  const module = new URL('../../base/output-files.ts', import.meta.url).href;
  const script = `
    process.on('SIGXFSZ', () => {});
    const { withTurn } = await import('${module}');
    await withTurn(process.argv[1], () => {}).catch((error) => console.log(error.code));`;
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    'ulimit -f 0; exec "$0" "$@" | cat',
    process.execPath,
    '--input-type=module',
    '-e',
    script,
    folder,
  ]);
  t.is(stdout, 'EFBIG\n');
  t.deepEqual(await readdir(folder), []);
});

test('a new file appears whole when it is kept, and not at all when it is dropped', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'made', 'a.csv');
  const begun = await beginNewFile(file);
  await begun.write('one\n');
  await begun.write('two\n');
  t.false((await readdir(join(folder, 'made'))).includes('a.csv'));
  await begun.keep();
  await begun.drop();
  t.is(await readFile(file, 'utf8'), 'one\ntwo\n');
  const other = await beginNewFile(join(folder, 'made', 'b.csv'));
  await other.write('half');
  await other.drop();
  t.deepEqual(await readdir(join(folder, 'made')), ['a.csv']);
});

test('a file that is there, or came meanwhile, is not replaced', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.csv');
  const begun = await beginNewFile(file);
  await writeFile(file, 'mine');
  await t.throwsAsync(begun.keep(), { name: 'UserError', message: /a\.csv: expected no such file, found one\./ });
  await t.throwsAsync(beginNewFile(file), { name: 'UserError', message: /expected no such file/ });
  t.is(await readFile(file, 'utf8'), 'mine');
  t.deepEqual(await readdir(folder), ['a.csv']);
  const forced = await beginNewFile(file, { force: true });
  await forced.write('yours');
  t.is(await readFile(file, 'utf8'), 'mine');
  await forced.keep();
  t.is(await readFile(file, 'utf8'), 'yours');
  await t.throwsAsync(beginNewFile(join(file, 'b.csv')), {
    name: 'UserError',
    message: /a\.csv: expected a folder, got a file there or above it/,
  });
});

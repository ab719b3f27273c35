import test from 'ava';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFolder, readFolders, unreadableFolder } from '../../base/read-folder.ts';
import { temporaryFolder } from '../data/tiny.ts';

test('a folder is listed with all that lies below it, and one that is missing holds nothing', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'a/b'), { recursive: true });
  await writeFile(join(folder, 'a/b/1.png'), '');
  t.deepEqual(await readFolder(folder), ['a']);
  t.deepEqual((await readFolders(folder)).map(({ path }) => path).toSorted(), ['a', 'a/b', 'a/b/1.png']);
  t.deepEqual(await readFolder(join(folder, 'c')), []);
  t.deepEqual(await readFolders(join(folder, 'a/b/1.png')), []);
});

test('links to folders are followed, but not in circles', async (t) => {
  const parent = await temporaryFolder(t);
  await mkdir(join(parent, 'real/cat'), { recursive: true });
  await mkdir(join(parent, 'data'));
  await writeFile(join(parent, 'real/cat/1.png'), '');
  for (const [target, path] of [
    ['../real', 'data/train'],
    ['cat', 'real/kitten'],
    ['../data', 'real/back'],
    ['..', 'data/up'],
    ['loop', 'data/loop'],
    ['nothing', 'data/2.png'],
  ]) {
    await symlink(target, join(parent, path));
  }
  const entries = await readFolders(join(parent, 'data'));
  t.deepEqual(entries.map(({ path, isFolder }) => (isFolder ? `${path}/` : path)).toSorted(), [
    '2.png',
    'loop',
    'train/',
    'train/cat/',
    'train/cat/1.png',
    'train/kitten/',
    'train/kitten/1.png',
  ]);
});

test('the folder that the system refused is named', (t) => {
  const refused = Object.assign(new Error('refused'), { code: 'EACCES', path: 'digits/train/3' });
  t.is(unreadableFolder('digits', refused).message, 'digits/train/3: cannot be read (EACCES). Fix its permissions.');
  const other = Object.assign(new Error('failed'), { code: 'EIO' });
  t.is(unreadableFolder('digits', other).message, 'digits: cannot be read (EIO). Fix its permissions.');
});

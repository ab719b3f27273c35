import test from 'ava';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beginNewFile } from '../../base/new-file.ts';
import { temporaryFolder } from '../data/tiny.ts';

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
  await t.throwsAsync(beginNewFile(join(file, 'b.csv')), { name: 'UserError', message: /cannot be written/ });
});

import test from 'ava';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { replaceFile } from '../../base/replace-file.ts';
import { fateOfMark, processMark, temporaryName } from '../../base/temporary-file.ts';
import { endedMark } from '../helpers/ended-mark.ts';

const HOUR_MS = 3_600_000;

test('a mark tells whether its process still runs', (t) => {
  const ended = endedMark();
  t.regex(ended, /^[0-9a-f]{8}-\d+-\d+$/);
  t.is(fateOfMark(processMark), 'runs');
  t.is(fateOfMark(ended), process.platform === 'linux' ? 'ended' : 'unknown');
  t.is(fateOfMark(processMark.replace(/^.{8}/, '00000000')), 'unknown');
});

test('the first file in a folder clears away what processes that have ended left there, and nothing else', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'temporary-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'page.html');
  const own = basename(temporaryName(file));
  t.is(dirname(temporaryName(file)), folder);
  const of = (mark: string): string => own.replace(processMark, mark);
  const foreign = processMark.replace(/^.{8}/, '00000000');
  const [young, old] = [of(foreign), `.other${of(foreign)}`];
  const others = ['.page.html.tmp', 'page.html.tmp', '.page.html.5b223552-4038-4e06-94c9-e9bb94fa4a6e.tmp'];
  for (const name of [own, young, old, ...others]) writeFileSync(join(folder, name), 'half');
  const longAgo = new Date(Date.now() - 2 * HOUR_MS);
  for (const name of [own, old, ...others]) utimesSync(join(folder, name), longAgo, longAgo);
  if (process.platform === 'linux') {
    const ended = endedMark();
    writeFileSync(join(folder, of(ended)), 'half');
    mkdirSync(join(folder, `.folder${of(ended)}`, 'deep'), { recursive: true });
  }
  await replaceFile(file, 'whole');
  t.deepEqual(readdirSync(folder).toSorted(), ['page.html', own, young, ...others].toSorted());
});

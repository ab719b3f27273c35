/** Trainings that are seen while they go on. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import test from 'ava';
import { readLiveRuns, writeLiveRun } from '../../records/live-run.ts';

const configuration = { competition: 'c', model: 'mlp', method: 'swa', epochs: 3, folds: 2, seed: 1 } as const;

test('a run is there from its start to its end', async (t) => {
  const runsDir = mkdtempSync(join(tmpdir(), 'live-'));
  t.teardown(() => rmSync(runsDir, { recursive: true }));
  const writer = writeLiveRun(runsDir, configuration);
  let runs = await readLiveRuns(runsDir);
  while (runs.length === 0) runs = await readLiveRuns(runsDir);
  t.like(runs[0], { configuration, folds: [[], []], ends: [null, null] });
  writer.onFold(1, { ended: 'plateau', restoredEpoch: 0 });
  while (runs[0].ends[1] === null) runs = await readLiveRuns(runsDir);
  t.deepEqual(runs[0].ends, [null, { ended: 'plateau', restoredEpoch: 0 }]);
  await writer.end();
  t.deepEqual(await readLiveRuns(runsDir), []);
  t.deepEqual(readdirSync(join(runsDir, 'live')), []);
});

test('what a dead process or somebody else left there does not count', async (t) => {
  const runsDir = mkdtempSync(join(tmpdir(), 'live-'));
  t.teardown(() => rmSync(runsDir, { recursive: true }));
  const writer = writeLiveRun(runsDir, configuration);
  while ((await readLiveRuns(runsDir)).length === 0);
  const folder = join(runsDir, 'live');
  const own = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8'));
  const { pid } = spawnSync(process.execPath, ['--version']);
  const others = [
    JSON.stringify({ ...own, owner: { ...own.owner, pid } }),
    '{',
    '[]',
    '',
    JSON.stringify({ ...own, folds: 1 }),
  ];
  for (const text of others) writeFileSync(join(folder, `${randomUUID()}.json`), text);
  mkdirSync(join(folder, `${randomUUID()}.json`));
  t.is((await readLiveRuns(runsDir)).length, 1);
  await writer.end();
  t.is((await readLiveRuns(runsDir)).length, 0);
});

test('what a dead process left is taken away by the next run, what somebody else left is not', async (t) => {
  const runsDir = mkdtempSync(join(tmpdir(), 'live-'));
  t.teardown(() => rmSync(runsDir, { recursive: true }));
  const folder = join(runsDir, 'live');
  const first = writeLiveRun(runsDir, configuration);
  while ((await readLiveRuns(runsDir)).length === 0);
  const own = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8'));
  const { pid } = spawnSync(process.execPath, ['--version']);
  const dead = { ...own, owner: { ...own.owner, pid } };
  const foreign = { ...dead, owner: { ...dead.owner, host: 'elsewhere' } };
  const kept = [JSON.stringify(foreign), '{'].map((text) => {
    const name = `${randomUUID()}.json`;
    writeFileSync(join(folder, name), text);
    return name;
  });
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(dead));
  const second = writeLiveRun(runsDir, configuration);
  await Promise.all([first.end(), second.end()]);
  t.deepEqual(readdirSync(folder).toSorted(), kept.toSorted());
});

test('a run on another machine counts while its file is written anew', async (t) => {
  const runsDir = mkdtempSync(join(tmpdir(), 'live-'));
  t.teardown(() => rmSync(runsDir, { recursive: true }));
  const writer = writeLiveRun(runsDir, configuration);
  while ((await readLiveRuns(runsDir)).length === 0);
  const folder = join(runsDir, 'live');
  const own = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8'));
  await writer.end();
  const file = join(folder, `${randomUUID()}.json`);
  // Another boot with the same host name and process id.
  writeFileSync(file, JSON.stringify({ ...own, owner: { ...own.owner, processStart: 'another-boot/1' } }));
  t.is((await readLiveRuns(runsDir)).length, 1);
  for (const minutes of [-2, 24 * 60]) {
    const written = new Date(Date.now() + minutes * 60_000);
    utimesSync(file, written, written);
    t.is((await readLiveRuns(runsDir)).length, 0, `${minutes}`);
  }
});

test('a folder that cannot be made keeps no run from going on', async (t) => {
  const writer = writeLiveRun('/proc/nothing', configuration);
  writer.onEpoch(0, { epoch: 0, learningRate: 1, trainLoss: 1, validationAccuracy: 1, validationLoss: 1 });
  await t.notThrowsAsync(writer.end());
});

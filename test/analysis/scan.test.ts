import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Values } from '../../analysis/evaluate.ts';
import { openPoints } from '../../analysis/points.ts';
import { digestOfVectors, scan, type ScanTask, targetAt } from '../../analysis/scan.ts';
import { lineBetween } from '../../analysis/subspace.ts';
import { random } from '../../numerics/random.ts';
import { initialWeights } from '../../models/engine/layout.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { createPool } from '../../pipeline/pool.ts';
import { temporaryFolder } from '../cli/process.ts';
import { digits, shape } from '../pipeline/digits.ts';
import { boxAround, coarseToFine, spaced } from '../../analysis/grid.ts';

const values: Values = { trainLoss: 1, trainError: 0.5, testLoss: NaN, testError: 0.25 };

async function task(folder: string): Promise<ScanTask> {
  const plan = await loadPlan('digit-cnn', shape, 10);
  const line = lineBetween(initialWeights(plan, 1), initialWeights(plan, 2));
  return {
    plan,
    engine: 'simd',
    train: digits(60),
    test: digits(40),
    targets: [0, 1, 0.5, 0.25, 0.75, 2].map((t) => targetAt(line, [t])),
    digest: digestOfVectors([line.origin, ...line.directions]),
    file: join(folder, 'points.jsonl'),
  };
}

test('a scan is the same for one worker and for two, and goes on where it was cut off at any byte', async (t) => {
  const [one, two] = [createPool(1), createPool(2)];
  const [first, second] = [await task(await temporaryFolder(t)), await task(await temporaryFolder(t))];
  const whole = await scan(one, first);
  t.deepEqual(await scan(two, second), whole);
  t.deepEqual(
    Array.from(whole.keys()),
    first.targets.map(({ id }) => id),
  );

  const bytes = await readFile(first.file);
  const stream = random(1, 'kill');
  for (let k = 0; k < 10; k += 1) {
    await writeFile(first.file, bytes);
    await truncate(first.file, stream.integer(bytes.length));
    t.deepEqual(await scan(two, first), whole);
    const lines = (await readFile(first.file, 'utf8')).trimEnd().split('\n');
    t.is(lines.length, 1 + whole.size);
  }

  // Nothing is evaluated twice, and other images are another scan.
  const seen: number[] = [];
  const aborted = {
    signal: AbortSignal.abort(),
    onPoint: (_id: string, _values: Values, done: number) => seen.push(done),
  };
  t.deepEqual(await scan(one, first, aborted), whole);
  t.deepEqual(seen, [1, 2, 3, 4, 5, 6]);
  await t.throwsAsync(scan(one, { ...first, test: digits(41) }, aborted), { name: 'AbortError' });
  await Promise.all([one.destroy(), two.destroy()]);
});

test('points are read back, NaN and all, whatever is torn or foreign', async (t) => {
  const file = join(await temporaryFolder(t), 'points.jsonl');
  const points = await openPoints(file, 'a');
  t.is(points.kept.size, 0);
  points.append('(0)', values);
  points.append('(1)', values);
  await appendFile(file, '{"id": "(2)", "trainLo');
  const again = await openPoints(file, 'a');
  t.deepEqual(Array.from(again.kept), [
    ['(0)', values],
    ['(1)', values],
  ]);
  again.append('(2)', values);
  t.is((await openPoints(file, 'a')).kept.size, 3);
  t.is((await openPoints(file, 'b')).kept.size, 0);
  await writeFile(file, 'no points at all\n');
  t.is((await openPoints(file, 'b')).kept.size, 0);
});

test('an axis begins and ends where it should', (t) => {
  t.deepEqual(spaced(-1, 1, 5), [-1, -0.5, 0, 0.5, 1]);
  t.throws(() => spaced(0, 1, 1), { instanceOf: RangeError });
});

test('every cell comes once, and each level has the rows and columns of a coarser grid', (t) => {
  const cells = coarseToFine(41, 41);
  t.is(new Set(cells.map(({ column, row }) => `${column},${row}`)).size, 41 * 41);
  t.deepEqual(
    cells.map(({ level }) => level),
    cells.map(({ level }) => level).toSorted((a, b) => a - b),
  );
  // 6 × 6, 11 × 11, 21 × 21 and 41 × 41 cells are there after each level.
  t.deepEqual(
    [0, 1, 2, 3].map((level) => cells.filter((cell) => cell.level <= level).length),
    [36, 121, 441, 1681],
  );
});

test('a small grid has one level', (t) => {
  t.deepEqual(
    coarseToFine(2, 2).map(({ level }) => level),
    [0, 0, 0, 0],
  );
});

test('a box has the same margin on all sides', (t) => {
  const points = [
    [0, 0],
    [2, 1],
    [4, 0],
  ];
  t.deepEqual(boxAround(points, 0.25), { x: [-1, 5], y: [-1, 2] });
});

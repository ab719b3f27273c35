/** Points around solutions: scans and curves. */
import test from 'ava';
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alongCurve, barrier, curvePoint, curves, trainCurve } from '../../analysis/curve.ts';
import type { Values } from '../../analysis/evaluate.ts';
import { boxAround, coarseToFine, spaced } from '../../analysis/grid.ts';
import { openPoints } from '../../analysis/points.ts';
import { digestOfVectors, scan, type ScanTask, targetAt } from '../../analysis/scan.ts';
import { lineBetween } from '../../analysis/subspace.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { initialWeights } from '../../models/engine/layout.ts';
import type { Batch } from '../../models/engine/network.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { random } from '../../numerics/random.ts';
import type { Gradient } from '../../pipeline/gradient.ts';
import { plain } from '../../pipeline/methods/plain.ts';
import { createPool } from '../../pipeline/pool.ts';
import { temporaryFolder } from '../cli/process.ts';
import { augmentations } from '../../data/augment.ts';
import { digits, shape } from '../pipeline/digits.ts';

const values: Values = { trainLoss: 1, trainError: 0.5, testLoss: NaN, testError: 0.25 };

async function scanTask(folder: string): Promise<ScanTask> {
  const plan = await loadPlan('digit-cnn', shape, 10);
  const line = lineBetween(initialWeights(plan, 1), initialWeights(plan, 2));
  return {
    plan,
    engine: 'simd',
    train: digits(60),
    test: digits(40),
    augment: augmentations.none,
    targets: [0, 1, 0.5, 0.25, 0.75, 2].map((t) => targetAt(line, [t])),
    digest: digestOfVectors([line.origin, ...line.directions]),
    file: join(folder, 'points.jsonl'),
  };
}

test('a scan is the same for one worker and for two, and goes on where it was cut off at any byte', async (t) => {
  const [one, two] = [createPool(1), createPool(2)];
  const [first, second] = [await scanTask(await temporaryFolder(t)), await scanTask(await temporaryFolder(t))];
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
    let kept = 0;
    const counts: number[] = [];
    const onKept = (count: number): void => void (kept = count);
    const onPoint = (_id: string, _values: Values, done: number): void => void counts.push(done);
    t.deepEqual(await scan(two, first, { onKept, onPoint }), whole);
    // What was kept is no work of this scan.
    t.deepEqual(
      counts,
      Array.from({ length: whole.size - kept }, (_, i) => kept + i + 1),
    );
    const lines = (await readFile(first.file, 'utf8')).trimEnd().split('\n');
    t.is(lines.length, 1 + whole.size);
  }

  // Nothing is evaluated twice, and other images are another scan.
  const seen: number[] = [];
  const aborted = {
    signal: AbortSignal.abort(),
    onKept: (kept: number) => seen.push(kept),
    onPoint: () => t.fail(),
  };
  t.deepEqual(await scan(one, first, aborted), whole);
  t.deepEqual(seen, [6]);
  await t.throwsAsync(scan(one, { ...first, test: digits(41) }, aborted), { name: 'AbortError' });
  await Promise.all([one.destroy(), two.destroy()]);
});

test('a digest of vectors tells their order, their parts and every bit, and has room for more than a text has', (t) => {
  const [a, b] = [Float32Array.of(1, 2), Float32Array.of(1, 2.0000002)];
  const lists = [[a], [b], [a, b], [b, a], [Float32Array.of(1, 2, 1, 2.0000002)], [a.subarray(1)]];
  t.is(new Set(lists.map(digestOfVectors)).size, lists.length);
  t.is(digestOfVectors([Float32Array.of(0, 1, 2).subarray(1)]), digestOfVectors([a]));
  // 420 MB, which were too long for a text of base64.
  const large = new Float32Array(10_500_000);
  t.regex(digestOfVectors(Array.from({ length: 10 }, () => large)), /^[0-9a-f]{64}$/);
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

const FLOAT32_ROUNDING = 1e-5;
/** Central differences of a float32 loss of order 1 at a step of 1e-2. */
const SLOPE_ERROR = 1e-3;

const ends = [Float32Array.of(0, 0), Float32Array.of(2, 0)] as const;
const bend = Float32Array.of(1, 2);

for (const [name, curve] of Object.entries(curves)) {
  test(`a ${name} curve leads from one end to the other, by shares that sum to 1`, (t) => {
    t.deepEqual(curvePoint(curve, ends, bend, 0), ends[0]);
    t.deepEqual(curvePoint(curve, ends, bend, 1), ends[1]);
    for (const at of [0, 0.2, 0.5, 0.9, 1]) {
      const [first, middle, second] = curve(at);
      t.true(Math.abs(first + middle + second - 1) < FLOAT32_ROUNDING);
    }
    t.true(Math.abs(curvePoint(curve, ends, bend, 0.5)[1] - (name === 'bezier' ? 1 : 2)) < FLOAT32_ROUNDING);
  });

  test(`the gradient of a ${name} curve is the slope of the loss in its bend`, async (t) => {
    const loss = ([x, y]: Float32Array): number => Math.sin(x) * y + y * y;
    const inner: Gradient = (w, _batch, g) => {
      g.set([Math.cos(w[0]) * w[1], Math.sin(w[0]) + 2 * w[1]]);
      return loss(w);
    };
    for (const at of [0.3, 0.5, 0.8]) {
      const gradient = new Float32Array(2);
      await alongCurve(inner, curve, ends, () => at)(bend, {} as Batch, gradient);
      for (const i of [0, 1]) {
        const [plus, minus] = [0.01, -0.01].map((step) => {
          const moved = bend.map((w, k) => (k === i ? w + step : w));
          return loss(curvePoint(curve, ends, moved, at));
        });
        t.true(Math.abs(gradient[i] - (plus - minus) / 0.02) < SLOPE_ERROR);
      }
    }
  });

  test(`training bends a ${name} curve around the hill between two networks, the same way each time`, async (t) => {
    const plan = await loadPlan('digit-cnn', shape, 10);
    const network = await createNetwork(plan, 'simd');
    const task = {
      network,
      curve: name as keyof typeof curves,
      ends: [initialWeights(plan, 1), initialWeights(plan, 2)] as const,
      images: digits(100),
      parameters: { ...plain.defaults, learningRate: 0.05, batchSize: 20 },
      epochs: 8,
      seed: 1,
    };
    const outcome = await trainCurve(task);
    if (outcome.status !== 'done') return t.fail();
    t.true(outcome.losses[7] < outcome.losses[0]);
    t.deepEqual(await trainCurve(task), outcome);
  });
}

test('a curve whose loss is not finite says when', async (t) => {
  const plan = await loadPlan('digit-cnn', shape, 10);
  const task = {
    network: await createNetwork(plan, 'simd'),
    curve: 'bezier',
    ends: [initialWeights(plan, 1), initialWeights(plan, 2)],
    images: digits(40),
    parameters: { ...plain.defaults, learningRate: 1e30, batchSize: 20 },
    epochs: 2,
    seed: 1,
  } as const;
  t.deepEqual(await trainCurve(task), { status: 'diverged', epoch: 0 });
});

test('a barrier is what stands above the higher end', (t) => {
  t.is(barrier([1, 5, 2]), 3);
  t.is(barrier([1, 1.5, 2]), 0);
});

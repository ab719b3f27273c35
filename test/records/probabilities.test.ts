import test from 'ava';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import { readNpy } from '../../data/npy.ts';
import { readProbabilities } from '../../records/run.ts';
import { type Run, writeRun } from '../../records/write-run.ts';
import { temporaryFolder } from '../data/tiny.ts';
import { configuration } from './configuration.ts';

const score = { accuracy: 0.5, n: 2, standardError: 0.1 };
const run: Run = {
  configuration,
  startedAt: new Date('2025-01-02T03:04:05Z'),
  seconds: 1,
  folds: [
    {
      train: score,
      validation: score,
      seconds: 1,
      epochs: [],
      solutions: [{ weights: Float32Array.of(1), statistics: Float32Array.of(2) }],
    },
  ],
  scores: { train: score, outOfFold: score, test: null },
  submission: { file: 'plain.csv', sha256: 'ab' },
};
const probabilities = {
  classes: 3,
  test: { probabilities: Float32Array.of(0.1, 0.2, 0.7), of: 'ids' },
  outOfFold: { probabilities: Float32Array.of(1e-45, 1, 0, 1 / 3, 1 / 3, 1 / 3), of: 'labels' },
};

test('probabilities are read back bit by bit, as NumPy would read them', async (t) => {
  const folder = await writeRun(await temporaryFolder(t), { ...run, probabilities });
  t.deepEqual(await readProbabilities(folder), probabilities);
  const file = await readFile(join(folder, 'out-of-fold-probabilities.npy'));
  // NumPy wants the numbers to begin at a multiple of 64.
  t.is((file.length - 2 * 3 * 4) % 64, 0);
  const { shape, type } = readNpy('file', file);
  t.deepEqual([shape, type], [[2, 3], 'f4']);
});

test('a run without test images keeps those out of fold, an older run none', async (t) => {
  const folder = await temporaryFolder(t);
  const withoutTest = { ...probabilities, test: null };
  t.deepEqual(await readProbabilities(await writeRun(folder, { ...run, probabilities: withoutTest })), withoutTest);
  t.is(await readProbabilities(await writeRun(folder, run)), null);
});

test('probabilities that are not those of the record are refused', async (t) => {
  const folder = await writeRun(await temporaryFolder(t), { ...run, probabilities });
  const path = join(folder, 'test-probabilities.npy');
  const whole = await readFile(path);
  const changed = Buffer.from(whole);
  changed[changed.length - 1] ^= 1;
  for (const [content, found] of [
    [changed, 'others: the file was changed'],
    [whole.subarray(0, -1), 'others: the file was changed'],
    [Buffer.alloc(2 ** 17), '131072 bytes'],
    [null, 'no file that can be read'],
  ] as const) {
    await (content ? writeFile(path, content) : rm(path));
    await t.throwsAsync(() => readProbabilities(folder), {
      instanceOf: UserError,
      message: new RegExp(
        `test-probabilities\\.npy: expected the probabilities of 1 images as the record .*, got ${found}\\. Take the run`,
      ),
    });
  }
});

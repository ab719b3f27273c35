/** Runs with networks that can predict, without training. */
import { join } from 'node:path';
import { type Competition, findCompetition } from '../../data/index.ts';
import { initialWeights } from '../../models/engine/layout.ts';
import { createNetwork, loadPlan, type Solution } from '../../models/index.ts';
import { createPool, findMethod } from '../../pipeline/index.ts';
import { writeRun } from '../../records/index.ts';
import { submit } from '../../submissions/index.ts';

/** @returns the folder of a run of two folds with one network each, whose weights are random */
export async function recordNetworks(
  runsDir: string,
  id: string,
  method: 'plain' | 'swa',
  startedAt: string,
): Promise<string> {
  const competition: Competition = findCompetition(id);
  const { shape, classes } = competition;
  const plan = await loadPlan('digit-cnn', shape, classes.length);
  const network = await createNetwork(plan, 'simd');
  const size = shape.height * shape.width * shape.channels;
  const pixels = new Uint8Array(new SharedArrayBuffer(16 * size));
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = (i * 37) % 251;
  const images = { shape, count: 16, pixels };
  const solutions: Solution[] = [];
  for (const seed of [1, 2]) {
    solutions.push(await network.measure(initialWeights(plan, method === 'swa' ? seed + 10 : seed), images));
  }
  const score = { accuracy: 0.5, n: 2, standardError: 0.35 };
  return writeRun(runsDir, {
    configuration: {
      competition: id,
      model: 'digit-cnn',
      engine: 'simd',
      method,
      parameters: findMethod(method).defaults,
      paramsFrom: 'default',
      epochs: 1,
      folds: 2,
      seed: 1,
    },
    startedAt: new Date(startedAt),
    seconds: 1,
    folds: solutions.map((solution) => ({
      train: score,
      validation: score,
      seconds: 1,
      epochs: [],
      solutions: [solution],
    })),
    scores: { train: score, outOfFold: score, test: null },
    submission: { file: join(runsDir, 'x.csv'), sha256: '' },
  });
}

/** Trains for an epoch, so that a run has predictions of real images; hardly anything is learnt. */
export async function trainDigits(folders: {
  readonly dataDir: string;
  readonly runsDir: string;
  readonly outDir: string;
}): Promise<void> {
  const competition = findCompetition('synthetic-digits');
  const pool = createPool(1);
  try {
    await submit(pool, {
      ...folders,
      competition,
      plan: await loadPlan('digit-cnn', competition.shape, competition.classes.length),
      engine: 'simd',
      methods: [
        { id: 'plain', parameters: { ...findMethod('plain').defaults, learningRate: 1e-4 }, paramsFrom: 'default' },
      ],
      epochs: 1,
      folds: 2,
      seed: 1,
    });
  } finally {
    await pool.destroy();
  }
}

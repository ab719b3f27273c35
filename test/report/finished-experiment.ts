/** Results of experiments for tests, without training. */
import { experiments } from '../../experiments/catalogue/index.ts';
import { json } from '../../experiments/report.ts';
import type { Result } from '../../experiments/run.ts';

/** Results as if an experiment had run with two seeds; the last arm diverges. */
export function finishedJson(name: string) {
  const experiment = experiments[name];
  const arms = Object.keys(experiment.arms);
  const results = arms.flatMap((arm, i) =>
    [1, 2].map((seed): Result => {
      if (i === arms.length - 1) return { arm, seed, outcome: { status: 'diverged', epoch: 0, step: 3, seconds: 1 } };
      const accuracy = 0.8 + i / 100 + seed / 1000;
      const curve = [1, 2].map((epoch) => ({
        epoch: epoch - 1,
        learningRate: 0.1,
        trainLoss: 1 / epoch,
        validationAccuracy: accuracy - 0.1 / epoch,
        validationLoss: 2 / epoch,
      }));
      const metrics = { accuracy, loss: 1 - accuracy, trainAccuracy: accuracy, sharpness: 0.1 * i };
      return { arm, seed, outcome: { status: 'done', metrics, curve, seconds: 2 } };
    }),
  );
  return json({ name, experiment, scale: experiment.quick, isQuick: true, engine: 'simd', results, machine: 'a test' });
}

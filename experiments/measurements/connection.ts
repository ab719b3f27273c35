/**
 * Barriers of training loss and test error between the two solutions of an arm: along the straight line, and along a
 * Bézier curve and a polygonal chain of low loss. Source: Garipov et al. 2018, arXiv:1802.10026.
 */
import { barrier, chordPoint, type CurveName, curvePoint, curves, trainCurve, spaced } from '../../analysis/index.ts';
import { parametersSchema } from '../../pipeline/index.ts';
import type { Measurement, Metrics } from './measurement.ts';
import { evaluator } from './sample.ts';

const POINTS = 21;
const EPOCHS = 15;
const parameters = parametersSchema.parse({
  learningRate: 0.05,
  momentum: 0.9,
  batchSize: 128,
  patience: 1,
  weightDecay: 0.0001,
  schedule: 'cosine',
});

const titles = { chord: 'chord', bezier: 'Bézier', polygonal: 'polygonal' };

export const connection: Measurement = {
  columns: {
    endError: { title: 'test error of the worse end', unit: 'share' },
    ...Object.fromEntries(
      Object.entries(titles).flatMap(([way, title]) => [
        [`${way}Barrier`, { title: `${title}: loss barrier`, unit: 'number' }],
        [`${way}Error`, { title: `${title}: highest test error`, unit: 'share' }],
      ]),
    ),
  },
  async measure(trained): Promise<Metrics> {
    const { network, training, beside } = trained;
    if (!beside) return {};
    const ends = [trained.weights[0], beside[0]] as const;
    const evaluateAt = evaluator(trained);
    const metrics: Record<string, number> = {};
    const follow = async (way: string, at: (t: number) => Float32Array): Promise<void> => {
      const values = [];
      for (const t of spaced(0, 1, POINTS)) values.push(await evaluateAt(at(t)));
      metrics.endError ??= Math.max(values[0].testError, values[POINTS - 1].testError);
      metrics[`${way}Barrier`] = barrier(values.map(({ trainLoss }) => trainLoss));
      metrics[`${way}Error`] = Math.max(...values.map(({ testError }) => testError));
    };
    await follow('chord', (t) => chordPoint(ends, t));
    for (const curve of Object.keys(curves) as CurveName[]) {
      const outcome = await trainCurve({ network, curve, ends, images: training, parameters, epochs: EPOCHS, seed: 0 });
      if (outcome.status === 'done') await follow(curve, (t) => curvePoint(curves[curve], ends, outcome.bend, t));
    }
    return metrics;
  },
};

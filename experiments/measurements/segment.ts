/**
 * The line through both solutions of an arm: errors of both, and the growth of the test error from the first solution
 * towards the other one, and the same distance away from it.
 * Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.4.
 */
import { lineBetween, pointAt } from '../../analysis/index.ts';
import { distance } from '../../numerics/vectors.ts';
import type { Measurement, Metrics } from './measurement.ts';
import { evaluator } from './sample.ts';

const STEPS = [0.25, 0.5, 0.75, 1];

export const segment: Measurement = {
  columns: {
    trainLoss: { title: 'train loss', unit: 'number' },
    besideTrainLoss: { title: '… beside', unit: 'number' },
    testError: { title: 'test error', unit: 'share' },
    besideTestError: { title: '… beside', unit: 'share' },
    outward: { title: 'growth outward', unit: 'share' },
    inward: { title: 'growth inward', unit: 'share' },
    length: { title: '‖w − w beside‖', unit: 'number' },
  },
  async measure(trained): Promise<Metrics> {
    const { weights, beside } = trained;
    if (!beside) return {};
    const evaluateAt = evaluator(trained);
    const line = lineBetween(weights[0], beside[0]);
    const [own, other] = [await evaluateAt(weights[0]), await evaluateAt(beside[0])];
    const growth = async (sign: 1 | -1): Promise<number> => {
      let sum = 0;
      for (const t of STEPS) sum += (await evaluateAt(pointAt(line, [sign * t]))).testError - own.testError;
      return sum / STEPS.length;
    };
    return {
      trainLoss: own.trainLoss,
      besideTrainLoss: other.trainLoss,
      testError: own.testError,
      besideTestError: other.testError,
      outward: await growth(-1),
      inward: await growth(1),
      length: distance(weights[0], beside[0]),
    };
  },
};

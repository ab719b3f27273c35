/**
 * Growth of the test error along random rays from both solutions of an arm: the mean of error(t) − error(0) over a ray.
 * Both use the same directions and lengths. Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.4.
 */
import { spaced, pointAt, randomDirections } from '../../analysis/index.ts';
import { length } from '../../numerics/vectors.ts';
import { mean } from '../../numerics/statistics.ts';
import type { Measurement, Metrics } from './measurement.ts';
import { evaluator } from './sample.ts';

export const RAYS = 10;
const POINTS = 5;
/** Length of a ray as a multiple of the norm of the arm's solution, at which the error is much larger. */
const REACH = 1.5;

export const rays: Measurement = {
  columns: {
    growth: { title: 'growth on rays', unit: 'share' },
    besideGrowth: { title: '… beside', unit: 'share' },
    raysWonBeside: { title: `of ${RAYS} rays slower beside`, unit: 'number' },
  },
  async measure(trained): Promise<Metrics> {
    const { network, beside, seed } = trained;
    if (!beside) return {};
    const evaluateAt = evaluator(trained);
    const [own, other] = [trained.weights[0], beside[0]];
    const directions = randomDirections(network.plan, own, { seed, count: RAYS, normalisation: 'unit' });
    const distances = spaced(0, REACH * length(own), POINTS);
    const growths = async (origin: Float32Array): Promise<number[]> => {
      const start = (await evaluateAt(origin)).testError;
      const found: number[] = [];
      for (const direction of directions) {
        let sum = 0;
        for (const t of distances.slice(1)) {
          sum += (await evaluateAt(pointAt({ origin, directions: [direction] }, [t]))).testError - start;
        }
        found.push(sum / (POINTS - 1));
      }
      return found;
    };
    const [ofOwn, ofOther] = [await growths(own), await growths(other)];
    return {
      growth: mean(ofOwn),
      besideGrowth: mean(ofOther),
      raysWonBeside: ofOther.filter((growth, i) => growth < ofOwn[i]).length,
    };
  },
};

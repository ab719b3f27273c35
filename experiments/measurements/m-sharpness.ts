/**
 * m-sharpness: the mean sharpness over batches of m images. Batch-norm statistics are frozen, since those of few images
 * would change the network. Source: Foret et al. 2021, arXiv:2010.01412, section 4.1.
 */
import { firstOf } from '../../data/index.ts';
import { batchesInOrder, frozenGradient, sharpness } from '../../analysis/index.ts';
import { firstSolution, type Measurement } from './measurement.ts';

const IMAGES = 1024;
const RHO = 0.05;
const SIZES = [8, 32, 128, 512];

export const mSharpness: Measurement = {
  columns: Object.fromEntries(SIZES.map((m) => [`sharpness${m}`, { title: `sharpness, m ${m}`, unit: 'number' }])),
  async measure(trained) {
    const solution = await firstSolution(trained);
    const images = firstOf(trained.training, IMAGES);
    const gradient = frozenGradient(trained.network, solution);
    const metrics: Record<string, number> = {};
    for (const m of SIZES) {
      metrics[`sharpness${m}`] = await sharpness(gradient, solution.weights, batchesInOrder(images, m), { rho: RHO });
    }
    return metrics;
  },
};

/** The largest eigenvalue and the trace of the Hessian of the training loss, as analysis/hessian.ts defines it. */
import { firstOf } from '../../data/index.ts';
import { hessian, largestEigenvalues, spectrum } from '../../analysis/index.ts';
import { firstSolution, type Measurement } from './measurement.ts';

/** Number of images, the same for every arm. It is small, since a product needs two gradients of each image. */
const IMAGES = 1024;
const LANCZOS = { seed: 0, mostSteps: 15, tolerance: 0.01 };
const PROBES = { seed: 0, probes: 30, steps: 1 };

export const curvature: Measurement = {
  columns: { lambdaMax: { title: 'λ₁', unit: 'number' }, trace: { title: 'trace', unit: 'number' } },
  async measure(trained) {
    const solution = await firstSolution(trained);
    const { weights } = solution;
    const images = firstOf(trained.training, IMAGES);
    const operator = hessian(trained.network, solution, images);
    const { values } = await largestEigenvalues(operator, weights.length, 1, LANCZOS);
    const { trace } = await spectrum(operator, weights.length, PROBES);
    return { lambdaMax: values[0], trace };
  },
};

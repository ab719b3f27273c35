/** Distances of the collected weights from their average, and between successive ones. */
import { distance } from '../../numerics/vectors.ts';
import { averageWeights } from '../../pipeline/index.ts';
import { mean } from '../../numerics/statistics.ts';
import type { Measurement, Metrics } from './measurement.ts';

export const path: Measurement = {
  columns: {
    radius: { title: '‖w − w̄‖', unit: 'number' },
    stride: { title: '‖w − w before‖', unit: 'number' },
  },
  async measure({ weights }): Promise<Metrics> {
    if (weights.length < 2) return {};
    const center = averageWeights(weights);
    const radii = weights.map((vector) => distance(vector, center));
    const strides = weights.slice(1).map((vector, i) => distance(vector, weights[i]));
    return { radius: mean(radii), stride: mean(strides) };
  },
};

/**
 * The plane through the first, the middle and the last collected weights of a training: errors of the three and of
 * their mean, and the place of the lowest test error. Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.3.
 */
import { boxAround, spaced, firstMiddleLast, planeThrough, pointAt } from '../../analysis/index.ts';
import { averageWeights } from '../../pipeline/index.ts';
import { mean } from '../../numerics/statistics.ts';
import type { Measurement, Metrics } from './measurement.ts';
import { evaluator } from './sample.ts';

/** Points along each axis, and the margin around the three as a share of the longer side of their bounding box. */
const GRID = 9;
const MARGIN = 0.3;

export const plane: Measurement = {
  columns: {
    cornerError: { title: 'mean of three', unit: 'share' },
    bestCornerError: { title: 'best of three', unit: 'share' },
    centreError: { title: 'centre', unit: 'share' },
    cornerTrainLoss: { title: 'train loss of three', unit: 'number' },
    centreTrainLoss: { title: '… of the centre', unit: 'number' },
    lowestError: { title: 'lowest in plane', unit: 'share' },
    lowestDistance: { title: 'its distance from the centre', unit: 'number' },
  },
  async measure(trained): Promise<Metrics> {
    const { weights } = trained;
    if (weights.length < 3) return {};
    const corners = firstMiddleLast(weights);
    const evaluateAt = evaluator(trained);
    const map = planeThrough(...corners);
    const centre = [0, 1].map((axis) => mean(map.coordinates.map((corner) => corner[axis])));
    const fromCentre = (point: readonly number[]): number => Math.hypot(point[0] - centre[0], point[1] - centre[1]);

    const ofCorners = [];
    for (const corner of corners) ofCorners.push(await evaluateAt(corner));
    const ofCentre = await evaluateAt(averageWeights(corners));
    const box = boxAround(map.coordinates, MARGIN);
    let lowest = { error: ofCentre.testError, at: centre };
    for (const y of spaced(...box.y, GRID)) {
      for (const x of spaced(...box.x, GRID)) {
        const { testError } = await evaluateAt(pointAt(map, [x, y]));
        if (testError < lowest.error) lowest = { error: testError, at: [x, y] };
      }
    }
    return {
      cornerError: mean(ofCorners.map(({ testError }) => testError)),
      bestCornerError: Math.min(...ofCorners.map(({ testError }) => testError)),
      centreError: ofCentre.testError,
      cornerTrainLoss: mean(ofCorners.map(({ trainLoss }) => trainLoss)),
      centreTrainLoss: ofCentre.trainLoss,
      lowestError: lowest.error,
      // In units of the mean distance of the three from their centre.
      lowestDistance: fromCentre(lowest.at) / mean(map.coordinates.map(fromCentre)),
    };
  },
};

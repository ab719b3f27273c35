/**
 * Greedy soup: the points are tried from the best to the worst by their score on the validation images, and each joins
 * the average if the average does not get worse by it.
 * Source: Wortsman et al. 2022, arXiv:2203.05482, recipe 1; its ingredients are trainings, these are points of one.
 */
import type { Collector, Points } from '../collector.ts';
import { snapshots } from './snapshots.ts';
import { averageWeights } from './swa.ts';

export function soup(points: Points): Collector {
  const collector = snapshots(points);
  return {
    ...collector,
    async result(last, judge) {
      const kept = await collector.result(last, judge);
      const ingredients: { readonly weights: Float32Array; readonly score: number }[] = [];
      for (const weights of kept) ingredients.push({ weights, score: await judge(weights) });
      // The later one of two equal ones comes first: it was trained for longer.
      const [best, ...others] = ingredients.toReversed().toSorted((a, b) => b.score - a.score);
      const chosen = [best.weights];
      let { score } = best;
      for (const { weights } of others) {
        const scoreWith = await judge(averageWeights([...chosen, weights]));
        // `!(≥)` instead of `<`: a score that is no number does not join.
        if (!(scoreWith >= score)) continue;
        chosen.push(weights);
        score = scoreWith;
      }
      return [averageWeights(chosen)];
    },
  };
}

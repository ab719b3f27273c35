/**
 * fANOVA: the variance of the outcome over the search space, taken apart into what each parameter explains by itself,
 * each pair beyond its two members, and a rest. The outcome between trials comes from a random forest:
 *
 *     a_U(x_U) = mean over all other parameters of f(x),  V_U = Var(a_U) − Σ_{W ⊊ U} V_W,  share_U = V_U / Var(f)
 *
 * averaged over the trees. Every value that can be drawn counts alike, so a parameter that is searched in the logarithm
 * is taken in the logarithm. Values matter, not only ranks: trials that were pruned or diverged have none and are left
 * out, and so are parameters that not all complete trials have with the same distribution.
 * Source: Hutter et al. 2014, "An efficient approach for assessing hyperparameter importance", ICML.
 */
import { sameDistribution } from '../../distributions.ts';
import type { StudySnapshot } from '../../study.ts';
import { cellWeights, growForest, marginal, treeMoments } from '../forest.ts';
import type { Axis, Tree } from '../forest.ts';
import { byShare, tooFewTrials, variedParameters } from './importance.ts';
import type { Importances } from './importance.ts';

/** @throws StudyError if there are fewer than two complete trials with different values */
export function fanova({ definition, trials }: StudySnapshot): Importances {
  const complete = trials.filter(({ state }) => state === 'COMPLETE');
  const values = complete.map(({ value }) => value!);
  if (new Set(values).size < 2) throw tooFewTrials(definition.name, complete.length);
  const names = variedParameters(complete);
  const isShared = (name: string): boolean =>
    complete.every(
      ({ distributions }) =>
        Object.hasOwn(distributions, name) && sameDistribution(distributions[name], complete[0].distributions[name]),
    );
  const shared = names.filter(isShared);
  const { axes, trees } = growForest(
    shared.map((name) => complete[0].distributions[name]),
    complete.map(({ params }) => shared.map((name) => params[name])),
    values,
    definition.seed,
  );
  const shares = meanShares(axes, trees).map(({ chosen, share }) => ({
    parameters: chosen.map((d) => shared[d]),
    share,
  }));
  return { shares: byShare(shares), leftOut: names.filter((name) => !isShared(name)), trials: complete.length };
}

interface Share {
  readonly chosen: readonly number[];
  readonly share: number;
}

/** Of single axes, in their order, and of pairs. */
function meanShares(axes: readonly Axis[], trees: readonly Tree[]): Share[] {
  const singles = [...axes.keys()].map((d) => [d]);
  const pairs = singles.flatMap(([first]) => singles.slice(first + 1).map(([second]) => [first, second]));
  const sets = [...singles, ...pairs];
  const weights = sets.map((chosen) => cellWeights(axes, chosen));
  const sums = new Float64Array(sets.length);
  let used = 0;
  for (const tree of trees) {
    const { mean, variance } = treeMoments(axes, tree);
    // A bootstrap sample may hold one value alone.
    if (variance === 0) continue;
    used++;
    const explained = sets.map((chosen, i) =>
      marginal(axes, tree, chosen).reduce((sum, value, cell) => sum + weights[i][cell] * (value - mean) ** 2, 0),
    );
    for (const [i, chosen] of sets.entries()) {
      const members = chosen.length === 1 ? 0 : explained[chosen[0]] + explained[chosen[1]];
      sums[i] += Math.max(0, explained[i] - members) / variance;
    }
  }
  return sets.map((chosen, i) => ({ chosen, share: used === 0 ? 0 : sums[i] / used }));
}

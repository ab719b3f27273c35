/**
 * fANOVA: the variance of the outcome over the search space, taken apart into what each parameter explains by itself,
 * each pair beyond its two members, and a rest. The outcome between trials comes from a random forest:
 *
 *     a_U(x_U) = mean over all other parameters of f(x),  V_U = Var(a_U) − Σ_{W ⊊ U} V_W,  share_U = V_U / Var(f)
 *
 * averaged over the trees. Every value that can be drawn counts alike, so a parameter that is searched in the logarithm
 * is taken in the logarithm. Values matter, not only ranks: trials that were pruned or diverged have none and are left
 * out, and so are parameters that not all complete trials have with the same distribution. Of a long study a sample is
 * looked at, and pairs are told of those parameters alone at which the trees split the most off the variance.
 * Source: Hutter et al. 2014, "An efficient approach for assessing hyperparameter importance", ICML.
 */
import { sameDistribution } from '../../distributions.ts';
import type { StudySnapshot } from '../../read-study.ts';
import { growForest, scaleOf } from '../forest.ts';
import type { Forest } from '../forest.ts';
import { drawTrials, type Sample } from '../sample.ts';
import { byShare, tooFewTrials, variedParameters } from './importance.ts';
import type { Importances } from './importance.ts';
import { treeVariances } from './tree-variance.ts';

/** Numbers that the forest may learn from, trials × parameters: they decide how long it takes. */
const mostNumbers = 32_000;
const mostTrials = 1_000;
/** A forest needs some, however many parameters there are. */
const leastTrials = 200;
/** Parameters whose pairs are looked at. */
const mostPaired = 24;

/** @throws StudyError if there are fewer than two complete trials with different values */
export function fanova({ definition, trials }: StudySnapshot): Importances {
  const { trials: complete, of } = fanovaTrials({ definition, trials });
  const values = complete.map(({ value }) => value!);
  if (new Set(values).size < 2) throw tooFewTrials(definition.name, of);
  const names = variedParameters(complete);
  const isShared = (name: string): boolean =>
    complete.every(
      ({ distributions }) =>
        Object.hasOwn(distributions, name) && sameDistribution(distributions[name], complete[0].distributions[name]),
    );
  const shared = names.filter(isShared);
  const scale = scaleOf(values);
  const forest = growForest(
    shared.map((name) => complete[0].distributions[name]),
    complete.map(({ params }) => shared.map((name) => params[name])),
    values.map((value) => value / scale),
    definition.seed,
  );
  const shares = meanShares(forest).map(({ chosen, share }) => ({ parameters: chosen.map((d) => shared[d]), share }));
  return { shares: byShare(shares), leftOut: names.filter((name) => !isShared(name)), trials: complete.length, of };
}

/** The trials that `fanova` uses: all complete trials of a short study, a sample of those of a long one. */
export function fanovaTrials({ definition, trials }: Omit<StudySnapshot, 'bestTrial'>): Sample {
  const complete = trials.filter(({ state }) => state === 'COMPLETE');
  const parameters = Object.keys(complete[0]?.distributions ?? {}).length;
  const most = Math.max(leastTrials, Math.min(mostTrials, Math.floor(mostNumbers / Math.max(1, parameters))));
  return drawTrials(complete, most, definition.seed);
}

interface Share {
  readonly chosen: readonly number[];
  readonly share: number;
}

/** Mean shares of variance: those of single axes in their order, then those of pairs. */
function meanShares({ axes, trees }: Forest): Share[] {
  const singles = [...axes.keys()].map((d) => [d]);
  const paired = pairedAxes({ axes, trees });
  const pairs = paired.flatMap((first, i) => paired.slice(i + 1).map((second) => [first, second]));
  const sets = [...singles, ...pairs];
  const sums = new Float64Array(sets.length);
  let used = 0;
  for (const tree of trees) {
    const { total, explained } = treeVariances(axes, tree, sets);
    // A bootstrap sample may hold one value alone.
    if (total === 0) continue;
    used++;
    for (const [i, chosen] of sets.entries()) {
      const members = chosen.length === 1 ? 0 : explained[chosen[0]] + explained[chosen[1]];
      sums[i] += Math.max(0, explained[i] - members) / total;
    }
  }
  return sets.map((chosen, i) => ({ chosen, share: used === 0 ? 0 : sums[i] / used }));
}

/** In rising order. */
function pairedAxes({ axes, trees }: Forest): number[] {
  const gains = axes.map((_axis, d) => trees.reduce((sum, tree) => sum + tree.gains[d], 0));
  const chosen = [...axes.keys()].toSorted((a, b) => gains[b] - gains[a]).slice(0, mostPaired);
  return chosen.toSorted((a, b) => a - b);
}

/**
 * PED-ANOVA: a parameter matters as far as its values among the best trials are distributed unlike its values among
 * all trials. Needs ranks alone, so trials that were pruned or diverged count as well: as the worst.
 *
 *     v = α²/β · D(p_top ‖ p_all),  D(p ‖ q) = Σ_x q(x) (p(x)/q(x) − 1)²,  share = v / Σ v
 *
 * over a grid, with α and β the parts of the best and of all trials that have the parameter at all (1 unless it is
 * conditional). The densities are Parzen estimates with Scott's bandwidth, details as in Optuna.
 * Source: Watanabe et al. 2023, arXiv:2304.10255; for conditional parameters arXiv:2601.20800, theorem 4.2.
 */
import { onlyValue, stepOf } from '../../distributions.ts';
import type {
  CategoricalDistribution,
  Distribution,
  NumericDistribution,
  ParameterValue,
} from '../../distributions.ts';
import { normalCdf } from '../../../numerics/normal.ts';
import { toRange } from '../../samplers/range.ts';
import type { StudySnapshot } from '../../read-study.ts';
import { isFinished } from '../../frozen-trial.ts';
import type { FrozenTrial } from '../../frozen-trial.ts';
import { drawTrials, type Sample } from '../sample.ts';
import { byShare, tooFewTrials, variedParameters } from './importance.ts';
import type { Importances } from './importance.ts';

/** Part of the trials that are "the best": γ′ of the paper. */
const topPart = 0.1;
/** Least number of best trials, and of trials with one distribution of a parameter. */
const leastTrials = 2;
const mostGridPoints = 50;
const mostTrials = 10_000;
/** Weight of the wide prior component, in observations. */
const priorWeight = 1;
/** In grid steps: 90 % of a component lie within its own grid point. */
const leastBandwidth = 0.5 / 1.64;
/** Keeps a quotient of densities finite. */
const leastDensity = 1e-12;

/** Trials that are not finished are left out. @throws StudyError if none is worse than the best ones */
export function pedAnova({ definition, trials }: StudySnapshot): Importances {
  const { trials: finished, of } = pedAnovaTrials({ definition, trials });
  const top = topTrials(finished, definition.direction === 'minimize' ? 1 : -1);
  if (top.size === finished.length) throw tooFewTrials(definition.name, finished.length);
  const names = variedParameters(finished);
  const divergences = names.map((name) => divergence(name, finished, top));
  const total = divergences.reduce((sum, value) => sum + value, 0);
  const shares = names.map((name, i) => ({ parameters: [name], share: total > 0 ? divergences[i] / total : 0 }));
  return { shares: byShare(shares), leftOut: [], trials: finished.length, of };
}

/** The trials that `pedAnova` uses: all finished trials, or a sample of those of a very long study. */
export function pedAnovaTrials({ definition, trials }: Omit<StudySnapshot, 'bestTrial'>): Sample {
  return drawTrials(trials.filter(isFinished), mostTrials, definition.seed);
}

/** The best tenth, at least two, and all that are as good. Only COMPLETE trials, unless there are none. */
function topTrials(finished: readonly FrozenTrial[], sign: number): ReadonlySet<FrozenTrial> {
  const loss = ({ value }: FrozenTrial): number => (value === null ? Infinity : sign * value);
  const losses = finished.filter(({ value }) => value !== null).map(loss);
  const count = Math.min(Math.max(Math.ceil(topPart * finished.length), leastTrials), losses.length);
  const cutoff = losses.toSorted((a, b) => a - b)[count - 1] ?? Infinity;
  return new Set(finished.filter((trial) => loss(trial) <= cutoff));
}

/** Divergence of one parameter. If the parameter has had several distributions, it is the sum over them. */
function divergence(name: string, finished: readonly FrozenTrial[], top: ReadonlySet<FrozenTrial>): number {
  const having = finished.filter((trial) => Object.hasOwn(trial.distributions, name));
  const keys = new Map<Distribution, string>();
  const groups = Map.groupBy(having, ({ distributions: { [name]: distribution } }) => {
    // Trials of one space share its objects: one text for each, not for each trial.
    const key = keys.get(distribution) ?? JSON.stringify(distribution);
    keys.set(distribution, key);
    return key;
  });
  let sum = 0;
  for (const all of groups.values()) {
    const best = all.filter((trial) => top.has(trial));
    const distribution = all[0].distributions[name];
    if (all.length < leastTrials || best.length === 0 || onlyValue(distribution) !== undefined) continue;
    const valuesOf = (some: readonly FrozenTrial[]): ParameterValue[] => some.map(({ params }) => params[name]);
    const [p, q] = [best, all].map((some) => densityOnGrid(distribution, valuesOf(some)));
    const pearson = q.reduce((total, density, x) => total + density * (p[x] / density - 1) ** 2, 0);
    sum += ((best.length / top.size) ** 2 / (all.length / finished.length)) * pearson;
  }
  return sum;
}

/** f64[grid points]: how the values are distributed over the grid of their distribution. */
export function densityOnGrid(distribution: Distribution, values: readonly ParameterValue[]): Float64Array {
  const density =
    distribution.kind === 'categorical'
      ? categoricalDensity(distribution, values)
      : numericDensity(gridCounts(distribution, values.map(Number)));
  return density.map((part) => part + leastDensity);
}

/** One component for each choice that occurs: most of it on the choice, the rest over all choices alike. */
function categoricalDensity({ choices }: CategoricalDistribution, values: readonly ParameterValue[]): Float64Array {
  const occurring = new Set(values);
  const base = priorWeight / (occurring.size + 1);
  const total = values.length + priorWeight;
  const rest = (values.length * base) / (choices.length * base + 1) + priorWeight / choices.length;
  return Float64Array.from(choices, (choice) => {
    const count = values.reduce<number>((sum, value) => sum + Number(value === choice), 0);
    return (rest + count / (choices.length * base + 1)) / total;
  });
}

/** How many values are nearest to each point of an even grid over the range; in the logarithm if the range is. */
function gridCounts(distribution: NumericDistribution, values: readonly number[]): Int32Array {
  const low = toRange(distribution, distribution.low);
  const high = toRange(distribution, distribution.high);
  const counts = new Int32Array(gridSize(distribution));
  const spacing = (high - low) / (counts.length - 1);
  for (const value of values) {
    const index = Math.ceil((toRange(distribution, value) - low) / spacing - 0.5);
    counts[Math.min(Math.max(index, 0), counts.length - 1)]++;
  }
  return counts;
}

function gridSize(distribution: NumericDistribution): number {
  const { kind, low, high, log } = distribution;
  const step = stepOf(distribution);
  if (step === 0) return mostGridPoints;
  // The points of an even grid in the logarithm that integers can tell apart.
  const size = kind === 'int' && log === true ? Math.ceil(Math.log2(high - low + 1)) : Math.round((high - low) / step);
  return Math.min(size + 1, mostGridPoints);
}

/** Normal components on the grid 0, 1, … of these counts, cut off at its ends, and a wide prior component in the middle. */
function numericDensity(counts: Int32Array): Float64Array {
  const density = new Float64Array(counts.length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const bandwidth = Math.max(scottBandwidth(counts, total), leastBandwidth);
  const add = (weight: number, centre: number, width: number): void => {
    const cdf = (x: number): number => normalCdf((x - centre) / width);
    const mass = cdf(counts.length - 0.5) - cdf(-0.5);
    for (let x = 0; x < counts.length; x++) {
      density[x] += ((weight / (total + priorWeight)) * (cdf(x + 0.5) - cdf(x - 0.5))) / mass;
    }
  };
  for (const [x, count] of counts.entries()) if (count > 0) add(count, x, bandwidth);
  add(priorWeight, (counts.length - 1) / 2, counts.length);
  return density;
}

/** 1.059 min(IQR / 1.34, σ) n^(−1/5). Source: Scott 1992, "Multivariate density estimation". */
function scottBandwidth(counts: Int32Array, n: number): number {
  const mean = counts.reduce((sum, count, x) => sum + count * x, 0) / n;
  const squares = counts.reduce((sum, count, x) => sum + count * (x - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, n - 1));
  const points = [...counts.keys()].filter((x) => counts[x] > 0);
  const cumulative: number[] = [];
  for (const x of points) cumulative.push((cumulative.at(-1) ?? 0) + counts[x]);
  const first = cumulative.findIndex((count) => count >= Math.floor(n / 4));
  const third = cumulative.findIndex((count) => count > Math.floor((3 * n) / 4));
  const interquartile = points[third === -1 ? points.length - 1 : third] - points[first];
  return 1.059 * Math.min(interquartile / 1.34, deviation) * n ** -0.2;
}

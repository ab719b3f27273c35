/**
 * A pruner made for cross-validation: it forecasts the score of the whole trial from the folds that are finished and
 * the curve of the one that runs, and ends the trial once it is unlikely to reach the best trial so far.
 *
 * All that the forecast needs comes from the peers, the better half of the complete trials; the others, collapsed ones
 * among them, would say little about a trial that could become the best.
 *
 * Between folds, a score is level of the trial + effect of the fold + noise of variance σ² (two-way analysis of
 * variance over the peers). The effects pair the folds: a fold that is easy for all says nothing for a trial.
 * The mean of what remains of j finished folds forecasts the mean of all K, with variance σ² (1/j − 1/K); the folds
 * that all trials share are a finite population, so it is 0 when all are known.
 *
 * Within a fold, its score is forecast as the best report so far + what peers still gained from that epoch on. That gain
 * is level of the trial (mean γ, variance B over the peers) + noise of the fold (variance W). A trial that has finished
 * folds shows its own gains too, and both estimates are weighted by their precision: a slow learner is known by its
 * first fold. A forecast with variance φ² counts as the part σ² / (σ² + φ²) of a fold; this is the best linear forecast.
 *
 * The one-sided t test of the forecast against the best trial's score ends the trial. Its level is `risk`, one half
 * divided over the ends of folds, one half over all other epochs, so that the risk of a whole trial is below it
 * (Bonferroni), however often it is looked at.
 */
import type { Direction } from '../samplers/sampler.ts';
import type { FrozenTrial } from '../trial.ts';
import type { Pruner, TrialShape } from './pruner.ts';
import { scoreAt } from './scores.ts';
import { studentTail } from './student.ts';

export interface FoldsOptions {
  /** Bound on the chance that a trial is ended though it would have become the best. Default: 0.1. */
  readonly risk?: number;
}

/** What a trial reported of one fold. */
interface FoldCurve {
  /** Best score up to each epoch: the gains from there are steadier than those from the last score. */
  readonly best: readonly number[];
  /** Of the last epoch; NaN while the fold is not finished. */
  readonly score: number;
}

type Curves = readonly FoldCurve[];

/** At least this many peers: one alone has no variance. */
const FEWEST_PEERS = 2;

/** @throws RangeError unless `risk` is in (0, 1) */
export function foldsPruner(shape: TrialShape, { risk = 0.1 }: FoldsOptions = {}): Pruner {
  if (!(risk > 0 && risk < 1)) throw new RangeError(`Expected \`risk\` in (0, 1), got ${risk}.`);
  const { folds, stepsPerFold } = shape;
  const levelBetween = risk / 2 / (folds - 1);
  const levelWithin = risk / 2 / (folds * (stepsPerFold - 1));
  return ({ direction, trial, step, history }) => {
    if (scoreAt(trial, step, direction) === -Infinity) return true;
    const peers = findPeers(history, shape, direction);
    if (peers.length < FEWEST_PEERS) return false;
    const { effects, variance, degrees } = analyse(peers);

    const curves = curvesOf(trial, shape, direction);
    const finished = curves.flatMap(({ score }, fold) => (Number.isNaN(score) ? [] : [fold]));
    let known = finished.length;
    let sum = total(finished.map((fold) => curves[fold].score - effects[fold]));
    const running = Math.floor(step / stepsPerFold);
    const epoch = step % stepsPerFold;
    if (!finished.includes(running)) {
      const own = finished.map((fold) => curves[fold]);
      const gain = forecastGain(peers, own, epoch);
      const part = variance / (variance + gain.variance);
      known += part;
      sum += part * (curves[running].best[epoch] + gain.mean - effects[running]);
    }
    if (finished.length === folds || known === 0) return false;

    const shortfall = levelOf(peers[0]) - sum / known;
    const deviation = Math.sqrt(variance * (1 / known - 1 / folds));
    const level = finished.includes(running) ? levelBetween : levelWithin;
    return shortfall > 0 && studentTail(shortfall / deviation, degrees) < level;
  };
}

/**
 * The order in which the folds of the next trial decide fastest: those first that lie closest to what the other folds
 * of the same trial say, by the residuals of the peers.
 * @returns a permutation of 0 … folds − 1; as they are while there are too few peers to tell
 */
export function foldOrder(
  history: readonly FrozenTrial[],
  { direction, ...shape }: TrialShape & { readonly direction: Direction },
): number[] {
  const all = Array.from({ length: shape.folds }, (_, fold) => fold);
  const peers = findPeers(history, shape, direction);
  if (peers.length < FEWEST_PEERS) return all;
  const { residuals } = analyse(peers);
  const noise = all.map((fold) => total(residuals.map((ofTrial) => ofTrial[fold] ** 2)));
  return all.toSorted((a, b) => noise[a] - noise[b]);
}

/** The better half of the complete trials, best first; only those with a number for every epoch of every fold. */
const findPeers = (history: readonly FrozenTrial[], shape: TrialShape, direction: Direction): Curves[] => {
  const whole = wholeOf(history, shape, direction);
  return whole.slice(0, Math.max(FEWEST_PEERS, Math.ceil(whole.length / 2)));
};
function wholeOf(history: readonly FrozenTrial[], shape: TrialShape, direction: Direction): Curves[] {
  return history
    .filter(({ state }) => state === 'COMPLETE')
    .map((trial) => curvesOf(trial, shape, direction))
    .filter((curves) => curves.every(({ best, score }) => Number.isFinite(score) && best.every(Number.isFinite)))
    .toSorted((a, b) => levelOf(b) - levelOf(a));
}

function curvesOf(trial: FrozenTrial, { folds, stepsPerFold }: TrialShape, direction: Direction): Curves {
  return Array.from({ length: folds }, (_, fold) => {
    const best: number[] = [];
    for (let epoch = 0; epoch < stepsPerFold; epoch += 1) {
      const score = scoreAt(trial, fold * stepsPerFold + epoch, direction) ?? -Infinity;
      best.push(Math.max(score, best[epoch - 1] ?? -Infinity));
    }
    return { best, score: scoreAt(trial, (fold + 1) * stepsPerFold - 1, direction) ?? NaN };
  });
}

/** Two-way analysis of variance of the fold scores: effect of each fold, and what neither trial nor fold explains. */
function analyse(peers: readonly Curves[]) {
  const deviations = peers.map((curves) => curves.map(({ score }) => score - levelOf(curves)));
  const effects = peers[0].map((_, fold) => mean(deviations.map((ofTrial) => ofTrial[fold])));
  const residuals = deviations.map((ofTrial) => ofTrial.map((deviation, fold) => deviation - effects[fold]));
  const degrees = (peers.length - 1) * (effects.length - 1);
  return { effects, residuals, degrees, variance: total(residuals.flat().map((residual) => residual ** 2)) / degrees };
}

/**
 * How much a fold's score will lie above its best report up to this epoch.
 * @param own finished folds of the trial itself
 */
function forecastGain(peers: readonly Curves[], own: Curves, epoch: number): { mean: number; variance: number } {
  const gainsOf = (curves: Curves): number[] => curves.map(({ best, score }) => score - best[epoch]);
  const gains = peers.map(gainsOf);
  const noise = mean(gains.map(sampleVariance));
  const usual = { mean: mean(gains.map(mean)), variance: sampleVariance(gains.map(mean)) * (1 + 1 / peers.length) };
  if (own.length === 0 || usual.variance === 0) return { mean: usual.mean, variance: usual.variance + noise };
  const shown = { mean: mean(gainsOf(own)), variance: noise / own.length };
  const weight = usual.variance / (usual.variance + shown.variance);
  return {
    mean: weight * shown.mean + (1 - weight) * usual.mean,
    variance: weight * shown.variance + noise,
  };
}

const levelOf = (curves: Curves): number => mean(curves.map(({ score }) => score));

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const mean = (values: readonly number[]): number => total(values) / values.length;

function sampleVariance(values: readonly number[]): number {
  const centre = mean(values);
  return total(values.map((value) => (value - centre) ** 2)) / (values.length - 1);
}

export function orderBy(cap: number, sign: number) {
  return (
    history: readonly FrozenTrial[],
    { direction, ...shape }: TrialShape & { readonly direction: Direction },
  ): number[] => {
    const all = Array.from({ length: shape.folds }, (_, fold) => fold);
    const peers = findPeers(history, shape, direction);
    if (peers.length < FEWEST_PEERS) return all;
    const { effects, variance } = analyse(peers);
    const s = Math.sqrt(variance);
    const rest = wholeOf(history, shape, direction).slice(1);
    const power = all.map((f) =>
      mean(rest.map((c) => Math.min(cap, (levelOf(peers[0]) - c[f].score + effects[f]) / s))),
    );
    return all.toSorted((a, b) => sign * (power[b] - power[a]));
  };
}

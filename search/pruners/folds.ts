/**
 * A pruner made for cross-validation: it forecasts the score of the whole trial from the folds that are finished and
 * the curve of the one that runs, and ends the trial once it is unlikely to reach the best trial so far.
 *
 * All that the forecast needs comes from the peers, the better half of the complete trials; the others, collapsed ones
 * among them, would say little about a trial that could become the best.
 *
 * Between folds, a score is level of the trial + effect of the fold + noise of variance σ² (two-way analysis of
 * variance over the peers). The effects pair the folds: a fold that is easy for all says nothing for a trial.
 * The mean of j finished folds, their effects taken off, forecasts the mean of all K with variance σ² (1/j − 1/K).
 *
 * Within a fold, its score is forecast as the best report so far + what peers still gained from that epoch on. That gain
 * is level of the trial (mean γ, variance B over the peers) + noise of the fold (variance W). A trial that has finished
 * folds shows its own gains too, and both estimates are weighted by their precision: a slow learner is known by its
 * first fold. A forecast with variance φ² counts as the part σ² / (σ² + φ²) of a fold, which is the best linear forecast.
 *
 * The one-sided t test of the forecast against the best trial's score ends the trial. It is made at the ends of folds and
 * within them after 1, 2, 4, 8, … epochs: a forecast says little new before its fold is twice as old, and every look has
 * its price. The level is `risk`, one half divided over the ends of folds, one half over the other looks, so that as far
 * as the model holds the risk of a whole trial is below it (Bonferroni). What it saves and loses is measured by
 * `npm run bench -- pruning`.
 */
import type { Direction } from '../direction.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import type { Pruner, TrialShape } from './pruner.ts';
import { scoreAt } from './scores.ts';
import { mean, sampleVariance, sum } from '../../numerics/statistics.ts';
import { studentTail } from '../../numerics/student.ts';

interface FoldsOptions {
  /** Bound on the chance that a trial is ended though it would have become the best. Default: 0.02. */
  readonly risk?: number;
}

/** What a trial reported of one fold. */
interface FoldCurve {
  /** Best score up to each epoch: the gains from there are steadier than those from the last score. */
  readonly best: readonly number[];
  /** Score of the last epoch; NaN while the fold is not finished. */
  readonly score: number;
}

type Curves = readonly FoldCurve[];

/** A complete trial. */
interface Whole {
  readonly curves: Curves;
  /** Mean score of its folds. */
  readonly level: number;
}

/** The model that comes from the peers of a trial: it is the same at each report of the trial. */
interface Peers {
  /** The complete trials, best first. */
  readonly whole: readonly Whole[];
  readonly better: readonly Whole[];
  readonly effects: readonly number[];
  /** σ² */
  readonly variance: number;
  readonly degrees: number;
  /** By epoch. */
  readonly gains: Map<number, PeerGain>;
}

interface PeerGain {
  /** W */
  readonly noise: number;
  /** γ, and B for a trial that is not among the peers. */
  readonly mean: number;
  readonly variance: number;
}

/** At least this many peers: one alone has no variance. */
const FEWEST_PEERS = 2;
/** Standard deviations of the noise at which a fold decides. */
const CLEAR = 4;

/** @throws RangeError unless `risk` is in (0, 1) */
export function foldsPruner(shape: TrialShape, { risk = 0.02 }: FoldsOptions = {}): Pruner {
  if (!(risk > 0 && risk < 1)) throw new RangeError(`Expected \`risk\` in (0, 1), got ${risk}.`);
  const { folds, stepsPerFold } = shape;
  const levelBetween = risk / 2 / (folds - 1);
  const looks = Array.from({ length: stepsPerFold - 1 }, (_, epoch) => epoch).filter(isLook).length;
  const levelWithin = risk / 2 / (folds * looks);
  return ({ direction, trial, step, history }) => {
    if (scoreAt(trial, step, direction) === -Infinity) return true;
    const epoch = step % stepsPerFold;
    if (epoch < stepsPerFold - 1 && !isLook(epoch)) return false;
    const peers = peersIn(history, { ...shape, direction });
    if (peers.better.length < FEWEST_PEERS) return false;
    const { effects, variance, degrees } = peers;

    const curves = curvesOf(trial, shape, direction);
    const finished = curves.flatMap(({ score }, fold) => (Number.isNaN(score) ? [] : [fold]));
    let known = finished.length;
    let total = sum(finished.map((fold) => curves[fold].score - effects[fold]));
    const running = Math.floor(step / stepsPerFold);
    if (!finished.includes(running)) {
      const own = finished.map((fold) => curves[fold]);
      const gain = forecastGain(peers, own, epoch);
      const part = variance / (variance + gain.variance);
      known += part;
      total += part * (curves[running].best[epoch] + gain.mean - effects[running]);
    }
    if (finished.length === folds || known === 0) return false;

    const shortfall = peers.better[0].level - total / known;
    const deviation = Math.sqrt(variance * (1 / known - 1 / folds));
    const level = finished.includes(running) ? levelBetween : levelWithin;
    return shortfall > 0 && studentTail(shortfall / deviation, degrees) < level;
  };
}

/** Whether the number of epochs that are done, this one included, is a power of two. */
function isLook(epoch: number): boolean {
  return Number.isInteger(Math.log2(epoch + 1));
}

/**
 * The order in which the folds of the next trial decide fastest: first those on which earlier trials fell furthest
 * behind the best one, in units of the noise. A clear case counts as no more than `CLEAR`, so that one that collapsed
 * outweighs no others.
 * @returns a permutation of 0 … folds − 1; as they are while there are too few trials to tell
 */
export function foldOrder(history: readonly FrozenTrial[], shape: ScoredShape): number[] {
  const all = Array.from({ length: shape.folds }, (_, fold) => fold);
  const { whole, effects, variance } = peersIn(history, shape);
  const [best, ...others] = whole;
  if (others.length === 0) return all;
  const noise = Math.sqrt(variance);
  const power = all.map((fold) =>
    mean(others.map(({ curves }) => Math.min(CLEAR, (best.level + effects[fold] - curves[fold].score) / noise))),
  );
  return all.toSorted((a, b) => power[b] - power[a]);
}

interface ScoredShape extends TrialShape {
  readonly direction: Direction;
}

/** The last result for a record or a history. Neither of them changes. */
interface Remembered<T> extends ScoredShape {
  readonly value: T;
}

const wholes = new WeakMap<FrozenTrial, Remembered<Whole | null>>();
const peersOfHistories = new WeakMap<readonly FrozenTrial[], Remembered<Peers> & { readonly length: number }>();

const isOf = (known: ScoredShape, { folds, stepsPerFold, direction }: ScoredShape): boolean =>
  known.folds === folds && known.stepsPerFold === stepsPerFold && known.direction === direction;

function peersIn(history: readonly FrozenTrial[], shape: ScoredShape): Peers {
  const known = peersOfHistories.get(history);
  if (known !== undefined && known.length === history.length && isOf(known, shape)) return known.value;
  const whole = history
    .map((trial) => wholeOf(trial, shape))
    .filter((one) => one !== null)
    .toSorted((a, b) => b.level - a.level);
  const better = whole.slice(0, Math.max(FEWEST_PEERS, Math.ceil(whole.length / 2)));
  const analysis = better.length < FEWEST_PEERS ? { effects: [], variance: NaN, degrees: NaN } : analyse(better);
  const value: Peers = { whole, better, ...analysis, gains: new Map() };
  peersOfHistories.set(history, { ...shape, length: history.length, value });
  return value;
}

/** @returns null unless the trial is complete and has a number for every epoch of every fold */
function wholeOf(trial: FrozenTrial, shape: ScoredShape): Whole | null {
  if (trial.state !== 'COMPLETE') return null;
  const known = wholes.get(trial);
  if (known !== undefined && isOf(known, shape)) return known.value;
  const curves = curvesOf(trial, shape, shape.direction);
  const isWhole = curves.every(({ best, score }) => Number.isFinite(score) && best.every(Number.isFinite));
  const value = isWhole ? { curves, level: mean(curves.map(({ score }) => score)) } : null;
  wholes.set(trial, { ...shape, value });
  return value;
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

/** Two-way analysis of variance of the fold scores: the effect of each fold, and what neither trial nor fold explains. */
function analyse(peers: readonly Whole[]): { effects: number[]; variance: number; degrees: number } {
  const deviations = peers.map(({ curves, level }) => curves.map(({ score }) => score - level));
  const effects = peers[0].curves.map((_, fold) => mean(deviations.map((ofTrial) => ofTrial[fold])));
  const residuals = deviations.flatMap((ofTrial) => ofTrial.map((deviation, fold) => deviation - effects[fold]));
  const degrees = (peers.length - 1) * (effects.length - 1);
  return { effects, variance: sum(residuals.map((residual) => residual ** 2)) / degrees, degrees };
}

/**
 * How much a fold's score will lie above its best report up to this epoch.
 * @param own finished folds of the trial itself
 */
function forecastGain(peers: Peers, own: Curves, epoch: number): { mean: number; variance: number } {
  const usual = peers.gains.get(epoch) ?? peerGain(peers.better, epoch);
  peers.gains.set(epoch, usual);
  const { noise } = usual;
  if (own.length === 0 || usual.variance === 0) return { mean: usual.mean, variance: usual.variance + noise };
  const shown = { mean: mean(gainsOf(own, epoch)), variance: noise / own.length };
  const weight = usual.variance / (usual.variance + shown.variance);
  return {
    mean: weight * shown.mean + (1 - weight) * usual.mean,
    variance: weight * shown.variance + noise,
  };
}

function peerGain(peers: readonly Whole[], epoch: number): PeerGain {
  const gains = peers.map(({ curves }) => gainsOf(curves, epoch));
  const means = gains.map(mean);
  return {
    noise: mean(gains.map(sampleVariance)),
    mean: mean(means),
    variance: sampleVariance(means) * (1 + 1 / peers.length),
  };
}

const gainsOf = (curves: Curves, epoch: number): number[] => curves.map(({ best, score }) => score - best[epoch]);

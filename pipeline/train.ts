/** THE training loop. */
import { findMetric, type LabelledImages, turned } from '../data/index.ts';
import { type Batch, initialWeights, type MaybePromise, type Network, vectorsOf } from '../models/index.ts';
import { type Averages, createAverages, eachAverageInTurn } from './averages.ts';
import { createBatches } from './batches.ts';
import type { Collector, Judge } from './collector.ts';
import { createGradient, createOptimizer } from './descent.ts';
import type { Parameters } from './parameters.ts';
import type { Method } from './method.ts';
import type { Course } from './shared-trajectory.ts';

export interface EpochMetrics {
  /** Counted from 0. */
  readonly epoch: number;
  /** η of the epoch's last step. */
  readonly learningRate: number;
  /** Mean cross-entropy over the epoch's batches, in nats, while the weights moved. */
  readonly trainLoss: number;
  /**
   * Accuracy, 0 to 1, of the weights at the end of the epoch, on the validation images. All validation scores are absent
   * after an epoch that `validateEvery` leaves out.
   */
  readonly validationAccuracy?: number;
  readonly validationLoss?: number;
  /** By the metric of the images, where that is not accuracy. */
  readonly validationMetric?: number;
}

export type TrainingResult =
  | ({
      readonly status: 'done';
      readonly solutions: Float32Array[];
      readonly epochs: EpochMetrics[];
      /** Where they were asked for. */
      readonly averages?: Averages<Float32Array>;
    } & TrainingEnd)
  /** `shouldStop` returned true after the last of these epochs. */
  | { readonly status: 'stopped'; readonly epochs: EpochMetrics[] }
  | ({ readonly status: 'diverged'; readonly epochs: EpochMetrics[] } & DivergencePlace);

/** How a training came to its end. */
export interface TrainingEnd {
  /** It had all of its epochs, or the schedule stopped it on a plateau. */
  readonly ended: 'epochs' | 'plateau';
  /** The epoch whose weights predict in place of the last ones, counted from 0; null unless they were restored. */
  readonly restoredEpoch: number | null;
}

/** The step whose loss was not finite, or after which the validation loss was not. */
export interface DivergencePlace {
  /** Counted from 0. */
  readonly epoch: number;
  /** Counted from 0 over the training. */
  readonly step: number;
  /** η of the step that led there. */
  readonly learningRate: number;
}

/** A training whose epochs are the first ones of another, or all of them. It is not trained, but collected there. */
export interface Alongside extends Course {
  /** Called after its last epoch, unless the training diverges before. */
  readonly onEnd: (solutions: Float32Array[]) => void;
}

export interface TrainingTask {
  readonly network: Network;
  readonly images: LabelledImages;
  readonly method: Method;
  readonly parameters: Parameters;
  readonly epochs: number;
  readonly seed: number;
  /** Whether averages of the trajectory are made besides. Default: false. */
  readonly withAverages?: boolean;
  /** Trainings whose epochs are the first ones of this one, as `isBeginningOf` finds. Default: none */
  readonly alongside?: readonly Alongside[];
  /** Scores the weights on validation images after every `validateEvery`-th epoch, and after the last. */
  readonly validate: (weights: Float32Array) => Promise<{ accuracy: number; loss: number; metric?: number }>;
  readonly onEpoch?: (metrics: EpochMetrics) => void;
  /** Called with each batch before its step, to change its `targets`, which then are there. */
  readonly teach?: (batch: Batch) => MaybePromise<void>;
  /** Called after every epoch; return true to cancel. */
  readonly shouldStop?: () => boolean;
}

/** Trains from fresh weights. The same task gives the same bits. */
export async function train(task: TrainingTask): Promise<TrainingResult> {
  const { network, images, method, parameters, epochs, seed } = task;
  const stepsPerEpoch = Math.ceil(images.count / parameters.batchSize);
  const { plan } = network;
  const { schedule, collector } = method.compose(parameters, { epochs, stepsPerEpoch, seed, plan });
  const averages = task.withAverages ? createAverages(parameters, { epochs, stepsPerEpoch }) : null;
  const alongside = (task.alongside ?? []).map(({ method: other, parameters: own, epochs: length, onEnd }) => ({
    collector: other.compose(own, { epochs: length, stepsPerEpoch, seed, plan }).collector,
    epochs: length,
    onEnd,
  }));
  const observersIn = (epoch: number): Collector[] => [
    collector,
    ...Object.values(averages ?? {}),
    ...alongside.filter((other) => epoch < other.epochs).map((other) => other.collector),
  ];
  const batches = createBatches(images, parameters.batchSize, seed, {
    augmentation: parameters.augment,
    labelSmoothing: parameters.labelSmoothing,
    classWeights: parameters.classWeights,
    classes: plan.classes,
    hasTargets: task.teach !== undefined,
  });
  const vectors = vectorsOf(network.kernels);
  const weights = initialWeights(plan, seed);
  const gradient = new Float32Array(weights.length);
  const lossAndGradient = createGradient(network, parameters);
  const update = createOptimizer(parameters)(plan, vectors);
  const history: EpochMetrics[] = [];

  const best = bestEpoch(method.uses.includes('restoreBest'), parameters);

  const meritOf = ({ accuracy, metric }: { accuracy: number; metric?: number }): number =>
    images.metric && metric !== undefined ? turned(findMetric(images.metric), metric) : accuracy;
  const judge: Judge = async (candidate) => meritOf(await task.validate(candidate));

  let step = 0;
  let ended: TrainingEnd['ended'] = 'epochs';
  const diverged = (epoch: number, at: number): TrainingResult => {
    const learningRate = schedule.rate(Math.max(0, step - 1));
    return { status: 'diverged', step: at, epoch, learningRate, epochs: history };
  };
  for (const observer of observersIn(0)) observer.observe(weights, step, vectors);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const observers = observersIn(epoch);
    let lossSum = 0;
    for (const batch of batches(epoch)) {
      if (task.teach) await task.teach(batch);
      const loss = await lossAndGradient(weights, batch, gradient);
      if (!Number.isFinite(loss)) return diverged(epoch, step);
      lossSum += loss * batch.count;
      update(weights, gradient, schedule.rate(step));
      step += 1;
      for (const observer of observers) observer.observe(weights, step, vectors);
    }
    const isValidated = (epoch + 1) % parameters.validateEvery === 0 || epoch === epochs - 1;
    const validation = isValidated ? await task.validate(weights) : null;
    // The last step of an epoch may have thrown the weights out of range without a further loss to tell.
    if (validation !== null && !Number.isFinite(validation.loss)) return diverged(epoch, step - 1);
    const metrics: EpochMetrics = {
      epoch,
      learningRate: schedule.rate(step - 1),
      trainLoss: lossSum / images.count,
      ...(validation !== null && {
        validationAccuracy: validation.accuracy,
        validationLoss: validation.loss,
        ...(validation.metric !== undefined && { validationMetric: validation.metric }),
      }),
    };
    history.push(metrics);
    task.onEpoch?.(metrics);
    for (const other of alongside) {
      if (other.epochs === epoch + 1) other.onEnd(await other.collector.result(weights.slice(), judge));
    }
    if (task.shouldStop?.() === true) return { status: 'stopped', epochs: history };
    if (validation === null) continue;
    const merit = meritOf(validation);
    await best.observe(merit, epoch, () => collector.result(weights.slice(), judge));
    if (schedule.observe?.(merit, epoch) !== false) continue;
    ended = 'plateau';
    break;
  }
  const restored = parameters.restoreBest || (ended === 'plateau' && collector.isLast === true) ? best.found() : null;
  return {
    status: 'done',
    ...(averages && {
      averages: await eachAverageInTurn(async (name) => (await averages[name].result(weights, judge))[0]),
    }),
    solutions: restored?.solutions ?? (await collector.result(weights, judge)),
    epochs: history,
    ended,
    restoredEpoch: restored?.epoch ?? null,
  };
}

/** Remembers what predicted in the epoch with the best score, of equals the first, where that may be wanted. */
function bestEpoch(isUsed: boolean, { restoreBest, schedule, onPlateau }: Parameters) {
  const isWanted = isUsed && (restoreBest || (schedule === 'plateau' && onPlateau === 'stop'));
  let best: { readonly score: number; readonly epoch: number; readonly solutions: Float32Array[] } | null = null;
  return {
    async observe(score: number, epoch: number, solutions: () => MaybePromise<Float32Array[]>): Promise<void> {
      if (isWanted && score > (best?.score ?? -Infinity)) best = { score, epoch, solutions: await solutions() };
    },
    found: (): typeof best => best,
  };
}

/** What runs on a worker thread: `trainFold`, `scoreFold`, `predict` and `measureSpeed`. Loads neither tf.js nor a model file, only the plan. */
import { isDeepStrictEqual } from 'node:util';
import type { MessagePort } from 'node:worker_threads';
import {
  augmented,
  type Augmentation,
  firstRows,
  type Images,
  type LabelledImages,
  view,
  findMetric,
} from '../data/index.ts';
import { createNetwork, initialWeights, type Network, type Solution, type Plan } from '../models/index.ts';
import {
  countCorrect,
  logLoss,
  predictionsOf,
  type Score,
  SCORED_TRAINING_IMAGES,
  scorePredictions,
} from './evaluate.ts';
import { type Averages, eachAverageInTurn } from './averages.ts';
import type { Parameters } from './parameters.ts';
import { type LabelledTask, trainOnLabels } from './labels.ts';
import { findMethod, type MethodName } from './methods/index.ts';
import { ensemble, measureAll } from './predict.ts';
import { mixedRows } from './pseudo-labels.ts';
import { ensembleOfViews, type TestTimeAugmentation } from './tta.ts';
import type { DivergencePlace, EpochMetrics, TrainingEnd, TrainingResult, TrainingTask } from './train.ts';

/**
 * Training images on which batch-norm statistics are measured after every epoch. The final scores use all of them;
 * for the learning curve a part is enough (4,096 images hold hundreds of thousands of values per channel).
 */
export const MONITOR_IMAGES = 4096;

interface FoldData {
  readonly plan: Plan;
  readonly engine: string;
  readonly images: LabelledImages;
  /** Positions in `images`. */
  readonly trainIndices: Uint32Array;
  readonly validationIndices: Uint32Array;
}

export interface FoldTask extends FoldData {
  readonly method: MethodName;
  readonly parameters: Parameters;
  readonly epochs: number;
  readonly seed: number;
  /** Whether averages of the trajectory are scored besides. */
  readonly withAverages?: boolean;
  /** Images that are learned from besides, and never scored. */
  readonly pseudoIndices?: Uint32Array;
  /** Receives an `EpochMessage` after every epoch. */
  readonly port?: MessagePort;
  /** i32[1], shared: set to another number than 0 to stop the fold after its present epoch. */
  readonly stop?: Int32Array;
}

export interface EpochMessage {
  /** Whether the epoch was one of a teacher, whose predictions the network that counts will learn. */
  readonly isTeacher: boolean;
  readonly metrics: EpochMetrics;
}

export interface FoldScores {
  readonly solutions: Solution[];
  /** On a sample of the fold's own training images, by their true labels. */
  readonly train: Score;
  /** f32[validation images × classes] */
  readonly probabilities: Float32Array;
  /** As `probabilities`, by averages of the trajectory; absent unless they were asked for. */
  readonly averages?: Averages<Float32Array>;
}

export type FoldOutcome =
  | ({ readonly status: 'done'; readonly epochs: EpochMetrics[]; readonly seconds: number } & FoldScores & TrainingEnd)
  | { readonly status: 'stopped'; readonly epochs: EpochMetrics[]; readonly seconds: number }
  | ({ readonly status: 'diverged'; readonly epochs: EpochMetrics[]; readonly seconds: number } & DivergencePlace);

/**
 * Trains one fold and scores the weights that predict, with batch-norm statistics measured for exactly these weights, on
 * the training images as the training shows them: the layers behind have learned from no others.
 */
export async function trainFold(task: FoldTask): Promise<FoldOutcome> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const network = await networkFor(task.plan, task.engine);
  const training = view(task.images, task.trainIndices);
  const validation = view(task.images, task.validationIndices);
  const { pseudoIndices } = task;
  const learned = pseudoIndices ? view(task.images, mixedRows(task.trainIndices, pseudoIndices, task.seed)) : training;
  const seen = augmented(learned, task.parameters.augment, task.seed);

  const result = await fit(learned, validation, {
    network,
    method: findMethod(task.method),
    parameters: task.parameters,
    epochs: task.epochs,
    seed: task.seed,
    withAverages: task.withAverages,
    onEpoch: (metrics, isTeacher) => tell(task.port, { metrics, isTeacher }),
    shouldStop: () => task.stop !== undefined && Atomics.load(task.stop, 0) !== 0,
  });
  if (result.status !== 'done') return { ...result, seconds: seconds() };
  const scores = await scoreOn(network, result.solutions, { seen, training, validation });
  const { epochs, ended, restoredEpoch, averages: weights } = result;
  const averages = weights && (await predictAverages(network, weights, scores, { seen, validation }));
  return { status: 'done', ...scores, ...(averages && { averages }), epochs, ended, restoredEpoch, seconds: seconds() };
}

/** The network itself, where it is one of the averages, is not predicted twice. */
async function predictAverages(
  network: Network,
  averages: Averages<Float32Array>,
  { solutions, probabilities }: FoldScores,
  { seen, validation }: Readonly<Record<'seen' | 'validation', Images>>,
): Promise<Averages<Float32Array>> {
  const predictedBy = async (weights: Float32Array): Promise<Float32Array> => {
    if (solutions.length === 1 && isDeepStrictEqual(weights, solutions[0].weights)) return probabilities;
    return network.predict(await network.measure(weights, seen), validation);
  };
  return eachAverageInTurn((name) => predictedBy(averages[name]));
}

const tell = (port: MessagePort | undefined, message: EpochMessage): void => port?.postMessage(message);

export interface ScoreTask extends FoldData {
  /** One or more f32[P], which predict together. */
  readonly weights: readonly Float32Array[];
  /** That of the training. */
  readonly augment: Augmentation;
  readonly seed: number;
}

/** Scores weights of a fold as `trainFold` scores those that it has trained. */
export async function scoreFold(task: ScoreTask): Promise<FoldScores> {
  const network = await networkFor(task.plan, task.engine);
  const [training, validation] = [task.trainIndices, task.validationIndices].map((rows) => view(task.images, rows));
  const seen = augmented(training, task.augment, task.seed);
  return scoreOn(network, task.weights, { seen, training, validation });
}

async function scoreOn(
  network: Network,
  weights: readonly Float32Array[],
  {
    seen,
    training,
    validation,
  }: Readonly<Record<'training' | 'validation', LabelledImages>> & { readonly seen: Images },
): Promise<FoldScores> {
  const { classes } = network.plan;
  const solutions = await measureAll(network, weights, seen);
  // The rows of a fold are shuffled.
  const sample = view(training, firstRows(training, SCORED_TRAINING_IMAGES));
  const trainProbabilities = await ensemble(network, solutions, sample);
  return {
    solutions,
    train: scorePredictions(predictionsOf(trainProbabilities, sample.labels, classes), sample.metric),
    probabilities: await ensemble(network, solutions, validation),
  };
}

/** Trains on the first images and watches the score on the second. */
export const fit = (
  training: LabelledImages,
  validation: LabelledImages,
  task: Omit<LabelledTask, 'images' | 'validate'>,
): Promise<TrainingResult> =>
  trainOnLabels({ ...task, images: training, validate: validateOn(task, training, validation) });

/** The `validate` of `train`: scores of the weights, with statistics of a part of the training images. */
function validateOn(
  { network, parameters, seed }: Pick<TrainingTask, 'network' | 'parameters' | 'seed'>,
  training: LabelledImages,
  validation: LabelledImages,
): TrainingTask['validate'] {
  const monitor = augmented(view(training, firstRows(training, MONITOR_IMAGES)), parameters.augment, seed);
  const { classes } = network.plan;
  return async (weights) => {
    const probabilities = await network.predict(await network.measure(weights, monitor), validation);
    const predictions = predictionsOf(probabilities, validation.labels, classes);
    const accuracy = countCorrect(predictions.predicted, validation.labels) / validation.count;
    const { metric } = validation;
    return {
      accuracy,
      loss: logLoss(probabilities, validation.labels, classes),
      ...(metric && { metric: findMetric(metric).prepare(predictions)(null) }),
    };
  };
}

export interface PredictTask {
  readonly plan: Plan;
  readonly engine: string;
  readonly solutions: Solution[];
  readonly images: Images;
  /** Absent for the images as they are. */
  readonly tta?: TestTimeAugmentation;
}

/** @returns f32[images × classes], the mean over the solutions */
export async function predict({ plan, engine, solutions, images, tta }: PredictTask): Promise<Float32Array> {
  return ensembleOfViews(await networkFor(plan, engine), solutions, images, tta);
}

export interface SpeedTask extends Pick<FoldTask, 'plan' | 'engine' | 'images' | 'method' | 'parameters'> {
  /** How long it is measured after a first round that does not count. */
  readonly limitMs: number;
}

/** Seconds of one thread for each image. */
export interface Speed {
  /** In each epoch. */
  readonly train: number;
  /** To measure the statistics that prediction needs. */
  readonly measure: number;
  readonly predict: number;
}

/** Batches of a round that is timed. */
const TIMED_BATCHES = 2;

/** Times a training on a few images, which it does not finish. */
export async function measureSpeed({ limitMs, ...task }: SpeedTask): Promise<Speed> {
  const network = await networkFor(task.plan, task.engine);
  const images = view(task.images, firstRows(task.images, TIMED_BATCHES * task.parameters.batchSize));
  let rounds = -1;
  let began = 0;
  let ms = 0;
  await trainOnLabels({
    network,
    images,
    method: findMethod(task.method),
    // So small that no training diverges.
    parameters: { ...task.parameters, learningRate: 1e-6, validateEvery: UNREACHED_EPOCHS },
    epochs: UNREACHED_EPOCHS,
    seed: 0,
    validate: () => Promise.reject(new Error('a timed training has no validation')),
    onEpoch() {
      rounds += 1;
      // The first round also lays out memory and compiles.
      if (rounds === 0) began = performance.now();
      ms = performance.now() - began;
    },
    shouldStop: () => rounds > 0 && ms >= limitMs,
  });
  const perImage = (duration: number): number => duration / 1000 / images.count;
  const train = perImage(ms / rounds);
  const started = performance.now();
  const seen = augmented(images, task.parameters.augment, 0);
  const solution = await network.measure(initialWeights(task.plan, 0), seen);
  const measured = performance.now();
  await network.predict(solution, images);
  return { train, measure: perImage(measured - started), predict: perImage(performance.now() - measured) };
}

const UNREACHED_EPOCHS = 10_000;

/** Compiling kernels and laying out memory is done once per thread and plan. */
const networks = new Map<string, Promise<Network>>();

export function networkFor(plan: Plan, engine: string): Promise<Network> {
  const key = `${engine} ${JSON.stringify(plan)}`;
  let network = networks.get(key);
  if (!network) networks.set(key, (network = createNetwork(plan, engine)));
  return network;
}

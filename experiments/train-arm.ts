/** The task of a worker thread: trains an arm with one seed, scores it, and takes its measurements. */
import type { MessagePort } from 'node:worker_threads';
import { augmented, pick, type LabelledImages } from '../data/index.ts';
import { random } from '../numerics/random.ts';
import type { Plan } from '../models/index.ts';
import {
  countCorrect,
  logLoss,
  predictedLabels,
  type Parameters,
  ensemble,
  measureAll,
  type Alongside,
  type EpochMetrics,
  fit,
  networkFor,
} from '../pipeline/index.ts';
import type { Metrics } from './measurements/measurement.ts';
import { type MeasurementName, measurements } from './measurements/index.ts';
import { secondsNow } from './measurements/seconds.ts';
import { findMethod, type ArmMethodName } from './methods.ts';

/** Rows of a larger set of images, which the threads share. */
export interface Rows {
  readonly images: LabelledImages;
  readonly rows: Uint32Array;
}

export interface ArmTask {
  readonly plan: Plan;
  readonly engine: string;
  readonly method: ArmMethodName;
  readonly parameters: Parameters;
  /** Epochs of each network. */
  readonly epochs: number;
  /** Networks that predict together. */
  readonly networks: number;
  readonly seed: number;
  readonly train: Rows;
  readonly validation: Rows;
  readonly test: Rows;
  readonly measurements: readonly MeasurementName[];
  /** Receives an `EpochMetrics` after every epoch, including those of a teacher. */
  readonly port?: MessagePort;
  readonly beside?: {
    readonly method: ArmMethodName;
    readonly parameters: Parameters;
    readonly isIndependent: boolean;
  };
  /** Arms whose epochs are the first ones of this arm: they are not trained, but taken from its training. */
  readonly alongside: readonly Pick<ArmTask, 'method' | 'parameters' | 'epochs'>[];
}

export type ArmOutcome =
  | {
      readonly status: 'done';
      readonly metrics: Metrics;
      /** The learning curve of the first network. */
      readonly curve: readonly EpochMetrics[];
      /** Duration of the training in `secondsNow`. */
      readonly seconds: number;
    }
  /** The loss was not finite at this step of this epoch, both counted from 0. */
  | { readonly status: 'diverged'; readonly epoch: number; readonly step: number; readonly seconds: number };

type Divergence = { readonly epoch: number; readonly step: number };

/** @returns the outcome of the arm, and those of the arms alongside in their order */
export async function trainArm(task: ArmTask): Promise<ArmOutcome[]> {
  const network = await networkFor(task.plan, task.engine);
  const [training, validation, test] = [task.train, task.validation, task.test].map(({ images, rows }) =>
    pick(images, rows),
  );
  const started = secondsNow();
  const seconds = (): number => secondsNow() - started;
  const tell = (metrics: EpochMetrics): void => task.port?.postMessage(metrics);
  const train = async (
    { method, parameters }: Pick<ArmTask, 'method' | 'parameters'>,
    seed: number,
    alongside?: readonly Alongside[],
  ) => {
    const result = await fit(training, validation, {
      network,
      method: findMethod(method),
      parameters,
      epochs: task.epochs,
      seed,
      alongside,
      onEpoch: tell,
    });
    if (result.status === 'stopped') throw new Error('the training was stopped by nobody');
    return result;
  };
  /** Weights of the arms alongside, and the seconds to there; absent if the training diverged before. */
  const ends = new Map<number, { readonly weights: Float32Array[]; readonly seconds: number }>();
  const alongside = task.alongside.map(({ method, parameters, epochs }, at) => ({
    method: findMethod(method),
    parameters,
    epochs,
    onEnd: (weights: Float32Array[]): void => void ends.set(at, { weights, seconds: seconds() }),
  }));
  const diverged = ({ epoch, step }: Divergence): ArmOutcome => ({
    status: 'diverged',
    epoch,
    step,
    seconds: seconds(),
  });
  const { classes } = task.plan;
  const { augment } = task.parameters;
  const accuracyOn = (probabilities: Float32Array, { labels, count }: LabelledImages): number =>
    countCorrect(predictedLabels(probabilities, classes), labels) / count;
  const metricsOf = async (weights: Float32Array[], beside?: Float32Array[]): Promise<Metrics> => {
    const solutions = await measureAll(network, weights, augmented(training, augment, task.seed));
    const predicted = await ensemble(network, solutions, test);
    const metrics: Record<string, number> = {
      accuracy: accuracyOn(predicted, test),
      loss: logLoss(predicted, test.labels, classes),
      trainAccuracy: accuracyOn(await ensemble(network, solutions, training), training),
    };
    for (const name of task.measurements) {
      Object.assign(
        metrics,
        await measurements[name].measure({ network, weights, beside, training, augment, test, seed: task.seed }),
      );
    }
    return metrics;
  };

  const first = await train(task, task.seed, alongside);
  const curve = first.epochs;
  const shared = async (at: number, epochs: number): Promise<ArmOutcome> => {
    const end = ends.get(at);
    if (!end && first.status === 'diverged') return diverged(first);
    if (!end) throw new Error('an arm has no end within the training that it shares');
    return {
      status: 'done',
      metrics: await metricsOf(end.weights),
      curve: curve.slice(0, epochs),
      seconds: end.seconds,
    };
  };
  const own = async (): Promise<ArmOutcome> => {
    if (first.status === 'diverged') return diverged(first);
    const weights = [...first.solutions];
    for (let k = 1; k < task.networks; k += 1) {
      const result = await train(task, random(task.seed, 'network', k).integer(2 ** 32));
      if (result.status === 'diverged') return diverged(result);
      weights.push(...result.solutions);
    }
    const trained = seconds();
    const besideSeed = task.beside?.isIndependent ? random(task.seed, 'beside').integer(2 ** 32) : task.seed;
    const second = task.beside && (await train(task.beside, besideSeed));
    if (second?.status === 'diverged') return diverged(second);
    return { status: 'done', metrics: await metricsOf(weights, second?.solutions), curve, seconds: trained };
  };
  const outcomes = [await own()];
  for (const [at, { epochs }] of task.alongside.entries()) outcomes.push(await shared(at, epochs));
  return outcomes;
}

/** The task of a worker thread: trains one arm with one seed, scores it, and takes its measurements. */
import type { MessagePort } from 'node:worker_threads';
import { pick, type LabelledImages } from '../data/index.ts';
import { random } from '../numerics/random.ts';
import type { Plan } from '../models/index.ts';
import {
  countCorrect,
  logLoss,
  predictedLabels,
  type Parameters,
  ensemble,
  measureAll,
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

export async function trainArm(task: ArmTask): Promise<ArmOutcome> {
  const network = await networkFor(task.plan, task.engine);
  const [training, validation, test] = [task.train, task.validation, task.test].map(({ images, rows }) =>
    pick(images, rows),
  );
  const tell = (metrics: EpochMetrics): void => task.port?.postMessage(metrics);
  const train = async ({ method, parameters }: Pick<ArmTask, 'method' | 'parameters'>, seed: number) => {
    const result = await fit(training, validation, {
      network,
      method: findMethod(method),
      parameters,
      epochs: task.epochs,
      seed,
      onEpoch: tell,
    });
    if (result.status === 'stopped') throw new Error('the training was stopped by nobody');
    return result;
  };
  const started = secondsNow();
  const diverged = ({ epoch, step }: Divergence): ArmOutcome => ({
    status: 'diverged',
    epoch,
    step,
    seconds: secondsNow() - started,
  });
  const results: Extract<Awaited<ReturnType<typeof train>>, { status: 'done' }>[] = [];
  for (let k = 0; k < task.networks; k += 1) {
    const result = await train(task, k === 0 ? task.seed : random(task.seed, 'network', k).integer(2 ** 32));
    if (result.status === 'diverged') return diverged(result);
    results.push(result);
  }
  const seconds = secondsNow() - started;
  const weights = results.flatMap(({ solutions }) => solutions);
  const besideSeed = task.beside?.isIndependent ? random(task.seed, 'beside').integer(2 ** 32) : task.seed;
  const second = task.beside && (await train(task.beside, besideSeed));
  if (second?.status === 'diverged') return diverged(second);
  const beside = second?.solutions;

  const solutions = await measureAll(network, weights, training);
  const { classes } = task.plan;
  const accuracyOn = (probabilities: Float32Array, { labels, count }: LabelledImages): number =>
    countCorrect(predictedLabels(probabilities, classes), labels) / count;
  const predicted = await ensemble(network, solutions, test);
  const metrics: Record<string, number> = {
    accuracy: accuracyOn(predicted, test),
    loss: logLoss(predicted, test.labels, classes),
    trainAccuracy: accuracyOn(await ensemble(network, solutions, training), training),
  };
  for (const name of task.measurements) {
    Object.assign(
      metrics,
      await measurements[name].measure({ network, weights, beside, training, test, seed: task.seed }),
    );
  }
  return { status: 'done', metrics, curve: results[0].epochs, seconds };
}

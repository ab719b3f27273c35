/**
 * The way that a training took: run records keep no iterates, but a training from the same seed takes the same way to the
 * last bit, so it is trained once more and looked at. Whether it ends in the recorded weights is said.
 */
import { pick, type LabelledImages } from '../data/index.ts';
import type { Network, Solution, Plan } from '../models/index.ts';
import { type MethodName, type Parameters, type Method, findMethod, fit } from '../pipeline/index.ts';

export interface RetraceTask {
  readonly plan: Plan;
  readonly engine: string;
  readonly method: MethodName;
  readonly parameters: Parameters;
  readonly epochs: number;
  /** Seed of the fold. */
  readonly seed: number;
  readonly images: LabelledImages;
  readonly trainIndices: Uint32Array;
  readonly validationIndices: Uint32Array;
  /** What the run has recorded for the fold. */
  readonly recorded: readonly Solution[];
}

export interface Trajectory {
  /** The first weights, and those at the end of every epoch. */
  readonly iterates: Float32Array[];
  /** Those that predict. */
  readonly solutions: Float32Array[];
  /** Whether the training ended in exactly the recorded weights: the same version of the program on any machine does. */
  readonly isSame: boolean;
}

/** @throws Error if the training diverges, which the recorded one did not */
export async function retrace(task: RetraceTask, network: Network): Promise<Trajectory> {
  const training = pick(task.images, task.trainIndices);
  const validation = pick(task.images, task.validationIndices);
  const iterates: Float32Array[] = [];
  const { parameters, epochs, seed } = task;
  const method = watched(findMethod(task.method), iterates);
  const result = await fit(training, validation, { network, method, parameters, epochs, seed });
  if (result.status !== 'done') throw new Error(`The training ${result.status}, which the recorded one did not.`);
  const { solutions } = result;
  const isSame =
    solutions.length === task.recorded.length &&
    solutions.every((weights, k) => Buffer.compare(bytesOf(weights), bytesOf(task.recorded[k].weights)) === 0);
  return { iterates, solutions, isSame };
}

/** The method, whose weights at the start and after every epoch are kept in `iterates` as well. */
export const watched = (method: Method, iterates: Float32Array[]): Method => ({
  ...method,
  compose(parameters, beginning) {
    const { schedule, collector } = method.compose(parameters, beginning);
    return {
      schedule,
      collector: {
        observe(weights, steps) {
          // With bootstrapped labels a network is trained twice: the second way is the one that counts.
          if (steps === 0) iterates.length = 0;
          if (steps % beginning.stepsPerEpoch === 0) iterates.push(weights.slice());
          collector.observe(weights, steps);
        },
        result: (last, judge) => collector.result(last, judge),
      },
    };
  },
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

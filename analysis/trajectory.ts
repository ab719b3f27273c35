/**
 * The trajectory of a recorded training. Run records hold no iterates, but a training with the same seed gives the same
 * bits, so it is repeated and observed.
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
  /** Recorded solutions of the fold. */
  readonly recorded: readonly Solution[];
}

export interface Trajectory {
  /** The initial weights, and the weights at the end of every epoch. */
  readonly iterates: Float32Array[];
  /** The weights that predict. */
  readonly solutions: Float32Array[];
  /** Whether the weights equal the recorded ones. This holds for the same version of the program on any machine. */
  readonly isSame: boolean;
}

/** Repeats a training. @throws Error if it diverges, which the recorded one did not */
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

/** The method with an observer that appends the weights at the start and after every epoch to `iterates`. */
export const watched = (method: Method, iterates: Float32Array[]): Method => ({
  ...method,
  compose(parameters, beginning) {
    const { schedule, collector } = method.compose(parameters, beginning);
    return {
      schedule,
      collector: {
        observe(weights, steps) {
          // With a teacher two networks are trained. The iterates of the second one count.
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

/** Tasks of worker threads for analyses. */
import { networkFor } from '../pipeline/index.ts';
import { evaluate, type Setting, type Values } from './evaluate.ts';
import { gradientDifference, type ShardTask } from './hessian.ts';
import { type CurveOutcome, type CurveTask, trainCurve } from './curve.ts';
import { retrace, type RetraceTask, type Trajectory } from './trajectory.ts';

export async function evaluatePoint({ weights, ...setting }: Setting & { weights: Float32Array }): Promise<Values> {
  return evaluate(await networkFor(setting.plan, setting.engine), weights, setting);
}

export async function differentiateShard(task: ShardTask & Pick<Setting, 'plan' | 'engine'>): Promise<Float64Array> {
  return gradientDifference(await networkFor(task.plan, task.engine), task);
}

export async function findCurve(
  task: Omit<CurveTask, 'network'> & Pick<Setting, 'plan' | 'engine'>,
): Promise<CurveOutcome> {
  return trainCurve({ ...task, network: await networkFor(task.plan, task.engine) });
}

export async function retraceTraining(task: RetraceTask): Promise<Trajectory> {
  return retrace(task, await networkFor(task.plan, task.engine));
}

/** Runs an experiment: trains every arm with every seed in parallel on the pool, except those with a kept result. */
import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { engineOfBits, type Plan } from '../models/index.ts';
import { trainingCount, digestOf, digestOfImages, digestOfSources } from '../pipeline/index.ts';
import { prepareFolder } from '../base/output-files.ts';
import { type Experiment, resolveArm, type Scale } from './experiment.ts';
import { type Kept, readResult, SOURCES, writeResult } from './results.ts';
import { type Source, splitFor } from './split.ts';
import type { ArmOutcome, ArmTask } from './train-arm.ts';
import { moduleBeside } from '../base/modules.ts';

export interface RunTask {
  readonly experiment: Experiment;
  readonly scale: Scale;
  readonly source: Source;
  readonly plan: Plan;
  readonly engine: string;
  /** Folder of kept results. */
  readonly folder: string;
}

export interface Result {
  readonly arm: string;
  /** Counted from 1. */
  readonly seed: number;
  readonly outcome: ArmOutcome;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** When nothing was found that would stop the trainings, before the first of them. */
  readonly onBegin?: () => void;
  /** @param wasKept whether the result is from an earlier run */
  readonly onResult?: (result: Result, wasKept: boolean) => void;
  /** Called after every epoch of every training. */
  readonly onEpoch?: (arm: string, seed: number) => void;
}

/** Number of epochs of a training of an arm, if it does not stop early. */
export function epochsOfArm(experiment: Experiment, arm: string, scale: Scale): number {
  const { epochs, networks, parameters, beside } = resolveArm(experiment, arm, scale);
  return epochs * (networks * trainingCount(parameters) + (beside ? trainingCount(beside.parameters) : 0));
}

/**
 * Runs an experiment. Except for `seconds` the results do not depend on the number of workers.
 * @returns results ordered by seed, then by arm
 * @throws UserError when there are too few images or the folder cannot be written; AbortError when the signal aborts
 */
export async function runExperiment(
  pool: Piscina,
  { experiment, scale, source, plan, engine, folder }: RunTask,
  options: RunOptions = {},
): Promise<Result[]> {
  await prepareFolder(folder);
  const decides = [
    digestOfSources(SOURCES),
    digestOfImages(source.train),
    source.test && digestOfImages(source.test),
    experiment.test,
    scale.validation,
    scale.train,
  ];
  const runs: Promise<Result>[] = [];
  for (let seed = 1; seed <= scale.seeds; seed += 1) {
    const split = splitFor(experiment, scale, source, seed);
    for (const arm of Object.keys(experiment.arms)) {
      const settings = {
        plan,
        engine,
        ...resolveArm(experiment, arm, scale),
        seed,
        measurements: experiment.measurements ?? [],
      };
      const kept: Kept = { digest: digestOf([decides, { ...settings, engine: engineOfBits(engine) }]), arm, seed };
      runs.push(trainOrRead(pool, folder, kept, { ...settings, ...split }, options));
    }
  }
  options.onBegin?.();
  return Promise.all(runs);
}

async function trainOrRead(
  pool: Piscina,
  folder: string,
  kept: Kept,
  task: ArmTask,
  { signal, onResult, onEpoch }: RunOptions,
): Promise<Result> {
  const { arm, seed } = kept;
  const earlier = await readResult(folder, kept);
  const outcome = earlier ?? (await train(pool, task, { signal, onEpoch: () => onEpoch?.(arm, seed) }));
  if (!earlier) await writeResult(folder, kept, outcome);
  const result = { arm, seed, outcome };
  onResult?.(result, earlier !== null);
  return result;
}

const trainerFile = moduleBeside(import.meta.url, 'train-arm');

async function train(
  pool: Piscina,
  task: ArmTask,
  { signal, onEpoch }: { signal: AbortSignal | undefined; onEpoch: () => void },
): Promise<ArmOutcome> {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', onEpoch);
  try {
    const options = { filename: trainerFile, name: 'trainArm', transferList: [port2], signal };
    return (await pool.run({ ...task, port: port2 }, options)) as ArmOutcome;
  } finally {
    port1.close();
  }
}

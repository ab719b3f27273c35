/** Runs an experiment: trains every arm with every seed in parallel on the pool, except those with a kept result. */
import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { engineOfBits, type Plan } from '../models/index.ts';
import { trainingCount, digestOf, digestOfImages, digestOfSources } from '../pipeline/index.ts';
import { sum } from '../numerics/statistics.ts';
import { prepareFolder } from '../base/output-files.ts';
import { checkExperiment } from './check.ts';
import { type Experiment, resolveArm, type Scale } from './experiment.ts';
import { type Kept, readResult, SOURCES, writeResult } from './results.ts';
import { sharedTrainings } from './shared-trainings.ts';
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
  /**
   * When nothing was found that would stop the trainings, before the first result.
   * @param work epochs that will be trained, and how many results are kept from earlier runs
   */
  readonly onBegin?: (work: { readonly epochs: number; readonly kept: number }) => void;
  /** @param wasKept whether the result is from an earlier run */
  readonly onResult?: (result: Result, wasKept: boolean) => void;
  /** Called after every epoch of every training. */
  readonly onEpoch?: (arm: string, seed: number) => void;
}

/** Epochs of a training of an arm, if it does not stop early. */
function epochsOfArm({ experiment, scale }: Pick<RunTask, 'experiment' | 'scale'>, arm: string): number {
  const { epochs, networks, parameters, beside } = resolveArm(experiment, arm, scale);
  return epochs * (networks * trainingCount(parameters) + (beside ? trainingCount(beside.parameters) : 0));
}

/**
 * Runs an experiment. Except for `seconds` the results do not depend on the number of workers.
 * @returns results ordered by seed, then by arm
 * @throws UserError as `checkExperiment`, when there are too few images, or if the folder cannot be written; AbortError when the signal aborts
 */
export async function runExperiment(
  pool: Piscina,
  { experiment, scale, source, plan, engine, folder }: RunTask,
  options: RunOptions = {},
): Promise<Result[]> {
  checkExperiment(experiment, scale);
  await prepareFolder(folder);
  const decides = [
    digestOfSources(SOURCES),
    digestOfImages(source.train),
    source.test && digestOfImages(source.test),
    experiment.test,
    scale.validation,
    scale.train,
  ];
  const settingsOf = (arm: string, seed: number) => ({
    plan,
    engine,
    ...resolveArm(experiment, arm, scale),
    seed,
    measurements: experiment.measurements ?? [],
  });
  const found = new Map<string, Result>();
  const tell = (result: Result, wasKept: boolean): void => {
    found.set(`${result.arm} ${result.seed}`, result);
    options.onResult?.(result, wasKept);
  };
  const arms = Object.keys(experiment.arms);
  const seeds = Array.from({ length: scale.seeds }, (_, i) => i + 1);
  const splits = new Map(seeds.map((seed) => [seed, splitFor(experiment, scale, source, seed)]));
  const keptAs = (arm: string, seed: number): Kept => {
    const settings = settingsOf(arm, seed);
    return { digest: digestOf([decides, { ...settings, engine: engineOfBits(engine) }]), arm, seed };
  };
  const kept: Result[] = [];
  const groups: { readonly seed: number; readonly arms: readonly string[] }[] = [];
  for (const seed of seeds) {
    const missing: string[] = [];
    for (const arm of arms) {
      const outcome = await readResult(folder, keptAs(arm, seed));
      if (outcome) kept.push({ arm, seed, outcome });
      else missing.push(arm);
    }
    groups.push(...sharedTrainings({ experiment, scale }, missing).map((group) => ({ seed, arms: group })));
  }
  const epochs = sum(groups.map(({ arms: [longest] }) => epochsOfArm({ experiment, scale }, longest)));
  options.onBegin?.({ epochs, kept: kept.length });
  for (const result of kept) tell(result, true);
  await Promise.all(
    groups.map(async ({ seed, arms: [longest, ...others] }) => {
      const alongside = others.map((arm) => resolveArm(experiment, arm, scale));
      const task = { ...settingsOf(longest, seed), ...splits.get(seed)!, alongside };
      const outcomes = await trainOnPool(pool, task, {
        signal: options.signal,
        onEpoch: () => options.onEpoch?.(longest, seed),
      });
      for (const [at, outcome] of outcomes.entries()) {
        const arm = [longest, ...others][at];
        await writeResult(folder, keptAs(arm, seed), outcome);
        tell({ arm, seed, outcome }, false);
      }
    }),
  );
  return seeds.flatMap((seed) => arms.map((arm) => found.get(`${arm} ${seed}`)!));
}

const trainerFile = moduleBeside(import.meta.url, 'train-arm');

async function trainOnPool(
  pool: Piscina,
  task: ArmTask,
  { signal, onEpoch }: { signal: AbortSignal | undefined; onEpoch: () => void },
): Promise<ArmOutcome[]> {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', onEpoch);
  try {
    const options = { filename: trainerFile, name: 'trainArm', transferList: [port2], signal };
    return (await pool.run({ ...task, port: port2 }, options)) as ArmOutcome[];
  } finally {
    port1.close();
  }
}

/** Measures how fast the members of a recipe train on this machine. */
import type { Piscina } from 'piscina';
import { mean } from '../../numerics/statistics.ts';
import type { LabelledImages } from '../../data/index.ts';
import { UserError } from '../../base/user-error.ts';
import { checkMemory, createNetwork, loadPlan } from '../../models/index.ts';
import type { Speed, SpeedTask } from '../../pipeline/index.ts';
import type { MeasuredMember } from './plan.ts';
import { parametersOf, type RecipeMember } from './recipe.ts';

export interface SpeedOptions {
  readonly images: LabelledImages;
  readonly classes: number;
  readonly engine: string;
  /** Threads that train at the same time, as they will. */
  readonly workers: number;
  /** How long each member is measured after a first round. */
  readonly limitMs: number;
  readonly signal?: AbortSignal;
}

export interface MeasuredMembers {
  readonly members: readonly MeasuredMember[];
  /** Members that cannot be trained on these images, with a sentence. */
  readonly unusable: readonly { readonly name: string; readonly reason: string }[];
}

/** @throws AbortError when the signal aborts; UserError if no member can be trained */
export async function measureMembers(
  pool: Piscina,
  members: readonly RecipeMember[],
  { images, classes, engine, workers, limitMs, signal }: SpeedOptions,
): Promise<MeasuredMembers> {
  const measured: MeasuredMember[] = [];
  const unusable: { name: string; reason: string }[] = [];
  for (const member of members) {
    const parameters = parametersOf(member);
    try {
      const plan = await loadPlan(member.model, images.shape, classes);
      await createNetwork(plan, engine);
      checkMemory(plan, engine, Math.min(parameters.batchSize, images.count));
      const task: SpeedTask = { plan, engine, images, method: member.method, parameters, limitMs };
      const speeds: Speed[] = await Promise.all(
        Array.from({ length: workers }, () => pool.run(task, { name: 'measureSpeed', signal })),
      );
      const of = (name: keyof Speed): number => mean(speeds.map((speed) => speed[name]));
      measured.push({ member, speed: { train: of('train'), measure: of('measure'), predict: of('predict') } });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unusable.push({ name: member.name, reason: error.message });
    }
  }
  if (measured.length === 0) throw new UserError(unusable[0].reason);
  return { members: measured, unusable };
}

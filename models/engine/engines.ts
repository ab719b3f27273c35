/** The registry of engines: from the name that a user types to a running network. */
import { quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import type { Network } from './network.ts';
import type { Plan } from './plan.ts';

type EngineFactory = (plan: Plan, variant?: string) => Promise<Network>;

// Imported when chosen: a worker that runs our kernels never loads tf.js.
const engines: Readonly<Record<string, EngineFactory>> = {
  simd: async (plan, variant) =>
    (await import('./simd.ts')).createSimdNetwork(plan, { fastMath: variant === 'fast-math' }),
  tfjs: async (plan, backend) => (await import('./tfjs.ts')).createTfjsNetwork(plan, backend),
};

/**
 * A network that runs `plan`.
 * @param engine `simd`, `simd:fast-math`, `tfjs` (the best installed backend of tf.js) or `tfjs:<backend>`
 * @throws UserError for an unknown engine or a backend that is not there
 */
export async function createNetwork(plan: Plan, engine: string): Promise<Network> {
  const [, name, backend] = /^(\w+)(?::([\w-]+))?$/.exec(engine) ?? [];
  if (!Object.hasOwn(engines, name) || (name === 'simd' && ![undefined, 'fast-math'].includes(backend))) {
    throw new UserError(`Unknown engine ${quoted(engine)}. Known: simd, simd:fast-math, tfjs, tfjs:<backend>.`);
  }
  return engines[name](plan, backend);
}

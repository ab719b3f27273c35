/** Predicts images with the networks of a few runs. It needs the module of kernels, and nothing of Node. */
import { createWasmNetwork, type Network, type Plan, type Solution } from '../../../models/index.ts';
import { foldsOfViews } from '../../../pipeline/index.ts';
import type { NetworksAnswer } from '../../api.ts';

/** Probabilities of a run for an image: f32[classes] each. */
export interface RunPrediction {
  readonly run: string;
  /** The first network of the first fold. */
  readonly first: Float32Array;
  /** All networks together, as in the submission of the run. */
  readonly ensemble: Float32Array;
}

export interface Predictor {
  /** @param pixels u8[height × width × channels] */
  predict(pixels: Uint8Array): Promise<RunPrediction[]>;
}

/** Runs with the same plan share the memory of a network. */
export async function createPredictor(module: WebAssembly.Module, runs: readonly NetworksAnswer[]): Promise<Predictor> {
  const networks = new Map<string, Promise<Network>>();
  const networkOf = (plan: Plan): Promise<Network> => {
    const key = JSON.stringify(plan);
    const network = networks.get(key) ?? createWasmNetwork(plan, module, 1);
    networks.set(key, network);
    return network;
  };
  const opened = await Promise.all(
    runs.map(async ({ run, plan, folds }) => ({
      run,
      network: await networkOf(plan),
      solutions: folds.map((fold) => fold.map((text) => decoded(text, plan))),
    })),
  );
  return {
    async predict(pixels) {
      const said: RunPrediction[] = [];
      for (const { run, network, solutions } of opened) {
        // The type asks for shared memory, which this single thread does not need.
        const images = { shape: network.plan.input, count: 1, pixels: pixels as Uint8Array<SharedArrayBuffer> };
        const first = await network.predict(solutions[0][0], images);
        said.push({ run, first, ensemble: await foldsOfViews(network, solutions, images) });
      }
      return said;
    },
  };
}

function decoded(text: string, { weightCount, statisticsCount }: Plan): Solution {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const values = new Float32Array(bytes.buffer, 0, weightCount + statisticsCount);
  return { weights: values.slice(0, weightCount), statistics: values.slice(weightCount) };
}

/** Float64 numbers of the digit CNN from an independent implementation (fixtures/digit-cnn-golden.json). */
import { readFile } from 'node:fs/promises';
import type { Batch } from '../../models/engine/network.ts';
import type { Images } from '../../data/images.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import type { Plan } from '../../models/engine/plan.ts';

/** Keyed by `conv1_kernel`, `bn1_gamma`, …, in tf.js layouts. */
type ByName = Readonly<Record<string, readonly number[]>>;

interface Fixture {
  readonly images: number;
  readonly weights: ByName;
  readonly logits: readonly number[];
  readonly loss: number;
  readonly gradient: ByName;
  readonly bn1_mean: readonly number[];
  readonly bn1_variance_biased: readonly number[];
  readonly bn2_mean: readonly number[];
  readonly bn2_variance_biased: readonly number[];
  readonly losses_of_5_momentum_steps: readonly number[];
  readonly weights_after_5_momentum_steps: ByName;
}

export interface DigitCnnGolden {
  readonly plan: Plan;
  readonly batch: Batch & Images;
  readonly weights: Float64Array;
  readonly logits: readonly number[];
  readonly loss: number;
  readonly gradient: Float64Array;
  readonly statistics: readonly number[];
  /** h ← 0.9·h + g; w ← w − 0.05·h */
  readonly fiveSteps: { readonly losses: readonly number[]; readonly weights: Float64Array };
}

export async function digitCnnGolden(): Promise<DigitCnnGolden> {
  const plan = await loadPlan('digit-cnn', { height: 28, width: 28, channels: 1 }, 10);
  const url = new URL('../fixtures/digit-cnn-golden.json', import.meta.url);
  const fixture: Fixture = JSON.parse(await readFile(url, 'utf8'));
  const flat = (values: ByName): Float64Array => {
    const vector = new Float64Array(plan.weightCount);
    for (const { name, offset } of plan.weights) vector.set(values[name.replace('/', '_')], offset);
    return vector;
  };

  const count = fixture.images;
  const pixels = new Uint8Array(new SharedArrayBuffer(count * 784));
  for (let i = 0; i < count; i += 1) {
    for (let p = 0; p < 784; p += 1) pixels[i * 784 + p] = (31 * i + 17 * p + ((i * p) % 97)) % 256;
  }
  return {
    plan,
    batch: { shape: plan.input, count, pixels, labels: Uint16Array.from({ length: count }, (_, i) => (7 * i) % 10) },
    weights: flat(fixture.weights),
    logits: fixture.logits,
    loss: fixture.loss,
    gradient: flat(fixture.gradient),
    statistics: [
      ...fixture.bn1_mean,
      ...fixture.bn1_variance_biased,
      ...fixture.bn2_mean,
      ...fixture.bn2_variance_biased,
    ],
    fiveSteps: { losses: fixture.losses_of_5_momentum_steps, weights: flat(fixture.weights_after_5_momentum_steps) },
  };
}

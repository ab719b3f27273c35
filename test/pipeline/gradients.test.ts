import test from 'ava';
import { createNetwork } from '../../models/engine/engines.ts';
import { wasmVectors } from '../../models/engine/vectors.ts';
import type { Batch } from '../../models/engine/network.ts';
import { createGradient } from '../../pipeline/descent.ts';
import { type Parameters, parametersSchema } from '../../pipeline/parameters.ts';
import { type Gradient, norm } from '../../pipeline/gradient.ts';
import { asam } from '../../pipeline/gradients/asam.ts';
import { centralized } from '../../pipeline/gradients/centralized.ts';
import { clipped } from '../../pipeline/gradients/clipped.ts';
import { gsam } from '../../pipeline/gradients/gsam.ts';
import { gradients } from '../../pipeline/gradients/index.ts';
import { l2 } from '../../pipeline/gradients/l2.ts';
import { sam } from '../../pipeline/gradients/sam.ts';
import { subBatches } from '../../pipeline/gradients/sub-batches.ts';
import { random } from '../../numerics/random.ts';
import { assertClose } from '../helpers/close.ts';
import { everyOption, planOf, smallCnn, smallMlp, someBatch, someTargets, someWeights } from '../helpers/plans.ts';
import { referenceLossAndGradient } from '../reference/network.ts';

/** Rounding of float32 weights and gradients, and of an engine that sums in another order than the reference. */
const FLOAT32_TOLERANCE = 2e-5;
/** A central difference of float64 losses over 1e-5: its own error is of that order squared, times a third derivative. */
const DIFFERENCE_STEP = 1e-5;
const DIFFERENCE_TOLERANCE = 1e-4;

const nothing: Batch = { count: 0, pixels: new Uint8Array(), labels: new Uint16Array() };

/** The quadratic ½ Σ c x², whose gradient is c ⊙ x. */
const quadratic =
  (...curvature: number[]): Gradient =>
  (w, _batch, g) => {
    g.set(curvature.map((c, i) => c * w[i]));
    return curvature.reduce((sum, c, i) => sum + (c * w[i] ** 2) / 2, 0);
  };

async function gradientOf(gradient: Gradient, w: ArrayLike<number>, batch = nothing) {
  const weights = Float32Array.from(w);
  const g = new Float32Array(w.length);
  const loss = await gradient(weights, batch, g);
  return { loss, g, weights };
}

test('l2 adds the decayed weights to the gradient and leaves the loss alone', async (t) => {
  const { loss, g } = await gradientOf(l2(quadratic(1, 1), 0.5), [2, -4]);
  t.is(loss, 10);
  t.deepEqual(g, Float32Array.of(3, -6));
});

test('sam takes the gradient ρ further up, and the loss where it stands', async (t) => {
  // g = (3, 8), ‖g‖ = √73.
  const { loss, g, weights } = await gradientOf(sam(quadratic(1, 2), 0.5), [3, 4]);
  const up = 0.5 / Math.sqrt(73);
  assertClose(t, g, [3 + 3 * up, 2 * (4 + 8 * up)], FLOAT32_TOLERANCE, 'gradient');
  t.is(loss, 20.5);
  t.deepEqual(weights, Float32Array.of(3, 4), 'the weights stay where they are');
});

test('asam climbs by the square of each weight', async (t) => {
  // w ⊙ g = (9, 32); ε̂ = 0.5 · (9 · 3, 16 · 8) / √1105.
  const { g } = await gradientOf(asam(quadratic(1, 2), 0.5), [3, 4]);
  const up = 0.5 / Math.sqrt(1105);
  assertClose(t, g, [3 + 27 * up, 2 * (4 + 128 * up)], FLOAT32_TOLERANCE, 'gradient');
});

/** A loss that only knows the product of its weights, like that of two layers with a ReLU between them. */
const product: Gradient = (w, _batch, g) => {
  const error = w[0] * w[1] - 1;
  g.set([error * w[1], error * w[0]]);
  return error ** 2 / 2;
};

test('asam does not mind how a product is shared between two weights, sam does', async (t) => {
  const lossAtPeak = async (climb: typeof sam, w: number[]): Promise<number> => {
    const seen: number[] = [];
    const watched: Gradient = async (...call) => {
      const loss = await product(...call);
      seen.push(loss);
      return loss;
    };
    await gradientOf(climb(watched, 0.1), w);
    return seen[1];
  };
  const [balanced, shifted] = [
    [2, 2],
    [8, 0.5],
  ];
  t.true(Math.abs((await lossAtPeak(asam, shifted)) / (await lossAtPeak(asam, balanced)) - 1) < FLOAT32_TOLERANCE);
  t.true((await lossAtPeak(sam, shifted)) / (await lossAtPeak(sam, balanced)) > 1.2);
});

for (const climb of [sam, asam]) {
  test(`${climb.name} stays where the gradient is exactly zero, and asks for two gradients elsewhere`, async (t) => {
    let calls = 0;
    const counted: Gradient = (...call) => {
      calls += 1;
      return quadratic(1, 1)(...call);
    };
    t.deepEqual((await gradientOf(climb(counted, 0.1), [0, 0])).g, new Float32Array(2));
    calls = 0;
    await gradientOf(climb(counted, 0.1), [1, 0]);
    t.is(calls, 2);
  });
}

for (const [name, build] of Object.entries({ smallMlp, smallCnn, everyOption })) {
  test(`sam and asam with weight decay on ${name} agree with float64`, async (t) => {
    const plan = await planOf(build);
    const network = await createNetwork(plan, 'simd');
    const batch = someBatch(plan, 6);
    const w = someWeights(plan);
    const lambda = 0.01;
    const rho = 0.05;
    const reference = (at: ArrayLike<number>): Float64Array =>
      referenceLossAndGradient(plan, at, batch).gradient.map((g, i) => g + lambda * at[i]);
    const regularised = l2((...call) => network.lossAndGradient(...call), lambda);

    const g = reference(w);
    const length = Math.hypot(...g);
    const peak = Float64Array.from(w, (x, i) => x + (rho * g[i]) / length);
    assertClose(t, (await gradientOf(sam(regularised, rho), w, batch)).g, reference(peak), FLOAT32_TOLERANCE, 'SAM');

    const scaled = Math.hypot(...g.map((x, i) => x * w[i]));
    const far = Float64Array.from(w, (x, i) => x + (rho * x * x * g[i]) / scaled);
    assertClose(t, (await gradientOf(asam(regularised, rho), w, batch)).g, reference(far), FLOAT32_TOLERANCE, 'ASAM');
  });
}

test('the gradient of sam is the slope of the loss at the peak, by finite differences', async (t) => {
  const plan = await planOf(smallMlp);
  const network = await createNetwork(plan, 'simd');
  const batch = someBatch(plan, 8);
  const w = someWeights(plan);
  const rho = 0.1;
  const { gradient } = referenceLossAndGradient(plan, w, batch);
  const length = Math.hypot(...gradient);
  const { g } = await gradientOf(
    sam((...call) => network.lossAndGradient(...call), rho),
    w,
    batch,
  );
  const stream = random(1, 'direction');
  for (let k = 0; k < 5; k += 1) {
    const direction = Float64Array.from(w, () => stream.normal());
    const lossAt = (distance: number): number => {
      const at = Float64Array.from(w, (x, i) => x + (rho * gradient[i]) / length + distance * direction[i]);
      return referenceLossAndGradient(plan, at, batch).loss;
    };
    const slope = (lossAt(DIFFERENCE_STEP) - lossAt(-DIFFERENCE_STEP)) / (2 * DIFFERENCE_STEP);
    const expected = g.reduce((sum, x, i) => sum + x * direction[i], 0);
    t.true(Math.abs(slope - expected) < DIFFERENCE_TOLERANCE * Math.abs(slope), `${slope} against ${expected}`);
  }
});

test('m-sharpness with m = B is sam to the bit, and with m < B the mean of sam over the parts', async (t) => {
  const plan = await planOf(everyOption);
  const network = await createNetwork(plan, 'simd');
  const count = 10;
  const batch: Batch = { ...someBatch(plan, count), targets: someTargets(plan, count) };
  const w = someWeights(plan);
  const sharp = sam((...call) => network.lossAndGradient(...call), 0.05);
  const whole = await gradientOf(sharp, w, batch);
  for (const m of [count, count + 5]) t.deepEqual(await gradientOf(subBatches(sharp, m, plan), w, batch), whole);

  const m = 4;
  const size = plan.input.height * plan.input.width * plan.input.channels;
  const mean = new Float64Array(plan.weightCount);
  let loss = 0;
  for (const [first, end] of [
    [0, 4],
    [4, 8],
    [8, 10],
  ]) {
    const part = await gradientOf(sharp, w, {
      count: end - first,
      pixels: batch.pixels.slice(first * size, end * size),
      labels: batch.labels.slice(first, end),
      targets: batch.targets?.slice(first * plan.classes, end * plan.classes),
      seed: batch.seed! + first,
    });
    for (let i = 0; i < mean.length; i += 1) mean[i] += (part.g[i] * (end - first)) / count;
    loss += (part.loss * (end - first)) / count;
  }
  const parts = await gradientOf(subBatches(sharp, m, plan), w, batch);
  assertClose(t, parts.g, mean, FLOAT32_TOLERANCE, 'gradient');
  assertClose(t, [parts.loss], [loss], FLOAT32_TOLERANCE, 'loss');
  t.notDeepEqual(parts.g, whole.g);
});

test('clipping shortens a gradient to the limit, keeps its direction, and leaves shorter ones alone', async (t) => {
  const { g } = await gradientOf(clipped(quadratic(1, 1), 1), [3, 4]);
  assertClose(t, g, [0.6, 0.8], FLOAT32_TOLERANCE, 'gradient');
  t.deepEqual((await gradientOf(clipped(quadratic(1, 1), 6), [3, 4])).g, Float32Array.of(3, 4));
});

test('the parameters compose the gradient: nothing but l2 by default, each part where it is asked for', async (t) => {
  const plan = await planOf(smallMlp);
  const network = await createNetwork(plan, 'simd');
  const batch = someBatch(plan, 6);
  const w = someWeights(plan);
  const loss: Gradient = (...call) => network.lossAndGradient(...call);
  const composed = async (parameters: object) =>
    (
      await gradientOf(
        createGradient(
          network,
          parametersSchema.parse({ learningRate: 1, momentum: 0, batchSize: 6, patience: 1, ...parameters }),
        ),
        w,
        batch,
      )
    ).g;
  const expected = async (gradient: Gradient) => (await gradientOf(gradient, w, batch)).g;

  t.deepEqual(await composed({}), await expected(l2(loss, 0.001)));
  t.deepEqual(await composed({ optimizer: 'adamw' }), await expected(loss));
  const all = { weightDecay: 0.1, rho: 0.5, adaptiveRho: true, subBatch: 4, clipNorm: 0.01 };
  t.deepEqual(await composed(all), await expected(clipped(subBatches(asam(l2(loss, 0.1), 0.5), 4, plan), 0.01)));
  t.true(Math.abs(norm(await composed(all)) - 0.01) < FLOAT32_TOLERANCE * 0.01);
  t.deepEqual(await composed({ rho: 0.5 }), await expected(sam(l2(loss, 0.001), 0.5)));
});

/** Values that switch something on; the schema of a parameter decides which of them it can have. */
const onValues = [true, 0.3, 2];
const quiet = { learningRate: 1, momentum: 0, batchSize: 6, patience: 1, weightDecay: 0 };

/** The parameters with a gradient switched on, and with each of the others that it uses besides. */
function settingsOf(name: keyof Parameters, uses: readonly (keyof Parameters)[]): Parameters[] {
  const withOn = (parameters: object, key: keyof Parameters): Parameters =>
    onValues.flatMap((value) => parametersSchema.safeParse({ ...parameters, [key]: value }).data ?? [])[0];
  const on = withOn(quiet, name);
  return [on, ...uses.map((other) => withOn(on, other))];
}

for (const { switch: name, uses, wrap } of gradients) {
  const settings = settingsOf(name, uses);

  test(`the gradient of ${name} is another one, twice the same, with the loss and the weights left alone`, async (t) => {
    const plan = await planOf(everyOption);
    const network = await createNetwork(plan, 'simd');
    const batch = someBatch(plan, 6);
    const w = someWeights(plan);
    const plain = await gradientOf(createGradient(network, parametersSchema.parse(quiet)), w, batch);
    const seen = [plain.g];
    for (const parameters of settings) {
      const gradient = createGradient(network, parameters);
      const first = await gradientOf(gradient, w, batch);
      t.deepEqual(first.weights, w);
      t.true(first.g.every(Number.isFinite));
      for (const other of seen) t.notDeepEqual(first.g, other);
      t.deepEqual(await gradientOf(gradient, w, batch), first);
      // The batch norms of sub-batches see other batches.
      if (name !== 'subBatch') t.is(first.loss, plain.loss);
      seen.push(first.g);
    }
  });

  test(`the gradient of ${name} is zero where there is none to change`, async (t) => {
    const flat: Gradient = (_w, _batch, g) => {
      g.fill(0);
      return 1;
    };
    const plan = await planOf(smallMlp);
    for (const parameters of settings) {
      const gradient = wrap(flat, parameters, plan, wasmVectors());
      const { g, loss } = await gradientOf(gradient, new Float32Array(plan.weightCount), someBatch(plan, 6));
      t.true(g.every((value) => value === 0));
      t.is(loss, 1);
    }
  });
}

test('descending by any gradient lowers the loss of the network, twice by the same steps', async (t) => {
  const plan = await planOf(smallMlp);
  const network = await createNetwork(plan, 'simd');
  const batch = someBatch(plan, 12);
  const lossAt = async (weights: Float32Array) =>
    (await gradientOf((...call) => network.lossAndGradient(...call), weights, batch)).loss;
  const start = await lossAt(someWeights(plan));
  for (const { switch: name, uses } of gradients) {
    for (const parameters of settingsOf(name, uses)) {
      const descend = async (): Promise<Float32Array> => {
        const gradient = createGradient(network, parameters);
        const w = someWeights(plan);
        for (let step = 0; step < 60; step += 1) {
          const { g } = await gradientOf(gradient, w, batch);
          for (let i = 0; i < w.length; i += 1) w[i] -= 0.1 * g[i];
        }
        return w;
      };
      const end = await descend();
      // An L2 term of 0.3 leaves the least.
      t.true((await lossAt(end)) < 0.95 * start, name);
      t.deepEqual(await descend(), end, name);
    }
  }
});

test('gsam is the gradient at the peak less α times what of the gradient at w is at right angles to it', async (t) => {
  // g = (3, 8) at w; at the peak, 0.5 further, g_p = (3 + 3 up, 8 + 16 up).
  const up = 0.5 / Math.sqrt(73);
  const peak = [3 + 3 * up, 2 * (4 + 8 * up)];
  const share = (3 * peak[0] + 8 * peak[1]) / (peak[0] ** 2 + peak[1] ** 2);
  const expected = [peak[0] - 0.7 * (3 - share * peak[0]), peak[1] - 0.7 * (8 - share * peak[1])];
  const climb = (inner: Gradient): Gradient => sam(inner, 0.5);
  const { g, loss } = await gradientOf(gsam(quadratic(1, 2), climb, 0.7), [3, 4]);
  assertClose(t, g, expected, FLOAT32_TOLERANCE, 'gradient');
  t.is(loss, 20.5);
  t.deepEqual(
    (await gradientOf(gsam(quadratic(1, 2), climb, 0), [3, 4])).g,
    (await gradientOf(climb(quadratic(1, 2)), [3, 4])).g,
  );
});

test('gsam with weight decay on a convolution network agrees with float64', async (t) => {
  const plan = await planOf(smallCnn);
  const network = await createNetwork(plan, 'simd');
  const batch = someBatch(plan, 6);
  const w = someWeights(plan);
  const [lambda, rho, alpha] = [0.01, 0.05, 0.4];
  const reference = (at: ArrayLike<number>): Float64Array =>
    referenceLossAndGradient(plan, at, batch).gradient.map((g, i) => g + lambda * at[i]);
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const start = reference(w);
  const length = Math.hypot(...start);
  const peak = reference(Float64Array.from(w, (x, i) => x + (rho * start[i]) / length));
  const share = dot(start, peak) / dot(peak, peak);
  const expected = peak.map((value, i) => value - alpha * (start[i] - share * value));
  const gradient = gsam(
    l2((...call) => network.lossAndGradient(...call), lambda),
    (inner) => sam(inner, rho),
    alpha,
  );
  assertClose(t, (await gradientOf(gradient, w, batch)).g, expected, FLOAT32_TOLERANCE, 'GSAM');
});

test('centralization takes the mean of each unit away from kernels, and from nothing else', async (t) => {
  const plan = await planOf(smallCnn);
  const network = await createNetwork(plan, 'simd');
  const batch = someBatch(plan, 6);
  const w = someWeights(plan);
  const loss: Gradient = (...call) => network.lossAndGradient(...call);
  const { g: plain } = await gradientOf(loss, w, batch);
  const { g } = await gradientOf(centralized(loss, plan), w, batch);
  const expected = Float64Array.from(plain);
  for (const { name, offset, size, shape } of plan.weights) {
    if (!name.endsWith('/kernel')) continue;
    const units = shape[shape.length - 1];
    for (let unit = 0; unit < units; unit += 1) {
      const places = Array.from({ length: size / units }, (_, i) => offset + i * units + unit);
      const mean = places.reduce((sum, place) => sum + plain[place], 0) / places.length;
      for (const place of places) expected[place] -= mean;
    }
  }
  assertClose(t, g, expected, FLOAT32_TOLERANCE, 'gradient');
});

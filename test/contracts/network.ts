/** What every engine owes: right numbers (golden, reference), purity, and calm in the face of NaN. */
import type { ExecutionContext, TestFn } from 'ava';
import * as fc from 'fast-check';
import type { Images } from '../../data/images.ts';
import { measureBatchSize } from '../../models/engine/layout.ts';
import type { Batch, Network } from '../../models/engine/network.ts';
import type { Plan } from '../../models/engine/plan.ts';
import { assertClose } from '../helpers/close.ts';
import { digitCnnGolden } from '../helpers/digit-cnn-golden.ts';
import {
  activated,
  branched,
  everyOption,
  greyCnn,
  normalizedGrey,
  normalizedPixels,
  planOf,
  residual,
  sequential,
  smallCnn,
  smallMlp,
  someBatch,
  someTargets,
  someWeights,
  windowed,
} from '../helpers/plans.ts';
import { modelOf, scenario } from '../helpers/random-models.ts';
import { referenceLogits, referenceLossAndGradient, referenceMeasure, referencePredict } from '../reference/network.ts';

/** Rounding errors of one step go through four more steps, each through a quotient by √variance. */
const fiveStepFactor = 10;

/** Random models normalise over a handful of values, and divide by what small deviations they have. */
const randomModelFactor = 10;
/** Enough images for statistics. */
const measuredImages = 9;

type Create = (plan: Plan) => Promise<Network>;

/**
 * Registers the suite for one engine.
 * @param tolerance largest error of an element, relative to the largest element of its vector
 * @param randomModels how many to try
 */
export function networkContract(
  test: TestFn,
  name: string,
  create: Create,
  tolerance: number,
  randomModels: number,
): void {
  /** Loss and gradient against the reference. */
  const assertGradient = async (
    t: ExecutionContext,
    network: Network,
    weights: Float32Array,
    batch: Batch,
    within = tolerance,
  ): Promise<void> => {
    // What was there before must not play a part.
    const gradient = new Float32Array(network.plan.weightCount).fill(7);
    const loss = await network.lossAndGradient(weights, batch, gradient);
    const expected = referenceLossAndGradient(network.plan, weights, batch);
    assertClose(t, [loss], [expected.loss], within, 'loss');
    assertClose(t, gradient, expected.gradient, within, 'gradient');
  };

  /** Statistics and probabilities against the reference. */
  const assertPrediction = async (
    t: ExecutionContext,
    network: Network,
    weights: Float32Array,
    images: Images,
    within = tolerance,
  ): Promise<Float32Array> => {
    const solution = await network.measure(weights, images);
    const statistics = referenceMeasure(network.plan, weights, images);
    assertClose(t, solution.statistics, statistics, within, 'statistics');
    const probabilities = await network.predict(solution, images);
    const expected = referencePredict(network.plan, weights, statistics, images);
    assertClose(t, probabilities, expected, within, 'probabilities');
    return probabilities;
  };

  test(`${name}: digit-cnn has the golden logits, loss, gradient and batch statistics`, async (t) => {
    const golden = await digitCnnGolden();
    const network = await create(golden.plan);
    const weights = Float32Array.from(golden.weights);
    const gradient = new Float32Array(golden.plan.weightCount);

    const loss = await network.lossAndGradient(weights, golden.batch, gradient);
    assertClose(t, [loss], [golden.loss], tolerance, 'loss');
    for (const { name: weight, offset, size } of golden.plan.weights) {
      const expected = golden.gradient.subarray(offset, offset + size);
      // A bias before a batch norm has the gradient 0; there, only the whole gradient gives a scale.
      const isZero = Math.max(...expected.map(Math.abs)) < 1e-12;
      if (!isZero) assertClose(t, gradient.subarray(offset, offset + size), expected, tolerance, weight);
    }
    assertClose(t, gradient, golden.gradient, tolerance, 'gradient');

    const solution = await network.measure(weights, golden.batch);
    assertClose(t, solution.statistics, golden.statistics, tolerance, 'statistics');
    const probabilities = await network.predict(solution, golden.batch);
    assertClose(t, probabilities, softmaxRows(golden.logits, golden.plan.classes), tolerance, 'probabilities');
  });

  test(`${name}: digit-cnn takes the five golden momentum steps`, async (t) => {
    const { plan, batch, weights: start, fiveSteps } = await digitCnnGolden();
    const network = await create(plan);
    const weights = Float32Array.from(start);
    const gradient = new Float32Array(plan.weightCount);
    const velocity = new Float64Array(plan.weightCount);
    const losses = [];
    for (let step = 0; step < 5; step += 1) {
      losses.push(await network.lossAndGradient(weights, batch, gradient));
      for (let i = 0; i < weights.length; i += 1) {
        velocity[i] = 0.9 * velocity[i] + gradient[i];
        weights[i] -= 0.05 * velocity[i];
      }
    }
    assertClose(t, losses, fiveSteps.losses, fiveStepFactor * tolerance, 'losses');
    assertClose(t, weights, fiveSteps.weights, fiveStepFactor * tolerance, 'weights');
  });

  for (const [model, build] of Object.entries({
    smallCnn,
    greyCnn,
    smallMlp,
    everyOption,
    residual,
    activated,
    branched,
    windowed,
    normalizedPixels,
    normalizedGrey,
  })) {
    for (const count of [1, 4, 37]) {
      test(`${name}: ${model} agrees with the float64 reference on a batch of ${count}`, async (t) => {
        const plan = await planOf(build);
        const network = await create(plan);
        const [weights, batch] = [someWeights(plan), someBatch(plan, count)];
        await assertGradient(t, network, weights, batch);
        // Statistics of one image may be no spread at all, and then predictions hang on their last bit.
        const images = someBatch(plan, Math.max(count, measuredImages));
        const probabilities = await assertPrediction(t, network, weights, images);
        for (let row = 0; row < count; row += 1) {
          const values = probabilities.subarray(row * plan.classes, (row + 1) * plan.classes);
          assertClose(t, [values.reduce((sum, value) => sum + value, 0)], [1], tolerance, `sum of row ${row}`);
        }
      });
    }

    test(`${name}: ${model} has the reference's gradient with frozen statistics, and then again without`, async (t) => {
      const plan = await planOf(build);
      const network = await create(plan);
      const [weights, batch] = [someWeights(plan), someBatch(plan, 11)];
      // Statistics of other weights, so that the batch's own statistics differ from the given ones.
      const other = await network.measure(someWeights(plan, 2), someBatch(plan, measuredImages, 2));
      const gradient = new Float32Array(plan.weightCount).fill(7);
      const loss = await network.lossAndGradient(weights, { ...batch, seed: undefined }, gradient, other);
      const expected = referenceLossAndGradient(plan, weights, batch, other.statistics);
      assertClose(t, [loss], [expected.loss], tolerance, 'loss');
      assertClose(t, gradient, expected.gradient, tolerance, 'gradient');
      await assertGradient(t, network, weights, batch);
    });

    test(`${name}: ${model} has the reference's gradient with soft labels`, async (t) => {
      const plan = await planOf(build);
      const batch = { ...someBatch(plan, 11), targets: someTargets(plan, 11) };
      await assertGradient(t, await create(plan), someWeights(plan), batch);
    });

    test(`${name}: ${model} has the reference's gradient when gammas are 0 and channels dead`, async (t) => {
      const plan = await planOf(build);
      const weights = someWeights(plan);
      for (const { name: weight, offset, size } of plan.weights) {
        if (weight.endsWith('gamma')) weights.fill(0, offset, offset + size);
        // Beta > 0 keeps a ReLU open, so that the gradient has something to say; beta < 0 closes it for all images.
        if (weight.endsWith('beta')) for (let i = 0; i < size; i += 1) weights[offset + i] = i % 2 === 0 ? 0.25 : -0.25;
      }
      const network = await create(plan);
      await assertGradient(t, network, weights, someBatch(plan, 6));
      await assertPrediction(t, network, weights, someBatch(plan, 6));
    });

    test(`${name}: ${model} has the reference's gradient when gammas have all signs`, async (t) => {
      const plan = await planOf(build);
      const weights = someWeights(plan);
      for (const { name: weight, offset, size } of plan.weights) {
        if (weight.endsWith('gamma')) for (let i = 0; i < size; i += 1) weights[offset + i] *= 1 - (i % 3);
      }
      const network = await create(plan);
      await assertGradient(t, network, weights, someBatch(plan, 6));
      await assertPrediction(t, network, weights, someBatch(plan, 6));
    });
  }

  test(`${name}: ${randomModels} random models agree with the float64 reference`, async (t) => {
    const property = fc.asyncProperty(scenario, async ({ recipe, count, isSoft }) => {
      const plan = await planOf(modelOf(recipe));
      const network = await create(plan);
      const weights = someWeights(plan);
      const targets = isSoft ? { targets: someTargets(plan, count) } : {};
      const within = randomModelFactor * tolerance;
      await assertGradient(t, network, weights, { ...someBatch(plan, count), ...targets }, within);
      await assertPrediction(t, network, weights, someBatch(plan, measuredImages), within);
    });
    await fc.assert(property, { seed: 1, numRuns: randomModels });
  });

  for (const classes of [2, 1000]) {
    test(`${name}: ${classes} classes agree with the float64 reference`, async (t) => {
      const plan = await planOf(
        sequential((of) => [
          of.conv2d({ name: 'conv', inputShape: [5, 3, 1], filters: 6, kernelSize: 3, activation: 'relu' }),
          of.flatten(),
          of.dense({ name: 'dense', units: classes, activation: 'softmax' }),
        ]),
      );
      const network = await create(plan);
      await assertGradient(t, network, someWeights(plan), someBatch(plan, 5));
      await assertGradient(t, network, someWeights(plan), { ...someBatch(plan, 5), targets: someTargets(plan, 5) });
      await assertPrediction(t, network, someWeights(plan), someBatch(plan, 5));
    });
  }

  test(`${name}: images of one pixel agree with the float64 reference`, async (t) => {
    const plan = await planOf(
      sequential((of) => [
        of.conv2d({ name: 'conv', inputShape: [1, 1, 3], filters: 5, kernelSize: 3, padding: 'same' }),
        of.batchNormalization({ name: 'bn' }),
        of.reLU(),
        of.flatten(),
        of.dense({ name: 'dense', units: 3, activation: 'softmax' }),
      ]),
    );
    const network = await create(plan);
    for (const count of [1, 2, 19]) await assertGradient(t, network, someWeights(plan), someBatch(plan, count));
    await assertPrediction(t, network, someWeights(plan), someBatch(plan, 19));
  });

  test(`${name}: soft labels that name one class are the same as hard ones`, async (t) => {
    const plan = await planOf(smallCnn);
    const network = await create(plan);
    const batch = someBatch(plan, 8);
    const targets = new Float32Array(8 * plan.classes);
    for (const [row, label] of batch.labels.entries()) targets[row * plan.classes + label] = 1;
    const [hard, soft] = [new Float32Array(plan.weightCount), new Float32Array(plan.weightCount)];
    const hardLoss = await network.lossAndGradient(someWeights(plan), batch, hard);
    const softLoss = await network.lossAndGradient(someWeights(plan), { ...batch, targets }, soft);
    assertClose(t, [softLoss], [hardLoss], tolerance, 'loss');
    assertClose(t, soft, hard, tolerance, 'gradient');
    const few = { ...batch, targets: targets.subarray(1) };
    await t.throwsAsync(async () => network.lossAndGradient(someWeights(plan), few, soft), {
      instanceOf: RangeError,
      message: 'Expected `targets` to have 8 × 7 elements, got 55.',
    });
  });

  test(`${name}: images that count for more or less have so much of the loss and of the gradient`, async (t) => {
    const plan = await planOf(smallCnn);
    const network = await create(plan);
    const weights = Float32Array.from({ length: 8 }, (_, i) => 0.25 + 0.5 * i);
    const batch = { ...someBatch(plan, 8), weights };
    await assertGradient(t, network, someWeights(plan), batch);
    await assertGradient(t, network, someWeights(plan), { ...batch, targets: someTargets(plan, 8) });
    const gradient = new Float32Array(plan.weightCount);
    await t.throwsAsync(
      async () => network.lossAndGradient(someWeights(plan), { ...batch, weights: weights.subarray(1) }, gradient),
      { instanceOf: RangeError, message: 'Expected `weights` to have 8 elements, got 7.' },
    );
  });

  test(`${name}: labels that are no class, and batches of no images, are refused`, async (t) => {
    const plan = await planOf(smallCnn);
    const network = await create(plan);
    const gradient = new Float32Array(plan.weightCount);
    const train = async (changed: Partial<Batch>) =>
      network.lossAndGradient(someWeights(plan), { ...someBatch(plan, 4), ...changed }, gradient);
    for (const label of [7, 65_535]) {
      await t.throwsAsync(train({ labels: Uint16Array.of(0, 6, label, 0) }), {
        instanceOf: RangeError,
        message: `Expected \`labels\` below 7, the number of classes, got ${label}.`,
      });
    }
    // Behind the images of the batch nobody looks.
    await t.notThrowsAsync(train({ count: 2, labels: Uint16Array.of(0, 6, 7, 7) }));
    for (const count of [0, -1, 0.5, Number.NaN]) {
      await t.throwsAsync(train({ count }), { instanceOf: RangeError, message: /^Expected `count` to be a whole/ });
    }
  });

  test(`${name}: dropout follows the seed, and only in training`, async (t) => {
    const plan = await planOf(residual);
    const network = await create(plan);
    const weights = someWeights(plan);
    const compute = async (seed: number | undefined) => {
      const gradient = new Float32Array(plan.weightCount);
      const loss = await network.lossAndGradient(weights, { ...someBatch(plan, 6), seed }, gradient);
      return { loss, gradient };
    };
    const first = await compute(3);
    t.notDeepEqual(await compute(2 ** 32 - 1), first);
    t.deepEqual(await compute(3), first);
    for (const seed of [undefined, -1, 0.5, 2 ** 32]) {
      await t.throwsAsync(compute(seed), { instanceOf: RangeError, message: /^Expected `seed` to be an integer in/ });
    }
    // The reference knows no dropout in evaluation.
    await assertPrediction(t, network, weights, someBatch(plan, 6));
  });

  test(`${name}: an image's dropout depends on its place in the batch, not on the batch's size`, async (t) => {
    const plan = await planOf(
      sequential((of) => [
        of.flatten({ inputShape: [3, 3, 1] }),
        of.dropout({ rate: 0.5 }),
        of.dense({ name: 'dense', units: 3, activation: 'softmax' }),
      ]),
    );
    const network = await create(plan);
    /** The sum of the images' losses; without batch norm, images are alone with their masks. */
    const lossOf = async (count: number): Promise<number> => {
      const gradient = new Float32Array(plan.weightCount);
      return count * (await network.lossAndGradient(someWeights(plan), { ...someBatch(plan, 40), count }, gradient));
    };
    const reference = (count: number): number =>
      count * referenceLossAndGradient(plan, someWeights(plan), { ...someBatch(plan, 40), count }).loss;
    const last = (await lossOf(40)) - (await lossOf(39));
    assertClose(t, [last], [reference(40) - reference(39)], 40 * tolerance, 'loss of the last image');
  });

  test(`${name}: the loss stays finite and right when logits are in the thousands`, async (t) => {
    const plan = await planOf(smallMlp);
    const network = await create(plan);
    const weights = someWeights(plan).map((weight) => 100 * weight);
    const batch = someBatch(plan, 8);
    t.true(Math.max(...referenceLogits(plan, weights, batch).map(Math.abs)) > 1000);
    await assertGradient(t, network, weights, batch);
  });

  test(`${name}: only the first count images of a batch are read`, async (t) => {
    const plan = await planOf(smallCnn);
    const network = await create(plan);
    const weights = someWeights(plan);
    const [long, short] = [new Float32Array(plan.weightCount), new Float32Array(plan.weightCount)];
    const longLoss = await network.lossAndGradient(weights, { ...someBatch(plan, 9), count: 5 }, long);
    const shortLoss = await network.lossAndGradient(weights, someBatch(plan, 9), short);
    const { loss, gradient } = referenceLossAndGradient(plan, weights, { ...someBatch(plan, 9), count: 5 });
    assertClose(t, [longLoss], [loss], tolerance, 'loss');
    assertClose(t, long, gradient, tolerance, 'gradient');
    t.not(longLoss, shortLoss);
  });

  test(`${name}: a call neither changes its weights nor keeps them`, async (t) => {
    const plan = await planOf(smallCnn);
    const network = await create(plan);
    const [weights, batch] = [someWeights(plan), someBatch(plan, 5)];
    const before = weights.slice();
    await network.lossAndGradient(weights, batch, new Float32Array(plan.weightCount));
    const solution = await network.measure(weights, batch);
    const probabilities = await network.predict(solution, batch);
    t.deepEqual(weights, before);
    weights.fill(0);
    t.deepEqual(solution.weights, before);
    t.deepEqual(await network.predict(solution, batch), probabilities);
  });

  test(`${name}: the same call gives the same bits whatever was called in between`, async (t) => {
    const plan = await planOf(smallCnn);
    const network = await create(plan);
    const [batch, other] = [someBatch(plan, 7), someBatch(plan, 21, 2)];
    const compute = async (weights: Float32Array, data: typeof batch) => {
      const gradient = new Float32Array(plan.weightCount);
      const loss = await network.lossAndGradient(weights, data, gradient);
      const solution = await network.measure(weights, data);
      return { loss, gradient, solution, probabilities: await network.predict(solution, data) };
    };
    const first = await compute(someWeights(plan), batch);
    t.notDeepEqual(await compute(someWeights(plan, 2), other), first);
    t.deepEqual(await compute(someWeights(plan), batch), first);
  });

  test(`${name}: images that need several passes are measured and predicted like one batch`, async (t) => {
    const plan = await planOf(smallCnn);
    const network = await create(plan);
    const [weights, images] = [someWeights(plan), someBatch(plan, measureBatchSize(plan) + 37)];
    // The last images are brighter, so that a wrong share of the smaller last batch shows.
    images.pixels.fill(255, Math.floor(0.95 * images.pixels.length));
    await assertPrediction(t, network, weights, images);
  });

  test(`${name}: an image's prediction does not depend on its companions`, async (t) => {
    const plan = await planOf(smallCnn);
    const network = await create(plan);
    const images = someBatch(plan, 9);
    const solution = await network.measure(someWeights(plan), images);
    const together = await network.predict(solution, images);
    const alone = await network.predict(solution, { ...images, count: 1 });
    assertClose(t, alone, together.subarray(0, plan.classes), tolerance, 'probabilities');
  });

  test(`${name}: weights that are not numbers give a loss that is not finite, and leave no trace`, async (t) => {
    for (const build of [smallCnn, greyCnn, smallMlp, everyOption, residual, windowed]) {
      const plan = await planOf(build);
      const network = await create(plan);
      const [weights, batch] = [someWeights(plan), someBatch(plan, 6)];
      const [before, after] = [new Float32Array(plan.weightCount), new Float32Array(plan.weightCount)];
      const loss = await network.lossAndGradient(weights, batch, before);
      const broken = new Float32Array(plan.weightCount).fill(NaN);
      t.false(Number.isFinite(await network.lossAndGradient(broken, batch, after)));
      await network.predict(await network.measure(broken, batch), batch);
      t.is(await network.lossAndGradient(weights, batch, after), loss);
      t.deepEqual(after, before);
    }
  });
}

function softmaxRows(logits: readonly number[], classes: number): number[] {
  return logits.map((logit, i) => {
    const row = logits.slice(i - (i % classes), i - (i % classes) + classes);
    return 1 / row.reduce((sum, other) => sum + Math.exp(other - logit), 0);
  });
}

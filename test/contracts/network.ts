/** What every engine owes: right numbers (golden, reference), purity, and calm in the face of NaN. */
import type { TestFn } from 'ava';
import { measureBatchSize } from '../../models/engine/layout.ts';
import type { Network } from '../../models/engine/network.ts';
import type { Plan } from '../../models/engine/plan.ts';
import { assertClose } from '../helpers/close.ts';
import { digitCnnGolden } from '../helpers/digit-cnn-golden.ts';
import { planOf, smallCnn, smallMlp, someBatch, someWeights } from '../helpers/plans.ts';
import { referenceLogits, referenceLossAndGradient, referenceMeasure, referencePredict } from '../reference/network.ts';

/** Rounding errors of one step go through four more steps, each through a quotient by √variance. */
const fiveStepFactor = 10;

type Create = (plan: Plan) => Promise<Network>;

/**
 * Registers the suite for one engine. It needs an engine that runs digit-cnn, smaller networks of the same blocks with
 * other channel counts, and perceptrons.
 * @param tolerance largest error of an element, relative to the largest element of its vector
 */
export function networkContract(test: TestFn, name: string, create: Create, tolerance: number): void {
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

  for (const [model, layerList] of Object.entries({ smallCnn, smallMlp })) {
    for (const count of [1, 4, 37]) {
      test(`${name}: ${model} agrees with the float64 reference on a batch of ${count}`, async (t) => {
        const plan = await planOf(layerList);
        const network = await create(plan);
        const [weights, batch] = [someWeights(plan), someBatch(plan, count)];
        const gradient = new Float32Array(plan.weightCount).fill(7);
        const loss = await network.lossAndGradient(weights, batch, gradient);
        const expected = referenceLossAndGradient(plan, weights, batch);
        assertClose(t, [loss], [expected.loss], tolerance, 'loss');
        assertClose(t, gradient, expected.gradient, tolerance, 'gradient');

        const solution = await network.measure(weights, batch);
        const statistics = referenceMeasure(plan, weights, batch);
        assertClose(t, solution.statistics, statistics, tolerance, 'statistics');
        const probabilities = await network.predict(solution, batch);
        assertClose(t, probabilities, referencePredict(plan, weights, statistics, batch), tolerance, 'probabilities');
        for (let row = 0; row < count; row += 1) {
          const values = probabilities.subarray(row * plan.classes, (row + 1) * plan.classes);
          assertClose(t, [values.reduce((sum, value) => sum + value, 0)], [1], tolerance, `sum of row ${row}`);
        }
      });
    }
  }

  test(`${name}: a gamma of 0 has the reference's gradient`, async (t) => {
    const plan = await planOf(smallCnn);
    const network = await create(plan);
    const [weights, batch] = [someWeights(plan), someBatch(plan, 6)];
    for (const entry of plan.weights.filter(({ name: weight }) => weight.endsWith('gamma'))) {
      weights[entry.offset] = 0;
      // Beta > 0 keeps the ReLU open, so that the gradient has something to say.
      weights[entry.offset + entry.size] = 0.25;
    }
    const gradient = new Float32Array(plan.weightCount);
    const loss = await network.lossAndGradient(weights, batch, gradient);
    const expected = referenceLossAndGradient(plan, weights, batch);
    assertClose(t, [loss], [expected.loss], tolerance, 'loss');
    assertClose(t, gradient, expected.gradient, tolerance, 'gradient');
  });

  test(`${name}: the loss stays finite and right when logits are in the thousands`, async (t) => {
    const plan = await planOf(smallMlp);
    const network = await create(plan);
    const weights = someWeights(plan).map((weight) => 100 * weight);
    const batch = someBatch(plan, 8);
    t.true(Math.max(...referenceLogits(plan, weights, batch).map(Math.abs)) > 1000);
    const gradient = new Float32Array(plan.weightCount);
    const loss = await network.lossAndGradient(weights, batch, gradient);
    const expected = referenceLossAndGradient(plan, weights, batch);
    assertClose(t, [loss], [expected.loss], tolerance, 'loss');
    assertClose(t, gradient, expected.gradient, tolerance, 'gradient');
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
    const solution = await network.measure(weights, images);
    const statistics = referenceMeasure(plan, weights, images);
    assertClose(t, solution.statistics, statistics, tolerance, 'statistics');
    const probabilities = await network.predict(solution, images);
    assertClose(t, probabilities, referencePredict(plan, weights, statistics, images), tolerance, 'probabilities');
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
    for (const layerList of [smallCnn, smallMlp]) {
      const plan = await planOf(layerList);
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

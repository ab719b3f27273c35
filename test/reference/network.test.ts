import test from 'ava';
import { assertClose } from '../helpers/close.ts';
import { digitCnnGolden } from '../helpers/digit-cnn-golden.ts';
import { everyOption, planOf, residual, smallCnn, someBatch, someTargets, someWeights } from '../helpers/plans.ts';
import { referenceLogits, referenceLossAndGradient, referenceMeasure } from './network.ts';

/** Both sides are float64, they add in different orders. */
const doublePrecision = 1e-12;
/** A central difference with step 1e-5 has an error of 1e-10 by its step and 1e-11 by rounding, in units of the loss. */
const differencePrecision = 1e-7;

test('the reference agrees with the golden numbers of the digit CNN in double precision', async (t) => {
  const golden = await digitCnnGolden();
  const { loss, gradient } = referenceLossAndGradient(golden.plan, golden.weights, golden.batch);
  assertClose(t, referenceLogits(golden.plan, golden.weights, golden.batch), golden.logits, doublePrecision, 'logits');
  assertClose(t, [loss], [golden.loss], doublePrecision, 'loss');
  assertClose(t, gradient, golden.gradient, doublePrecision, 'gradient');
  const statistics = referenceMeasure(golden.plan, golden.weights, golden.batch);
  assertClose(t, statistics, golden.statistics, doublePrecision, 'statistics');
});

for (const [name, build] of Object.entries({ smallCnn, everyOption, residual })) {
  test(`the reference gradient of ${name} is the slope of the loss in every direction`, async (t) => {
    const plan = await planOf(build);
    const weights = Float64Array.from(someWeights(plan));
    const batch = { ...someBatch(plan, 5), targets: someTargets(plan, 5) };
    const step = 1e-5;
    const slopes = weights.map((weight, i) => {
      const lossAt = (value: number): number => {
        weights[i] = value;
        return referenceLossAndGradient(plan, weights, batch).loss;
      };
      const slope = (lossAt(weight + step) - lossAt(weight - step)) / (2 * step);
      weights[i] = weight;
      return slope;
    });
    const { gradient } = referenceLossAndGradient(plan, weights, batch);
    assertClose(t, gradient, slopes, differencePrecision, 'gradient');
  });
}

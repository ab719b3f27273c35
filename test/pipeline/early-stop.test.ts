import test from 'ava';
import { createNetwork } from '../../models/engine/engines.ts';
import { methods, type MethodName } from '../../pipeline/methods/index.ts';
import { parametersSchema } from '../../pipeline/parameters.ts';
import { train, type TrainingResult } from '../../pipeline/train.ts';
import { planOf, smallMlp, someBatch } from '../helpers/plans.ts';

const network = await createNetwork(await planOf(smallMlp), 'simd');
const batch = someBatch(network.plan, 24);
const images = { ...batch, labels: new Uint16Array(new SharedArrayBuffer(2 * batch.count)) };
images.labels.set(batch.labels);
/** Scores of eight epochs: the best is the second, and from then on nothing gets better. */
const accuracies = [0.5, 0.9, 0.7, 0.8, 0.6, 0.6, 0.6, 0.6];

/** @returns the result, and the weights that were scored after each epoch */
async function run(
  id: MethodName,
  given: object,
): Promise<[Extract<TrainingResult, { status: 'done' }>, Float32Array[]]> {
  const method = methods[id];
  const small = { batchSize: 8, patience: 2, learningRate: 0.05 };
  const parameters = parametersSchema.parse({ ...method.defaults, ...small, ...given });
  const seen: Float32Array[] = [];
  const validate = async (weights: Float32Array) => {
    seen.push(weights.slice());
    return { accuracy: accuracies[seen.length - 1], loss: 1 };
  };
  const result = await train({ network, images, method, parameters, epochs: 8, seed: 3, validate });
  if (result.status !== 'done') throw new Error(result.status);
  return [result, seen];
}

for (const id of ['plain', 'sam', 'bootstrap'] as const) {
  test(`${id} that is stopped on a plateau gives back its best epoch`, async (t) => {
    const [{ solutions, epochs, ended, restoredEpoch }, seen] = await run(id, { onPlateau: 'stop' });
    t.deepEqual([epochs.length, ended, restoredEpoch], [4, 'plateau', 1]);
    t.deepEqual(solutions, [seen[1]]);
  });
}

test('a training that is not stopped keeps its last weights, and its best ones on request', async (t) => {
  const [usual, seen] = await run('plain', { onPlateau: 'stop', patience: 7 });
  t.deepEqual([usual.epochs.length, usual.ended, usual.restoredEpoch], [8, 'epochs', null]);
  t.deepEqual(usual.solutions, [seen[7]]);
  const [best, seenAgain] = await run('plain', { restoreBest: true });
  t.deepEqual([best.epochs.length, best.ended, best.restoredEpoch], [8, 'epochs', 1]);
  t.deepEqual(best.solutions, [seenAgain[1]]);
});

test('an average of weights is that of the best epoch on request alone', async (t) => {
  const [stopped, seen] = await run('ema', { onPlateau: 'stop' });
  t.deepEqual([stopped.ended, stopped.restoredEpoch], ['plateau', null]);
  const [restored] = await run('ema', { onPlateau: 'stop', restoreBest: true });
  t.is(restored.restoredEpoch, 1);
  t.notDeepEqual(restored.solutions, stopped.solutions);
  t.notDeepEqual(restored.solutions, [seen[1]]);
});

test('what averages over epochs has no best epoch', async (t) => {
  const [{ restoredEpoch, solutions }] = await run('swa', { restoreBest: true });
  t.is(restoredEpoch, null);
  t.deepEqual(solutions, (await run('swa', {}))[0].solutions);
});

test('the epochs between two looks at the validation images have no score, and change no weights', async (t) => {
  const [each, all] = await run('plain', { patience: 9 });
  const [some, seen] = await run('plain', { patience: 9, validateEvery: 3 });
  t.deepEqual(seen, [all[2], all[5], all[7]]);
  t.deepEqual(some.solutions, each.solutions);
  t.deepEqual(
    some.epochs.map(({ validationAccuracy, validationLoss }) => [validationAccuracy, validationLoss]),
    [1, 2, 0.5, 4, 5, 0.9, 7, 0.7].map((score) => (score < 1 ? [score, 1] : [undefined, undefined])),
  );
  const trained = (epochs: typeof some.epochs) => epochs.map(({ epoch, trainLoss }) => [epoch, trainLoss]);
  t.deepEqual(trained(some.epochs), trained(each.epochs));
});

test('patience and the best epoch know the epochs with a score alone', async (t) => {
  const [{ epochs, ended, restoredEpoch, solutions }, seen] = await run('plain', {
    onPlateau: 'stop',
    patience: 1,
    validateEvery: 2,
  });
  t.deepEqual([epochs.length, ended, restoredEpoch], [6, 'plateau', 3]);
  t.deepEqual(solutions, [seen[1]]);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { withNormalization } from '../../models/engine/plan.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { methodNames, methods } from '../../pipeline/index.ts';
import { createPool } from '../../pipeline/pool.ts';
import { bestParameters, readTask, searchMethod, type SearchTask, studyName } from '../../tuning/index.ts';
import { earlierStudyName } from '../../tuning/task.ts';
import type { SearchSpace } from '../../search/distributions.ts';
import { openStorage, storageExists } from '../../search/storage/index.ts';
import { openStudy } from '../../search/open-study.ts';
import { readStudy } from '../../search/read-study.ts';
import { failureAttribute, type FrozenTrial } from '../../search/frozen-trial.ts';
import { digits } from '../pipeline/digits.ts';
import { essence } from '../search/snapshot.ts';
import { crossValidation } from '../../tuning/cross-validation.ts';
import { FoldCrew } from '../../tuning/fold-crew.ts';
import { parametersIn } from '../../tuning/parameters-in.ts';
import { publishedTrials } from '../../tuning/published-trials.ts';

const folder = mkdtempSync(join(tmpdir(), 'objective-'));
const pool = createPool(2);
test.after.always(async () => {
  rmSync(folder, { recursive: true });
  await pool.destroy();
});

let files = 0;
async function makeTask(changes: Partial<SearchTask> = {}): Promise<SearchTask> {
  const images = digits(240);
  return {
    competition: 'synthetic-digits',
    model: 'digit-cnn',
    plan: await loadPlan('digit-cnn', images.shape, 10),
    engine: 'simd',
    method: 'plain',
    images,
    trials: 3,
    workers: 1,
    epochs: 3,
    folds: 3,
    seed: 5,
    sampler: 'tpe',
    pruner: 'none',
    storage: join(folder, `${files++}.db`),
    unsavedDir: join(folder, 'unsaved'),
    ...changes,
  };
}

const studyOf = async (task: SearchTask): Promise<readonly FrozenTrial[]> =>
  (await readStudy(task.storage, studyName(task))).trials;

test('a search that is stopped goes on with the fold that it was at, and ends as one that was left alone', async (t) => {
  const alone = await makeTask({ workers: 2 });
  await searchMethod(pool, alone);
  const stopped = { ...(await makeTask()), images: alone.images };
  const stop = new AbortController();
  const epochs: string[] = [];
  const onEpoch = (_method: string, trial: number, fold: number, { epoch }: { epoch: number }): void => {
    epochs.push(`${trial}/${fold}/${epoch}`);
  };
  const interrupted = searchMethod(pool, stopped, {
    signal: stop.signal,
    onEpoch(method, trial, fold, metrics) {
      onEpoch(method, trial, fold, metrics);
      if (epochs.at(-1) === '1/1/1') stop.abort();
    },
  });
  t.is((await interrupted).stopped, 'aborted');
  const before = epochs.length;
  t.is((await searchMethod(pool, stopped, { onEpoch })).stopped, 'finished');
  // On a busy machine the news of the epoch may arrive when the fold is finished.
  const [trial, fold, epoch] = epochs[before].split('/').map(Number);
  t.deepEqual([trial, epoch], [1, 0]);
  t.true(fold === 1 || fold === 2, 'fold 0 of trial 1 was finished');
  t.is(epochs.length - before, 3 * (3 - fold) + 3 * 3);
  t.deepEqual((await studyOf(stopped)).map(essence), (await studyOf(alone)).map(essence));
});

test('the last fold of a trial is stored by its end, so that a store that is away does not come before its score', async (t) => {
  const task = await makeTask({ epochs: 1 });
  using crew = new FoldCrew(pool);
  const study = await openStudy({ name: 'a', direction: 'maximize', sampler: 'random' });
  const trial = await study.ask();
  const folds: unknown[] = [];
  study.renew = async () => void folds.push(Object.keys(trial.freeze().userAttributes['folds'] as object));
  const objective = crossValidation(
    pool,
    task,
    study,
    crew,
    () => methods.plain.defaults,
    () => {},
  );
  t.is(typeof (await objective(trial, new AbortController().signal)), 'number');
  t.deepEqual(folds, [['0'], ['0', '1']]);
});

test('the defaults come first, and what the user enqueues before them; another run enqueues them once', async (t) => {
  const task = await makeTask({ enqueue: [{ learningRate: 1e-8, batchSize: 128 }], trials: 2, epochs: 1, folds: 2 });
  await searchMethod(pool, task);
  await searchMethod(pool, task);
  const trials = await studyOf(task);
  t.is(trials.length, 2);
  await t.throwsAsync(searchMethod(pool, { ...task, enqueue: [{ batchSize: 17 }] }), {
    message: /^An enqueued trial: Expected `batchSize` to be a value like those of categorical \[16,/,
  });
  t.like(trials[0].params, { learningRate: 1e-8, batchSize: 128 });
  t.deepEqual(trials[1].params, { learningRate: 0.1, momentum: 0.83, batchSize: 128, patience: 3 });
});

const unusable: readonly [Partial<SearchTask>, RegExp][] = [
  [{ enqueue: [{ momentum: 1.5 }] }, /^Expected `momentum` in a trial to begin with to be in \[0, 1\), got 1\.5/],
  [
    { space: { momentum: { kind: 'float', low: 0.9, high: 1.5 } } },
    /^Expected `momentum` in the search space of plain to be in \[0, 1\), got 1\.5/,
  ],
  [
    { space: { batchSize: { kind: 'float', low: 16, high: 64 } } },
    /^Expected `batchSize` in the search space of plain to be a whole number, got 31\.2/,
  ],
  [
    { space: { schedule: { kind: 'categorical', choices: ['cosine', 'foo'] } } },
    /^Expected `schedule` in the search space of plain to be one of .*, got "foo"/,
  ],
  [{ method: 'swa', fixed: { onPlateau: 'stop' } }, /^Expected onPlateau to be "lower" or "ignore" before averaging/],
];

for (const [changes, message] of unusable) {
  test(`what cannot be trained is refused before there is a study: ${JSON.stringify(changes)}`, async (t) => {
    const task = await makeTask(changes);
    await t.throwsAsync(searchMethod(pool, task), { instanceOf: UserError, message });
    t.false(storageExists(task.storage));
  });
}

test('a trial that diverges in its first steps says in which, counted from 1', async (t) => {
  const task = await makeTask({ trials: 1, epochs: 1, folds: 2, fixed: { learningRate: 1e30, batchSize: 16 } });
  await searchMethod(pool, task);
  const { [failureAttribute]: reason } = (await studyOf(task))[0].userAttributes;
  t.regex(reason as string, /^fold 1 diverged in epoch 1 \(step 2\) at learning rate 1e\+30$/);
});

test('a stored trial that cannot be trained fails in place of blocking its study', async (t) => {
  const task = await makeTask({ trials: 1, epochs: 1, folds: 2 });
  await searchMethod(pool, task);
  const storage = await openStorage(task.storage);
  await storage.enqueueTrial(studyName(task), { momentum: 1.5 });
  await storage.close();
  const { trials, waiting } = await searchMethod(pool, task);
  t.deepEqual([trials.failed, waiting], [0, [1]]);
  t.like((await searchMethod(pool, { ...task, trials: 3 })).trials, { failed: 1 });
  const { [failureAttribute]: reason } = (await studyOf(task))[1].userAttributes;
  t.regex(JSON.stringify(reason), /^"Expected `momentum` in trial parameters of plain/);
});

test('a parameter can be fixed, the space can be another, and the best parameters have both', async (t) => {
  const task = await makeTask({
    fixed: { momentum: 0.5, weightDecay: 0 },
    space: {
      learningRate: { kind: 'float', low: 0.01, high: 0.02 },
      batchSize: { kind: 'categorical', choices: [16] },
    },
    trials: 1,
    epochs: 1,
    folds: 2,
  });
  const { best } = await searchMethod(pool, task);
  t.deepEqual(Object.keys(best?.params ?? {}), ['learningRate', 'batchSize']);
  const found = await bestParameters(task);
  t.deepEqual(found?.parameters, best?.parameters);
  t.like(found?.parameters, { momentum: 0.5, weightDecay: 0, batchSize: 16, patience: 3 });
  const { definition } = await readStudy(task.storage, studyName(task));
  t.deepEqual(readTask(definition)?.fixed, { momentum: 0.5, patience: 3, weightDecay: 0 });
  await t.throwsAsync(searchMethod(pool, { ...task, fixed: { rate: 1 } }), {
    message: /^Unknown parameter "rate"\. Known: /,
  });
  await t.throwsAsync(searchMethod(pool, { ...task, fixed: { learningRate: 0.1, batchSize: 16 } }), {
    message: 'Expected a parameter of plain to search, but all are fixed: leave one out.',
  });
});

test('a study has a short name, and one of an earlier version goes on under its own', async (t) => {
  const task = await makeTask({ trials: 1, epochs: 1, folds: 2 });
  const name = studyName(task);
  t.regex(name, /^synthetic-digits\/digit-cnn\/plain\/[0-9a-f]{8}$/);
  for (const changed of [{ epochs: 2 }, { folds: 3 }, { seed: 6 }, { sampler: 'random' }, { fixed: { momentum: 0 } }]) {
    t.not(studyName({ ...task, ...(changed as Partial<SearchTask>) }), name);
  }
  // The digest of the set-up is that of the images, which are drawn anew with every version of the drawing.
  const earlier = earlierStudyName(task);
  t.regex(earlier, /^synthetic-digits\/digit-cnn\/plain\/epochs-1-folds-2-seed-5-tpe-none-setup-[0-9a-f]{8}$/);
  t.is((await searchMethod(pool, { ...task, name: earlier })).study, earlier);
  const goesOn = await searchMethod(pool, { ...task, trials: 2 });
  t.deepEqual([goesOn.study, goesOn.trials.complete], [earlier, 2]);
  t.is((await searchMethod(pool, { ...task, storage: (await makeTask()).storage })).study, name);
});

test('a search tries each point once, and one again without training it, and then stops', async (t) => {
  const space: SearchSpace = { learningRate: { kind: 'categorical', choices: [0.1, 0.2] } };
  const task = await makeTask({ space, trials: 5, epochs: 1, folds: 2 });
  let epochs = 0;
  const { repeated, trials, stopped, earlyStop } = await searchMethod(pool, task, { onEpoch: () => (epochs += 1) });
  t.deepEqual([repeated, trials.complete, stopped, earlyStop?.finished], [1, 3, 'early', 3]);
  t.is(epochs, 2 * 2);
  const [first, second, third] = await studyOf(task);
  const same = third.params.learningRate === first.params.learningRate ? first : second;
  t.deepEqual([third.value, third.intermediateValues], [same.value, same.intermediateValues]);
});

test('the best trials are trained again once, also after a stop, and submit takes the best of them', async (t) => {
  const task = await makeTask({ epochs: 1, folds: 2, trials: 4, confirm: 3 });
  const stop = new AbortController();
  const seen: number[] = [];
  const onConfirmed = (_method: string, { trial }: { trial: number }): void => void seen.push(trial);
  const halted = searchMethod(pool, task, {
    signal: stop.signal,
    onConfirmed(method, confirmation) {
      onConfirmed(method, confirmation);
      stop.abort();
    },
  });
  await t.throwsAsync(halted, { name: 'AbortError' });
  const before = seen.length;
  t.true(before >= 1);
  const { best, confirmed } = await searchMethod(pool, task, { onConfirmed });
  t.deepEqual([seen.length, new Set(seen).size], [3, 3]);
  await searchMethod(pool, task, { onConfirmed });
  t.is(seen.length, 3);
  const trials = confirmed!.trials;
  t.deepEqual(
    trials.map(({ confirmed: value }) => value),
    trials.map(({ confirmed: value }) => value).toSorted((a, b) => b - a),
  );
  const top = trials.toSorted((a, b) => b.value - a.value || a.number - b.number)[0];
  t.is(confirmed!.luck, top.value - top.confirmed);
  t.is(best!.number, trials[0].number);
  const found = await bestParameters(task);
  t.deepEqual([found!.value, found!.isConfirmed], [trials[0].confirmed, true]);
  t.deepEqual(found!.parameters, best!.parameters);
});

/** A pool, and how many folds it was asked to train. @param onFold called when one is trained */
function counting(
  of = pool,
  onFold = (): void => {},
): { readonly counted: typeof pool; readonly trained: () => number } {
  let count = 0;
  const counted = new Proxy(of, {
    get(target, key) {
      if (key !== 'run') return Reflect.get(target, key, target);
      return async (...[task, options]: Parameters<typeof pool.run>) => {
        const isFold = options?.name === 'trainFold';
        if (isFold) count += 1;
        const result = await target.run(task, options);
        if (isFold) onFold();
        return result;
      };
    },
  });
  return { counted, trained: () => count };
}

test('a confirmation that is cut short goes on with the folds that it lacks, and ends as one that was left alone', async (t) => {
  const changes = { epochs: 1, folds: 4, trials: 1, confirm: 1 };
  const alone = await makeTask(changes);
  const { confirmed } = await searchMethod(pool, alone);
  const task = { ...(await makeTask(changes)), images: alone.images };
  const definitionOf = async () => (await readStudy(task.storage, studyName(task))).definition;
  const stop = new AbortController();
  // One thread, so that a fold is recorded long before the next one ends.
  const single = createPool(1);
  let folds = 0;
  const { counted: halting } = counting(single, () => {
    folds += 1;
    if (folds === 4 + 3) stop.abort();
  });
  await t.throwsAsync(searchMethod(halting, task, { signal: stop.signal }), { name: 'AbortError' });
  await single.destroy();
  const { confirmedParts: parts, confirmations } = await definitionOf();
  t.is(confirmations, undefined);
  t.true(parts!.length >= 1 && parts!.length < 4);
  const { counted, trained } = counting();
  t.deepEqual((await searchMethod(counted, task)).confirmed, confirmed);
  t.is(trained(), 4 - parts!.length);
  t.is((await definitionOf()).confirmedParts, undefined);
});

test('trials of a network that was edited are told apart: neither their folds nor their scores are taken over', async (t) => {
  const space: SearchSpace = { learningRate: { kind: 'categorical', choices: [0.1, 0.2] } };
  const before = await makeTask({ space, trials: 2, epochs: 1, folds: 2 });
  await searchMethod(pool, before);
  const told: string[] = [];
  const onNotice = (sentence: string): void => void told.push(sentence);
  await searchMethod(pool, before, { onNotice });
  t.deepEqual(told, []);
  const images = before.images;
  const half = { mean: Array(images.shape.channels).fill(0.5), deviation: Array(images.shape.channels).fill(0.5) };
  const edited = { ...before, plan: withNormalization(before.plan, half), trials: 3 };
  const { counted, trained } = counting();
  await searchMethod(counted, edited, { onNotice });
  t.deepEqual(told.splice(0), [
    `Study "${studyName(before)}" has 2 trials of 2 trained when digit-cnn was another network: their scores do not ` +
      'compare with those to come. Give --name for a study of its own.',
  ]);
  // It repeats one of them, which is trained all the same.
  t.is(trained(), 2);
  // A store of an earlier version, whose trials say nothing of their network.
  const storage = await openStorage(before.storage);
  const { definition, trials } = await readStudy(storage, studyName(before));
  const silent = trials.map((trial): FrozenTrial => Object.assign({ ...trial }, { userAttributes: {} }));
  await storage.addStudy({ ...definition, name: 'old' }, silent);
  await storage.close();
  await searchMethod(pool, { ...before, name: 'old', trials: 3 }, { onNotice });
  t.deepEqual(told, []);
  await searchMethod(pool, { ...edited, name: 'old' }, { onNotice });
  t.deepEqual(told, [
    'Study "old" has 3 trials of 3 trained by an earlier version, perhaps without the normalisation of pixels that ' +
      'digit-cnn has now: their scores do not compare with those to come. Give --name for a study of its own.',
  ]);
});

test('the best parameters are those of the study that trained longest, whatever its score', async (t) => {
  const long = await makeTask({ trials: 1, epochs: 2, folds: 2, fixed: { momentum: 0 } });
  const short = { ...long, epochs: 1, fixed: { momentum: 0.8 } };
  await searchMethod(pool, long);
  await searchMethod(pool, short);
  t.is((await bestParameters(long))?.parameters.momentum, 0);
});

test('workers without trials train folds of others, and change nothing of them', async (t) => {
  const one = await makeTask({ pruner: 'median', trials: 2, epochs: 2 });
  const four = {
    ...(await makeTask({ pruner: 'median', trials: 2, epochs: 2, workers: 4, lag: 1 })),
    images: one.images,
  };
  await Promise.all([searchMethod(pool, { ...one, lag: 1 }), searchMethod(pool, four)]);
  t.deepEqual((await studyOf(four)).map(essence), (await studyOf(one)).map(essence));
});

test('the folds pruner ends trials early, and with a lag the study is the same for one and for two workers', async (t) => {
  const one = await makeTask({ pruner: 'folds', lag: 'growing', trials: 16, workers: 1 });
  const two = { ...(await makeTask({ pruner: 'folds', lag: 'growing', trials: 16, workers: 2 })), images: one.images };
  const [first] = await Promise.all([searchMethod(pool, one), searchMethod(pool, two)]);
  t.true(first.trials.pruned > 0, `${first.trials.pruned}`);
  t.true(first.epochs.trained < first.epochs.planned, `${first.epochs.trained}`);
  t.deepEqual((await studyOf(one)).map(essence), (await studyOf(two)).map(essence));
});

test('published names and exponents become ours, which is said', (t) => {
  const { trials, notes } = publishedTrials([{ learning_rate: 2, batch_size: 64 }, { learningRate: 0.05 }], 'x.json');
  t.deepEqual(trials, [{ learningRate: 0.01, batchSize: 64 }, { learningRate: 0.05 }]);
  t.deepEqual(notes, ['learning_rate 2 is the exponent of a power of ten: learningRate is 10^-2 = 0.01.']);
  for (const json of [[], {}, 3, null, [null], { a: [1] }]) {
    t.throws(() => publishedTrials(json, 'x.json'), { instanceOf: UserError, message: /x\.json/ });
  }
});

test('parameters of a method are found in a set for all, a set for each, and the result of a search', (t) => {
  const given = { learningRate: 0.05 };
  for (const content of [given, { swa: given }, { methods: { swa: { best: { params: given } } } }]) {
    const found = parametersIn(content, 'swa', 'digit-cnn', 'x.json');
    t.deepEqual(found.given, given);
    t.is(found.parameters.learningRate, 0.05);
  }
  const message = 'x.json: expected an object with the parameters of swa, found none. Add it to the file.';
  t.throws(() => parametersIn({ plain: given }, 'swa', 'digit-cnn', 'x.json'), { instanceOf: UserError, message });
  t.throws(() => parametersIn({ swa: {}, ...given }, 'swa', 'digit-cnn', 'x.json'), {
    instanceOf: UserError,
    message:
      'x.json: expected only names of methods beside one of them, got "learningRate". ' +
      'Put parameters into the object of their method.',
  });
  for (const content of [{ swaa: given }, { swa: given, swaa: given }]) {
    t.throws(() => parametersIn(content, 'swa', 'digit-cnn', 'x.json'), {
      instanceOf: UserError,
      message: `x.json: Unknown method "swaa". Known: ${methodNames.join(', ')}.`,
    });
  }
  t.throws(() => parametersIn([1, 2], 'swa', 'digit-cnn', 'x.json'), {
    instanceOf: UserError,
    message: 'x.json: expected an object with the parameters of swa, got [1,2]. Add it to the file.',
  });
  t.throws(() => parametersIn(null, 'swa', 'digit-cnn', 'x.json'), {
    instanceOf: UserError,
    message: 'x.json: expected an object with the parameters of swa, got null. Add it to the file.',
  });
});

import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import type { SearchSpace } from '../../search/distributions.ts';
import { optimize } from '../../search/optimize.ts';
import type { Pruner } from '../../search/pruners/pruner.ts';
import { randomStream } from '../../search/random.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { LeaseLostError } from '../../search/storage/refusals.ts';
import { type Storage } from '../../search/storage/storage.ts';
import type { Sampler } from '../../search/samplers/sampler.ts';
import { StudyError } from '../../search/study-error.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStudy } from '../../search/open-study.ts';
import type { Outcome } from '../../search/outcome.ts';
import type { Study } from '../../search/study.ts';
import { durationSeconds } from '../../search/frozen-trial.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import type { Trial } from '../../search/trial.ts';
import { essence } from './snapshot.ts';

const space: SearchSpace = {
  x: { kind: 'float', low: -5, high: 5 },
  n: { kind: 'int', low: 1, high: 8, log: true },
};

function openParabola(): Promise<Study> {
  return openStudy({ name: 'parabola', direction: 'minimize', sampler: 'random' });
}
const parabola = (trial: Trial): number => (trial.suggestFloat('x', -5, 5) - 2) ** 2;

test('the example of the documentation finds the minimum', async (t) => {
  const study = await openStudy({ name: 'parabola', direction: 'minimize' });
  const result = await optimize(study, parabola, { trials: 50 });
  t.is(result.stopped, 'finished');
  t.true((study.bestTrial?.value ?? Infinity) < 0.01);
  await study.close();
});

test('a name gives the same value again, and with another distribution an error', async (t) => {
  const study = await openParabola();
  const trial = await study.ask();
  const value = trial.suggestFloat('x', 0, 1);
  t.is(trial.suggestFloat('x', 0, 1), value);
  t.throws(() => trial.suggestFloat('x', 0, 2), {
    instanceOf: StudyError,
    message: 'Parameter `x` of trial 0 is float [0, 1] and cannot also be float [0, 2]: use another name.',
  });
  t.throws(() => trial.suggestInt('x', 0, 1), { instanceOf: StudyError });
  await study.close();
});

test('with a search space every trial has all parameters, and no others', async (t) => {
  const study = await openStudy({ name: 's', direction: 'minimize', space });
  const trial = await study.ask();
  t.deepEqual(Object.keys(trial.params), ['x', 'n']);
  t.is(trial.params.n, trial.suggestInt('n', 1, 8, { log: true }));
  t.deepEqual(study.trials[0].params, trial.params);
  t.throws(() => trial.suggestFloat('y', 0, 1), {
    message: 'Unknown parameter `y`: the search space of the study has x, n.',
  });
  await study.close();
});

test('a suggestion does not depend on the other parameters of the trial', async (t) => {
  const [one, two] = [await openParabola(), await openParabola()];
  const [first, second] = [await one.ask(), await two.ask()];
  second.suggestInt('other', 1, 100);
  t.is(second.suggestFloat('x', -5, 5), first.suggestFloat('x', -5, 5));
  await one.close();
  await two.close();
});

test('tell keeps value, reports and attributes', async (t) => {
  const study = await openParabola();
  const trial = await study.ask();
  trial.suggestCategorical('c', ['a', null]);
  trial.report(0.5, 0);
  trial.report(0.25, 3);
  trial.report(0.75, 3);
  trial.report(-Infinity, 4);
  trial.setUserAttribute('seconds', [1.5, 2]);
  const told = await study.tell(trial, 0.75);
  t.is(told.state, 'COMPLETE');
  t.is(told.value, 0.75);
  t.deepEqual(told.intermediateValues, { 0: 0.5, 3: 0.75, 4: NaN });
  t.deepEqual(told.userAttributes, { seconds: [1.5, 2] });
  t.deepEqual(told.distributions, { c: { kind: 'categorical', choices: ['a', null] } });
  t.deepEqual(study.trials, [told]);
  await t.throwsAsync(study.tell(trial, 1), {
    instanceOf: StudyError,
    message: 'Trial 0 of study "parabola" is not running: tell each trial once.',
  });
  await study.close();
});

test('a value that is not finite fails the trial and says so', async (t) => {
  const study = await openParabola();
  for (const value of [NaN, Infinity, -Infinity]) {
    const told = await study.tell(await study.ask(), value);
    t.is(told.state, 'FAIL');
    t.is(told.value, null);
    t.deepEqual(told.userAttributes, { failure: `the objective returned ${value}: the run diverged` });
  }
  const told = await study.tell(await study.ask(), { state: 'FAIL', reason: 'fold 2 diverged at step 118' });
  t.deepEqual(told.userAttributes, { failure: 'fold 2 diverged at step 118' });
  t.is(study.bestTrial, null);
  await study.close();
});

test('the best trial is complete, and of equals the first', async (t) => {
  const study = await openStudy({ name: 's', direction: 'maximize' });
  const outcomes = [0.1, NaN, 0.7, { state: 'PRUNED' }, 0.7, 0.2] as const;
  for (const outcome of outcomes) await study.tell(await study.ask(), outcome);
  t.is(study.bestTrial?.number, 2);
  t.is(study.finishedCount, 6);
  await study.close();
});

test('enqueued values are run first, the others suggested', async (t) => {
  const study = await openStudy({ name: 's', direction: 'minimize', space });
  await study.enqueueTrial({ x: 1.5, n: 8 });
  await study.enqueueTrial({ n: 4 });
  const trials = [await study.ask(), await study.ask(), await study.ask()];
  t.deepEqual(trials[0].params, { x: 1.5, n: 8 });
  t.is(trials[1].params.n, 4);
  t.is(typeof trials[1].params.x, 'number');
  t.is(trials[2].number, 2);
  await t.throwsAsync(study.enqueueTrial({ n: 9.5 }), {
    instanceOf: RangeError,
    message: 'Expected `n` to be a value like those of int [1, 8] log, got 9.5.',
  });
  await t.throwsAsync(study.enqueueTrial({ m: 1 }), { message: 'Unknown parameter `m`. Known: x, n.' });
  await study.close();
});

test('an enqueued number outside the range is tried as it is and not learnt from', async (t) => {
  const histories: number[][] = [];
  const sampler: Sampler = ({ history, pending }) => {
    histories.push([...history, ...pending].map(({ number }) => number));
    return (_name, distribution) => (distribution.kind === 'float' ? 0.5 : 2);
  };
  const study = await openStudy({ name: 's', direction: 'minimize', space, sampler, lag: 2 });
  await study.enqueueTrial({ x: 1e9 });
  await optimize(study, (trial) => Number(trial.params.x), { trials: 4 });
  t.is(study.trials[0].params.x, 1e9);
  t.deepEqual(histories, [[], [], [1], [1, 2]]);
  await study.close();
});

test('a study goes on by its name, with the sampler, pruner and lag that it has', async (t) => {
  const storage = memoryStorage();
  const options = { storage, name: 's', direction: 'minimize', space } as const;
  await (await openStudy({ ...options, sampler: 'random', pruner: 'median', lag: 3 })).close();
  const study = await openStudy(options);
  const { sampler, pruner, lag } = study.definition;
  t.deepEqual([sampler, pruner, lag], ['random', 'median', 3]);
  await study.close();
  const own = { ...options, name: 'own' };
  await (await openStudy({ ...own, sampler: () => () => 1 })).close();
  await t.throwsAsync(openStudy(own), {
    instanceOf: StudyError,
    message: /was made with a custom sampler: give it, or another one, as `sampler`/,
  });
});

test('an enqueued value outside what the objective asks for is refused', async (t) => {
  const study = await openParabola();
  await study.enqueueTrial({ x: 7 });
  await t.throwsAsync(optimize(study, parabola, { trials: 1 }), {
    instanceOf: StudyError,
    message: 'Trial 0 was given `x` = 7, which lies outside float [-5, 5]: widen it, or use another study name.',
  });
  await study.close();
});

test('a study with another direction, seed, task or other parameters is refused, naming the difference', async (t) => {
  const storage = memoryStorage();
  const options = { storage, name: 's', direction: 'minimize', seed: 1, space, lag: 'growing' } as const;
  await (await openStudy(options)).close();
  const whole: SearchSpace = { ...space, x: { kind: 'int', low: -5, high: 5 } };
  for (const [change, difference] of [
    [{ direction: 'maximize' }, 'direction minimize, not maximize'],
    [{ seed: 2 }, 'seed 1, not 2'],
    [{ task: { epochs: 50 } }, 'the task null, not {"epochs":50}'],
    [{ space: whole }, '`x` as float [-5, 5], not `x` as int [-5, 5]'],
    [{ space: { x: space.x } }, '`n` as int [1, 8] log, not no `n`'],
    [{ space: undefined }, '`x` as float [-5, 5], not no `x`'],
  ] as const) {
    await t.throwsAsync(openStudy({ ...options, ...change }), {
      instanceOf: StudyError,
      message:
        `Study "s" in :memory: was made with ${difference}: ` +
        'use the same again, another study name, or delete the study.',
    });
  }
  await (await openStudy(options)).close();
  t.pass();
});

test('a study can be read while it is run', async (t) => {
  const storage = memoryStorage();
  const study = await openStudy({ storage, name: 's', direction: 'minimize' });
  await study.tell(await study.ask(), 3);
  await study.ask();
  const { definition, trials, bestTrial } = await readStudy(storage, 's');
  t.is(definition.direction, 'minimize');
  t.deepEqual(
    trials.map(({ state }) => state),
    ['COMPLETE', 'RUNNING'],
  );
  t.is(bestTrial?.value, 3);
  await study.close();
  t.is((await readStudy(storage, 's')).trials[1].state, 'WAITING');
});

test('senseless options are refused', async (t) => {
  await t.throwsAsync(openStudy({ name: '', direction: 'minimize' }), { instanceOf: RangeError });
  await t.throwsAsync(openStudy({ name: 's', direction: 'minimize', wantedTrials: 0 }), { instanceOf: RangeError });
  await t.throwsAsync(openStudy({ name: 's', direction: 'minimize', seed: 0.5 }), {
    message: 'Expected `seed` to be an integer, got 0.5.',
  });
  const study = await openParabola();
  await t.throwsAsync(optimize(study, parabola, { trials: 0 }), { instanceOf: RangeError });
  await t.throwsAsync(optimize(study, parabola, { trials: 1, timeoutMs: 0 }), { instanceOf: RangeError });
  const trial = await study.ask();
  t.throws(() => trial.report(1, -1), { instanceOf: RangeError });
  await study.close();
});

test('optimize runs until the study has its trials, those of earlier runs included', async (t) => {
  const study = await openParabola();
  const numbers: number[] = [];
  const onTrial = ({ number }: FrozenTrial): void => void numbers.push(number);
  await optimize(study, parabola, { trials: 3, onTrial });
  const result = await optimize(study, parabola, { trials: 5, onTrial });
  t.deepEqual(numbers, [0, 1, 2, 3, 4]);
  t.is(result.finishedCount, 5);
  t.is((await optimize(study, () => (t.fail() ? 0 : 0), { trials: 5 })).stopped, 'finished');
  await study.close();
});

test('an exception puts the trial back and is passed on; the next run gives it the same parameters', async (t) => {
  const storage = memoryStorage();
  const options = { storage, name: 's', direction: 'minimize' } as const;
  const study = await openStudy(options);
  const seen: number[] = [];
  const failing = (trial: Trial): number => {
    seen.push(trial.suggestFloat('x', -5, 5));
    trial.report(trial.number, 0);
    if (seen.length === 3) throw new Error('out of memory');
    return 1;
  };
  await t.throwsAsync(optimize(study, failing, { trials: 4 }), { message: 'out of memory' });
  t.deepEqual(
    study.trials.map(({ state }) => state),
    ['COMPLETE', 'COMPLETE', 'WAITING'],
  );
  await study.close();
  const again = await openStudy(options);
  const trial = await again.ask();
  t.is(trial.number, 2);
  t.deepEqual(trial.intermediateValues, { 0: 2 });
  t.deepEqual(again.trials[2].intermediateValues, { 0: 2 }, 'kept until the trial ends');
  t.is(trial.suggestFloat('x', -5, 5), seen[2]);
  t.deepEqual((await again.tell(trial, 1)).intermediateValues, {}, 'this run reported nothing');
  await again.close();
});

test('abort puts the running trial back and resolves at once', async (t) => {
  const study = await openParabola();
  const controller = new AbortController();
  const objective = (trial: Trial, signal: AbortSignal): number | Promise<never> => {
    if (trial.number < 2) return 1;
    queueMicrotask(() => controller.abort());
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    });
  };
  const result = await optimize(study, objective, { trials: 9, signal: controller.signal });
  t.is(result.stopped, 'aborted');
  t.is(result.finishedCount, 2);
  t.is(study.trials[2].state, 'WAITING');
  const rest = await optimize(study, () => 2, { trials: 3 });
  t.deepEqual([rest.stopped, study.trials.length], ['finished', 3]);
  await study.close();
});

test('the timeout stops an objective that never ends, and one that never waits', async (t) => {
  const study = await openParabola();
  const endless = await optimize(study, () => new Promise<number>(() => {}), { trials: 1, timeoutMs: 1 });
  t.deepEqual([endless.stopped, endless.finishedCount], ['timeout', 0]);
  const busy = await optimize(study, () => 1, { trials: Number.MAX_SAFE_INTEGER, timeoutMs: 5 });
  t.is(busy.stopped, 'timeout');
  t.is(busy.finishedCount, study.trials.filter(({ state }) => state === 'COMPLETE').length);
  await study.close();
});

/** Ends its trials in an order of its own, prunes some and lets others diverge. */
function slowObjective(delays: () => number) {
  return async (trial: Trial): Promise<Outcome> => {
    const { x, n } = trial.params as { x: number; n: number };
    for (let step = 0; step < 3; step++) {
      for (let turns = delays() * 5; turns > 0; turns--) await setImmediate();
      trial.report((x - 1) ** 2 + step, step);
      if (trial.shouldPrune()) return { state: 'PRUNED' };
    }
    return n === 7 ? NaN : (x - 1) ** 2 + n;
  };
}

/** Prunes what is worse than the mean of the trials it may know. */
const meanPruner: Pruner = ({ trial, step, history }) => {
  const values = history
    .map(({ intermediateValues }) => intermediateValues[step])
    .filter((value) => value !== undefined);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return trial.intermediateValues[step] > mean;
};

test('the study is the same for 1, 2, 4 and 8 workers, whatever order the trials end in', async (t) => {
  const studies = [];
  for (const workers of [1, 2, 4, 8]) {
    const study = await openStudy({
      name: 's',
      direction: 'minimize',
      seed: 2,
      space,
      sampler: 'tpe',
      pruner: meanPruner,
      lag: 'growing',
    });
    await study.enqueueTrial({ x: 4 });
    const order: number[] = [];
    const delays = randomStream(workers, 0, 'delays');
    const onTrial = ({ number }: FrozenTrial): void => void order.push(number);
    await optimize(study, slowObjective(delays), { trials: 60, workers, onTrial });
    studies.push(study.trials.map(essence));
    t.is(order.length, 60);
    if (workers > 1)
      t.notDeepEqual(
        order,
        order.toSorted((a, b) => a - b),
        'trials ended in another order',
      );
    await study.close();
  }
  t.deepEqual(new Set(studies[0].map(({ state }) => state)), new Set(['COMPLETE', 'PRUNED', 'FAIL']));
  for (const study of studies.slice(1)) t.deepEqual(study, studies[0]);
});

test('a trial that another process takes over is left to it, and costs the others nothing', async (t) => {
  const store = memoryStorage();
  const saved: number[][] = [];
  let isTaken = false;
  /** From the first renewal on, trial 2 belongs to another process, which finishes it. */
  const shared: Storage = {
    ...store,
    async saveTrials(study, owner, trials) {
      const second = trials.find(({ number }) => number === 2);
      if (second && !isTaken && second.state === 'RUNNING') {
        isTaken = true;
        await store.saveTrials(study, owner, [
          { ...second, state: 'COMPLETE', value: 7, finishedAt: second.startedAt },
        ]);
      }
      if (second && isTaken) throw new LeaseLostError(study, 2);
      saved.push(trials.map(({ number }) => number));
      return store.saveTrials(study, owner, trials);
    },
  };
  const study = await openStudy({ name: 's', direction: 'minimize', storage: shared });
  const told: number[] = [];
  const { stopped } = await optimize(
    study,
    async (trial) => {
      const x = parabola(trial);
      // Until all of the first four run.
      while (study.trials.length < 4) await setImmediate();
      await study.renew(trial);
      return x;
    },
    { trials: 8, workers: 4, onTrial: ({ number }) => void told.push(number) },
  );
  t.is(stopped, 'finished');
  t.deepEqual(
    told.toSorted((a, b) => a - b),
    [0, 1, 3, 4, 5, 6, 7],
  );
  t.is((await readStudy(store, 's')).trials[2].value, 7);
  for (const number of [0, 1, 3]) t.true(saved.some((numbers) => numbers.length === 1 && numbers[0] === number));
  await study.close();
});

test('asking for more trials than the lag allows is refused in place of waiting for ever', async (t) => {
  const study = await openStudy({ name: 's', direction: 'minimize', lag: 2 });
  const first = await study.ask();
  await study.ask();
  await t.throwsAsync(study.ask(), {
    instanceOf: StudyError,
    message:
      'Trial 2 of study "s" has to wait for trial 0 (lag 2): tell that one first, or make the study with a larger lag.',
  });
  await study.tell(first, 1);
  t.is((await study.ask()).number, 2);
  await study.close();
});

test('a clock that is set back leaves a duration unknown', (t) => {
  const times = { startedAt: '2026-01-31T12:00:00.000Z', finishedAt: '2026-01-31T11:00:00.000Z' };
  t.is(durationSeconds(times as never), null);
});

test('an objective may know how many workers have no trial', async (t) => {
  const study = await openStudy({ name: 's', direction: 'minimize', sampler: 'random' });
  const idle: number[] = [];
  await optimize(study, () => 1, { trials: 2, workers: 5, onIdle: (workers) => idle.push(workers) });
  t.deepEqual([idle[0], idle.at(-1), Math.max(...idle)], [3, 5, 5]);
  await study.close();
});

test('stop lets no more trials begin', async (t) => {
  const study = await openParabola();
  const result = await optimize(study, parabola, {
    trials: 9,
    onTrial: ({ number }) => void (number === 2 && study.stop()),
  });
  t.deepEqual([result.stopped, result.finishedCount], ['stopped', 3]);
  await study.close();
});

test('a failing objective ends all workers and puts their trials back', async (t) => {
  const study = await openParabola();
  const objective = (trial: Trial): Promise<number> | number => {
    if (trial.number === 3) throw new Error('out of memory');
    return trial.number < 2 ? 1 : new Promise<number>(() => {});
  };
  await t.throwsAsync(optimize(study, objective, { trials: 9, workers: 3 }), { message: 'out of memory' });
  t.deepEqual(
    study.trials.map(({ state }) => state).toSorted(),
    ['COMPLETE', 'COMPLETE', 'WAITING', 'WAITING', 'WAITING'].slice(0, study.trials.length),
  );
  await study.close();
});

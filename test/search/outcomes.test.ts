/** What objectives return, and what comes of those that throw. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { fateOf, newOwner } from '../../base/owner.ts';
import { optimize } from '../../search/optimize.ts';
import type { OptimizeOptions } from '../../search/optimize.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { sqliteStorage } from '../../search/storage/sqlite.ts';
import type { Storage } from '../../search/storage/storage.ts';
import { StudyError } from '../../search/study-error.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStudy } from '../../search/open-study.ts';
import type { Outcome } from '../../search/outcome.ts';
import { failureOf } from '../../search/frozen-trial.ts';
import type { Trial } from '../../search/trial.ts';
import { deadOwner } from '../contracts/storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'outcomes-'));
test.after.always(() => rmSync(folder, { recursive: true }));

let files = 0;
const stores = {
  memory: async (): Promise<Storage> => memoryStorage(),
  sqlite: (): Promise<Storage> => sqliteStorage(join(folder, `${files++}.db`)),
};

const wrong: readonly [unknown, string][] = [
  ['0.5', 'the text "0.5"'],
  [true, 'true'],
  [undefined, 'undefined'],
  [null, 'null'],
  [{}, '{}'],
  [{ state: 'COMPLETE', value: 1 }, '{"state":"COMPLETE","value":1}'],
  [{ state: 'WAITING' }, '{"state":"WAITING"}'],
  [[1], '[1]'],
  [10n, 'the bigint 10'],
  [() => 1, 'a function'],
  ['\u001B[31m', String.raw`the text "\u001b[31m"`],
];

for (const [name, open] of Object.entries(stores)) {
  test(`${name}: what is no outcome is refused, naming it, and its trial is put back`, async (t) => {
    const storage = await open();
    for (const [i, [outcome, words]] of wrong.entries()) {
      let begun = 0;
      const study = await openStudy({ storage, name: `s${i}`, direction: 'minimize' });
      const objective = (): Outcome => {
        begun += 1;
        return outcome as Outcome;
      };
      await t.throwsAsync(optimize(study, objective, { trials: 3 }), {
        instanceOf: TypeError,
        message:
          `Expected what the objective returns to be a number, { state: 'PRUNED' } or ` +
          `{ state: 'FAIL', reason: 'why' }, got ${words}.`,
      });
      t.is(begun, 1);
      t.is(study.trials[0].state, 'WAITING');
      const trial = await study.ask();
      if ((outcome as { state?: string } | undefined)?.state !== 'WAITING') {
        await t.throwsAsync(study.tell(trial, outcome as Outcome), {
          instanceOf: TypeError,
          message: /^Expected the outcome of a trial to be a number/,
        });
      }
      t.is((await study.tell(trial, 1)).state, 'COMPLETE');
      await study.close();
    }
    await storage.close();
  });

  test(`${name}: a trial that comes to nothing again and again fails, and the next start goes on`, async (t) => {
    const storage = await open();
    const objective = (trial: Trial): number => {
      if (trial.number === 1) throw new Error('out of memory');
      return trial.suggestFloat('x', 0, 1);
    };
    const start = async (options: Partial<OptimizeOptions> = {}): Promise<unknown> => {
      const study = await openStudy({ storage, name: 's', direction: 'minimize' });
      const result = await optimize(study, objective, { trials: 4, ...options }).catch((error: unknown) => error);
      await study.close();
      return result;
    };
    const told: number[] = [];
    for (let tries = 1; tries <= 3; tries++) {
      t.like(await start(), { message: 'out of memory' });
      const { trials } = await readStudy(storage, 's');
      t.deepEqual(trials[1].userAttributes, { failedTries: Array(tries).fill('Error: out of memory') });
    }
    t.like(await start({ onTrial: ({ number }) => void told.push(number) }), { message: 'out of memory' });
    t.deepEqual(told, [1]);
    t.is((await readStudy(storage, 's')).trials.length, 2);
    t.like(await start(), { stopped: 'finished' });
    const { trials } = await readStudy(storage, 's');
    t.deepEqual(
      trials.map(({ state }) => state),
      ['COMPLETE', 'FAIL', 'COMPLETE', 'COMPLETE'],
    );
    t.deepEqual(trials[1].userAttributes, { failure: 'Error: out of memory (after 3 retries)' });
    await storage.close();
  });

  test(`${name}: a trial whose processes die again and again fails without being run`, async (t) => {
    if (fateOf(newOwner()) !== 'runs') return void t.pass('there is no /proc here');
    const storage = await open();
    const study = await openStudy({ storage, name: 's', direction: 'minimize' });
    const claim = { running: [], limit: Infinity, revision: 0 };
    for (let tries = 0; tries < 4; tries++) {
      await storage.claimTrial('s', {
        ...claim,
        owner: deadOwner(),
        prepare: (trial) => ({ ...trial, params: { x: 0.5 }, intermediateValues: { 0: 1 } }),
      });
    }
    const run: number[] = [];
    await optimize(study, ({ number }) => run.push(number), { trials: 2 });
    t.deepEqual(run, [1]);
    const [first] = study.trials;
    t.like(first, { state: 'FAIL', params: { x: 0.5 }, intermediateValues: { 0: 1 } });
    t.regex(failureOf(first) ?? '', /^process \d+ on .* ended, or was not heard of for too long \(after 3 retries\)$/);
    await study.close();
    await storage.close();
  });
}

test('tries that came to nothing leave no trace in a trial that ends well, and stops are none', async (t) => {
  const study = await openStudy({ name: 's', direction: 'minimize' });
  let begun = 0;
  const objective = (trial: Trial): number => {
    begun += 1;
    trial.setUserAttribute('begun', true);
    if (begun === 1) throw new Error('once');
    return 1;
  };
  await t.throwsAsync(optimize(study, objective, { trials: 1 }), { message: 'once' });
  t.deepEqual(study.trials[0].userAttributes, { begun: true, failedTries: ['Error: once'] });
  for (let stops = 0; stops < 5; stops++) {
    await optimize(study, () => new Promise<number>(() => {}), { trials: 1, timeoutMs: 1 });
  }
  t.deepEqual(study.trials[0].userAttributes, { begun: true, failedTries: ['Error: once'] });
  await optimize(study, objective, { trials: 1 });
  t.deepEqual(study.trials[0].userAttributes, { begun: true });
  await study.close();
});

test('what is to be caught fails its trial at once, and the search goes on', async (t) => {
  const study = await openStudy({ name: 's', direction: 'minimize' });
  const objective = ({ number }: Trial): number => {
    if (number === 1) throw new RangeError('too large');
    if (number === 3) throw new Error('out of memory');
    return number;
  };
  await t.throwsAsync(optimize(study, objective, { trials: 5, catch: [RangeError, TypeError] }), {
    message: 'out of memory',
  });
  t.deepEqual(
    study.trials.map(({ state }) => state),
    ['COMPLETE', 'FAIL', 'COMPLETE', 'WAITING'],
  );
  t.deepEqual(study.trials[1].userAttributes, { failure: 'RangeError: too large' });
  // It has had more tries than that.
  const { stopped } = await optimize(study, objective, { trials: 5, maxRetries: 0 });
  t.is(stopped, 'finished');
  t.is(study.trials[3].state, 'FAIL');
  const bug = await openStudy({ name: 'bug', direction: 'minimize' });
  const thrower = (): number => {
    throw new TypeError('bug');
  };
  await t.throwsAsync(optimize(bug, thrower, { trials: 3, maxRetries: 0 }), { instanceOf: TypeError, message: 'bug' });
  t.deepEqual(
    bug.trials.map(({ state }) => state),
    ['FAIL'],
  );
  for (const options of [{ catch: RangeError }, { catch: ['RangeError'] }, { maxRetries: -1 }, { maxRetries: '3' }]) {
    await t.throwsAsync(optimize(study, objective, { trials: 9, ...(options as object) }), { instanceOf: RangeError });
  }
  await study.close();
});

test('optimize refuses to wait for a trial that only the caller can tell', async (t) => {
  const study = await openStudy({ name: 's', direction: 'minimize' });
  const trial = await study.ask();
  await t.throwsAsync(
    optimize(study, () => 1, { trials: 2 }),
    {
      instanceOf: StudyError,
      message: 'Trial 0 of study "s" was begun with `ask` and has not ended: tell its outcome before `optimize`.',
    },
  );
  await study.tell(trial, 1);
  t.is((await optimize(study, () => 1, { trials: 2 })).stopped, 'finished');
  await study.close();
});

test('reports, failures and attributes that make no sense are refused, naming what came', async (t) => {
  const study = await openStudy({ name: 's', direction: 'minimize' });
  const trial = await study.ask();
  const anything = trial as unknown as { report(value: unknown, step: unknown): void };
  t.throws(() => anything.report('a', 1), {
    instanceOf: TypeError,
    message: 'Expected `value` to be a number, got the text "a".',
  });
  t.throws(() => anything.report(1, '1'), { message: 'Expected `step` to be an integer from 0, got the text "1".' });
  const circle: Record<string, never> = {};
  Object.assign(circle, { circle });
  for (const value of [10n, undefined, () => 1, circle]) {
    t.throws(() => trial.setUserAttribute('a', value as never), {
      instanceOf: TypeError,
      message: /^Expected user attribute "a" to be a JSON value, got /,
    });
  }
  for (const name of ['failedTries', '__proto__']) {
    t.throws(() => trial.setUserAttribute(name, 1), { instanceOf: RangeError });
  }
  trial.setUserAttribute('constructor', 1);
  const withoutReason = { state: 'FAIL' } as unknown as Outcome;
  await t.throwsAsync(study.tell(trial, withoutReason), {
    instanceOf: TypeError,
    message: "Expected the outcome of a trial with { state: 'FAIL' } to have a text as `reason`, got undefined.",
  });
  t.deepEqual((await study.tell(trial, 1)).userAttributes, { constructor: 1 });
  await study.close();
});

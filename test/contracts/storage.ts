/** What every store of studies must do, whatever it stores them in. */
import { spawnSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { fateOf, newOwner } from '../../base/owner.ts';
import type { Owner } from '../../base/owner.ts';
import { openStudy } from '../../search/open-study.ts';
import { LeaseLostError } from '../../search/storage/refusals.ts';
import { newTrial } from '../../search/storage/claims.ts';
import type { Changes, Claim, Storage, StudyDefinition } from '../../search/storage/storage.ts';
import { StudyError } from '../../search/study-error.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';

const definition: StudyDefinition = {
  name: 'a',
  direction: 'maximize',
  seed: 7,
  space: { x: { kind: 'float', low: 0, high: 1 }, c: { kind: 'categorical', choices: [16, 'b', null, true] } },
  sampler: 'tpe',
  pruner: 'none',
  lag: 3,
  task: { epochs: 50, of: ['digits', null] },
};

/** An owner whose process has ended. */
export function deadOwner(): Owner {
  return { ...newOwner(), pid: spawnSync(process.execPath, ['--version']).pid };
}

function completed(trial: FrozenTrial): FrozenTrial {
  return {
    ...trial,
    state: 'COMPLETE',
    value: 0.1 + 0.2,
    values: [0.1 + 0.2, -5e-324, 1e300],
    constraints: { seconds: -0.1, weights: NaN },
    params: { x: 0.1, c: null },
    distributions: definition.space ?? {},
    intermediateValues: { 0: 0.5, 3: NaN },
    userAttributes: { note: ['ü', { deep: 1 }], missing: null },
    finishedAt: '2026-01-31T12:00:00.000Z',
  };
}

function claim(owner: Owner, changes: Partial<Claim> = {}): Claim {
  return { owner, running: [], limit: Infinity, revision: 0, prepare: (trial) => trial, ...changes };
}

/** Claims a trial that must be there. */
async function claimed(store: Storage, owner: Owner, running: readonly number[] = []): Promise<FrozenTrial> {
  const trial = await store.claimTrial('a', claim(owner, { running }));
  if (trial === null) throw new Error('expected a trial, got none');
  return trial;
}

/** Without /proc nobody knows at once that a process has ended: its lease decides. */
const knowsProcesses = fateOf(newOwner()) === 'runs';

/** @param open an empty store */
export function testStorage(name: string, open: () => Promise<Storage>): void {
  const testStore = (title: string, run: (t: ExecutionContext, store: Storage) => Promise<void>): void =>
    test(`${name}: ${title}`, async (t) => {
      const store = await open();
      await store.createStudy(definition);
      try {
        await run(t, store);
      } finally {
        await store.close();
      }
    });

  testStore('a study keeps its first definition', async (t, store) => {
    t.deepEqual(await store.createStudy(definition), definition);
    t.deepEqual(await store.createStudy({ ...definition, seed: 8, space: null, lag: 1 }), definition);
    await store.createStudy({ ...definition, name: 'b', space: null });
    t.deepEqual(await store.listStudies(), [definition, { ...definition, name: 'b', space: null }]);
  });

  testStore('a closed study and a closed store say so', async (t, store) => {
    const study = await openStudy({ storage: store, name: 'a' });
    const trial = await study.ask();
    await study.close();
    const closed = { instanceOf: StudyError, message: 'The study "a" is closed: open it again.' };
    await t.throwsAsync(study.ask(), closed);
    await t.throwsAsync(study.tell(trial, 1), closed);
    await t.throwsAsync(study.enqueueTrial({ x: 0.5 }), closed);
    await t.throwsAsync(study.refresh(), closed);
    await study.close();
    await store.close();
    await t.throwsAsync(store.readTrials('a'), { instanceOf: StudyError });
    await t.throwsAsync(store.claimTrial('a', claim(newOwner())), { instanceOf: StudyError });
    await t.throwsAsync(store.waitForChange('a', 0, new AbortController().signal), { instanceOf: StudyError });
  });

  testStore('how many trials are wanted may be said later, and changes nothing else of a study', async (t, store) => {
    await claimed(store, newOwner());
    const { revision } = await store.readTrials('a');
    await store.changeStudy('a', { wantedTrials: 60 });
    await store.changeStudy('a', { wantedTrials: 90, earlyStop: { reason: 'r', finished: 3 } });
    const changed = { ...definition, wantedTrials: 90, earlyStop: { reason: 'r', finished: 3 } };
    t.deepEqual(await store.createStudy({ ...definition, wantedTrials: 20 }), changed);
    const told = { ...definition, name: 'b', wantedTrials: 20 };
    t.deepEqual(await store.createStudy(told), told);
    t.deepEqual(await store.listStudies(), [changed, told]);
    t.is((await store.readTrials('a')).revision, revision);
    await t.throwsAsync(store.changeStudy('c', { wantedTrials: 20 }), { instanceOf: StudyError });
  });

  testStore('settings change, and confirmations are added to those that are there, each once', async (t, store) => {
    await store.createStudy(definition);
    const one = { trial: 0, seed: 5, value: 0.1 + 0.2, standardError: null };
    await store.changeStudy('a', { confirmations: [one] });
    await store.changeStudy('a', { confirmations: [{ ...one, trial: 2, value: null }] });
    const { space, sampler, pruner, lag } = definition;
    const earlier = [{ space, sampler, pruner, lag }];
    await store.changeStudy('a', { wantedTrials: 3, lag: 2, earlier, confirmations: [{ ...one, value: 7 }] });
    const confirmations = [one, { ...one, trial: 2, value: null }];
    t.deepEqual(await store.listStudies(), [{ ...definition, wantedTrials: 3, lag: 2, earlier, confirmations }]);
  });

  testStore('parts of a confirmation are kept until it ends, each once', async (t, store) => {
    const part = { trial: 0, seed: 5, part: 1, result: { correct: 3, of: ['ü', null] } };
    await store.changeStudy('a', { confirmedParts: [part] });
    await store.changeStudy('a', { confirmedParts: [{ ...part, part: 2 }] });
    await store.changeStudy('a', {
      confirmedParts: [
        { ...part, result: 7 },
        { ...part, trial: 1 },
      ],
    });
    const kept = [part, { ...part, part: 2 }, { ...part, trial: 1 }];
    t.deepEqual(await store.listStudies(), [{ ...definition, confirmedParts: kept }]);
    const ended = { trial: 0, seed: 5, value: 0.5, standardError: 0.25 };
    await store.changeStudy('a', { confirmations: [ended] });
    // What another process is late with.
    await store.changeStudy('a', { confirmedParts: [part] });
    t.deepEqual(await store.listStudies(), [
      { ...definition, confirmations: [ended], confirmedParts: [{ ...part, trial: 1 }] },
    ]);
    await store.changeStudy('a', { confirmations: [{ ...ended, trial: 1 }] });
    t.deepEqual(await store.listStudies(), [{ ...definition, confirmations: [ended, { ...ended, trial: 1 }] }]);
  });

  testStore('trials are numbered from 0 and come back as they were saved', async (t, store) => {
    const owner = newOwner();
    const first = await claimed(store, owner);
    const second = await claimed(store, owner, [0]);
    t.deepEqual([first.number, first.state, second.number], [0, 'RUNNING', 1]);
    await store.saveTrials('a', owner, [completed(first)]);
    t.deepEqual((await store.readTrials('a')).trials, [completed(first), second]);
  });

  testStore('a claim is told what changed and completes its record with it', async (t, store) => {
    const [one, two] = [newOwner(), newOwner()];
    const first = await claimed(store, one);
    const before = await store.readTrials('a');
    await store.saveTrials('a', one, [completed(first)]);
    let told: Changes | undefined;
    const second = await store.claimTrial(
      'a',
      claim(two, {
        revision: before.revision,
        prepare(trial, changes) {
          told = changes;
          return { ...trial, params: { x: 0.5 } };
        },
      }),
    );
    t.deepEqual(told?.trials, [completed(first)]);
    t.deepEqual(second?.params, { x: 0.5 });
    const after = await store.readTrials('a', told?.revision);
    t.deepEqual(after.trials, [second]);
    t.deepEqual((await store.readTrials('a', after.revision)).trials, []);
  });

  testStore('a claim whose record cannot be completed changes nothing', async (t, store) => {
    const prepare = (): never => {
      throw new RangeError('no such value');
    };
    await t.throwsAsync(store.claimTrial('a', claim(newOwner(), { prepare })), { message: 'no such value' });
    t.deepEqual((await store.readTrials('a')).trials, []);
    t.is((await claimed(store, newOwner())).number, 0);
  });

  testStore('a study is added with all of its trials, or not at all', async (t, store) => {
    const trials = [completed(newTrial(0, 'RUNNING', {})), newTrial(1, 'WAITING', { x: 0.5 })];
    await store.addStudy({ ...definition, name: 'b', wantedTrials: 9 }, trials);
    t.deepEqual((await store.listStudies())[1], { ...definition, name: 'b', wantedTrials: 9 });
    t.deepEqual((await store.readTrials('b')).trials, trials);
    t.is((await store.claimTrial('b', claim(newOwner())))?.number, 1);
    await t.throwsAsync(store.addStudy({ ...definition, name: 'b' }, trials), {
      instanceOf: StudyError,
      message: /^There is a study "b" in .* already: /,
    });
    await store.addStudy({ ...definition, name: 'c' }, []);
    t.deepEqual((await store.readTrials('c')).trials, []);
  });

  testStore('finished trials are added after those that are there, and others hear of them', async (t, store) => {
    const owner = newOwner();
    const running = await claimed(store, owner);
    const { revision } = await store.readTrials('a');
    const added = { ...completed(running), seen: { count: 0, running: [], added: true } as const };
    t.deepEqual(await store.addTrials('a', [added, added]), [
      { ...added, number: 1 },
      { ...added, number: 2 },
    ]);
    t.deepEqual((await store.readTrials('a', revision)).trials, [
      { ...added, number: 1 },
      { ...added, number: 2 },
    ]);
    await store.saveTrials('a', owner, [completed(running)]);
    t.is((await claimed(store, owner)).number, 3);
    await t.throwsAsync(store.addTrials('z', [added]), { instanceOf: StudyError });
  });

  testStore('a study gets another name, unless a trial of it runs or the name is taken', async (t, store) => {
    const owner = newOwner();
    const trial = await claimed(store, owner);
    await store.createStudy({ ...definition, name: 'b' });
    await t.throwsAsync(store.renameStudy('a', 'c'), { instanceOf: StudyError, message: /is being run by/ });
    await store.saveTrials('a', owner, [completed(trial)]);
    await t.throwsAsync(store.renameStudy('a', 'b'), { instanceOf: StudyError, message: /^There is a study "b" in / });
    await store.renameStudy('a', 'c');
    t.deepEqual((await store.readTrials('c')).trials, [completed(trial)]);
    t.deepEqual(
      (await store.listStudies()).map((one) => one.name),
      ['c', 'b'],
    );
    await t.throwsAsync(store.readTrials('a'), { instanceOf: StudyError });
  });

  testStore('waiting trials are claimed first, lowest number first', async (t, store) => {
    const owner = newOwner();
    const running = await claimed(store, owner);
    t.is((await store.enqueueTrial('a', { x: 0.25 }))?.state, 'WAITING');
    t.is(await store.enqueueTrial('a', { x: 0.5 }, 1), null);
    t.is((await store.enqueueTrial('a', { x: 0.75 }, 2))?.number, 2);
    await store.saveTrials('a', owner, [{ ...running, state: 'WAITING' }]);
    const trials: FrozenTrial[] = [];
    while (trials.length < 3)
      trials.push(
        await claimed(
          store,
          owner,
          trials.map(({ number }) => number),
        ),
      );
    t.deepEqual(
      trials.map(({ number, params, state }) => ({ number, params, state })),
      [{}, { x: 0.25 }, { x: 0.75 }].map((params, number) => ({ number, params, state: 'RUNNING' })),
    );
  });

  testStore('a trial begins when those up to its number minus the lag are finished', async (t, store) => {
    const owner = newOwner();
    const trials = [await claimed(store, owner), await claimed(store, owner, [0]), await claimed(store, owner, [0, 1])];
    const next = (): Promise<FrozenTrial | null> => store.claimTrial('a', claim(owner, { running: [0, 1, 2, 3] }));
    t.is(await next(), null);
    await store.saveTrials('a', owner, [completed(trials[1]), completed(trials[2])]);
    t.is(await next(), null);
    await store.saveTrials('a', owner, [completed(trials[0])]);
    t.is((await next())?.number, 3);
  });

  testStore('no trial begins at the limit', async (t, store) => {
    const owner = newOwner();
    t.is((await store.claimTrial('a', claim(owner, { limit: 1 })))?.number, 0);
    t.is(await store.claimTrial('a', claim(owner, { limit: 1, running: [0] })), null);
  });

  testStore(
    'a trial of a dead owner is run by another, with what it knew, and the dead one writes no more',
    async (t, store) => {
      if (!knowsProcesses) return void t.pass('there is no /proc here');
      const [dead, heir] = [deadOwner(), newOwner()];
      const finished = completed(await claimed(store, dead));
      await store.saveTrials('a', dead, [finished]);
      const running = { ...(await claimed(store, dead)), intermediateValues: { 2: 0.5 } };
      await store.saveTrials('a', dead, [running]);
      const again = await claimed(store, heir);
      t.deepEqual([again.number, again.state, again.intermediateValues], [1, 'RUNNING', { 2: 0.5 }]);
      await t.throwsAsync(store.saveTrials('a', dead, [completed(running)]), {
        instanceOf: LeaseLostError,
        message: 'Trial 1 of study "a" was taken over by another process, which runs it again.',
      });
      t.deepEqual((await store.readTrials('a')).trials, [finished, again]);
    },
  );

  testStore('a trial of a living owner is left to it, on another host while its lease lasts', async (t, store) => {
    await claimed(store, newOwner());
    await claimed(store, { ...deadOwner(), host: 'elsewhere' });
    t.is((await claimed(store, newOwner())).number, 2);
  });

  testStore('who runs what is told, and whether they live', async (t, store) => {
    if (!knowsProcesses) return void t.pass('there is no /proc here');
    const [dead, alive] = [deadOwner(), newOwner()];
    await store.saveTrials('a', alive, [completed(await claimed(store, alive))]);
    await claimed(store, alive);
    await store.enqueueTrial('a', { x: 0.5 });
    await claimed(store, dead);
    const running = await store.readRunning('a');
    t.deepEqual(
      running.map(({ number, owner, isAlive }) => [number, owner.token, isAlive]),
      [
        [1, alive.token, true],
        [2, dead.token, false],
      ],
    );
    await t.throwsAsync(store.readRunning('b'), { instanceOf: StudyError });
  });

  testStore(
    'who ran a trial last is known also when it is finished, but not while it waits again',
    async (t, store) => {
      const [one, two] = [newOwner(), newOwner()];
      await store.saveTrials('a', one, [completed(await claimed(store, one))]);
      const { revision } = await store.readTrials('a');
      const putBack = await claimed(store, one);
      await claimed(store, two);
      await store.saveTrials('a', one, [{ ...putBack, state: 'WAITING' }]);
      t.deepEqual(
        await store.readOwners('a'),
        new Map([
          [0, one],
          [2, two],
        ]),
      );
      t.deepEqual(await store.readOwners('a', revision), new Map([[2, two]]));
      await t.throwsAsync(store.readOwners('b'), { instanceOf: StudyError });
    },
  );

  testStore('a trial that was claimed without the answer arriving is claimed again', async (t, store) => {
    const owner = newOwner();
    await claimed(store, owner);
    t.is((await claimed(store, owner)).number, 0);
    t.is((await claimed(store, owner, [0])).number, 1);
  });

  testStore('saving twice does no harm, and only trials that one runs can be saved', async (t, store) => {
    const owner = newOwner();
    const trial = completed(await claimed(store, owner));
    await store.saveTrials('a', owner, [trial]);
    await store.saveTrials('a', owner, [trial]);
    t.deepEqual((await store.readTrials('a')).trials, [trial]);
    await store.enqueueTrial('a', {});
    await t.throwsAsync(store.saveTrials('a', owner, [{ ...trial, number: 1 }]), { instanceOf: LeaseLostError });
  });

  testStore('waiting ends with a change, and at once when there was one', async (t, store) => {
    const { revision } = await store.readTrials('a');
    const never = new AbortController().signal;
    const change = store.waitForChange('a', revision, never);
    await store.enqueueTrial('a', {});
    await change;
    await store.waitForChange('a', revision, never);
    await store.waitForChange('a', (await store.readTrials('a')).revision, AbortSignal.abort());
    t.pass();
  });

  testStore('a deleted study is gone with its trials; one that is run is not deleted', async (t, store) => {
    const owner = newOwner();
    const trial = await claimed(store, owner);
    await t.throwsAsync(store.deleteStudy('a'), {
      instanceOf: StudyError,
      message: new RegExp(`^Study "a" in .* is being run by process ${process.pid} on .*: wait until it ends`),
    });
    await store.saveTrials('a', owner, [completed(trial)]);
    await store.deleteStudy('a');
    await t.throwsAsync(store.readTrials('a'), { instanceOf: StudyError, message: /^There is no study "a" in / });
    await store.createStudy(definition);
    t.deepEqual((await store.readTrials('a')).trials, []);
  });
}

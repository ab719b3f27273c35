/** Arguments as they come from JavaScript: what is wrong is said in a sentence. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { addTrial } from '../../search/manage-studies.ts';
import { openStudy } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';
import { processObjective } from '../../search/programs/process.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStorage } from '../../search/storage/index.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { StudyError } from '../../search/study-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'arguments-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const unchecked = (value: unknown): never => value as never;

async function refuses(t: ExecutionContext, work: () => unknown, kind: ErrorConstructor, message: string | RegExp) {
  await t.throwsAsync(async () => work(), { instanceOf: kind, message }, String(message));
}

const base = { name: 's', direction: 'minimize' } as const;

test('openStudy names what is wrong with its options', async (t) => {
  const file = join(folder, 'none.db');
  const cases: readonly (readonly [object, ErrorConstructor, string | RegExp])[] = [
    [{ smapler: 'tpe' }, RangeError, /^Unknown key `smapler` in the options of `openStudy`\. Known: name, storage, /],
    [{ sampler: {} }, TypeError, 'Expected `sampler` to be the name of a sampler, or a function, got {}.'],
    [{ pruner: {} }, TypeError, 'Expected `pruner` to be the name of a pruner, or a function, got {}.'],
    [{ prior: 5 }, TypeError, 'Expected `prior` to be the name of a study, or a study, got 5.'],
    [{ prior: {} }, TypeError, 'Expected `prior` to be the name of a study, or a study, got {}.'],
    [
      { storage: {} },
      TypeError,
      /^Expected `storage` to be a file, the address of a database, or a store .*, got \{\}\.$/,
    ],
    [{ storage: 5 }, TypeError, /^Expected `storage` to be a file, the address of a database, or a store .*, got 5\.$/],
    [{ space: null }, TypeError, 'Expected `space` to be an object, got null.'],
    [{ space: [] }, TypeError, 'Expected `space` to be an object, got [].'],
    [
      { space: { x: null } },
      RangeError,
      /^Expected `x` to be a distribution such as \{ kind: 'float', .*, got null\.$/,
    ],
    [{ shape: 5 }, TypeError, 'Expected `shape` to be an object, got 5.'],
    [{ onChange: 5 }, TypeError, 'Expected `onChange` to be a function, got 5.'],
    [{ onNotice: {} }, TypeError, 'Expected `onNotice` to be a function, got {}.'],
    [{ unsavedDir: 5 }, TypeError, 'Expected `unsavedDir` to be a text, got 5.'],
  ];
  for (const [options, kind, message] of cases) {
    await refuses(t, () => openStudy(unchecked({ storage: file, ...base, ...options })), kind, message);
  }
  await refuses(
    t,
    () => openStudy(unchecked(undefined)),
    TypeError,
    'Expected the options of `openStudy` to be an object, got undefined.',
  );
  t.false(existsSync(file));
});

test('optimize names what is wrong with its arguments, before a trial begins', async (t) => {
  const study = await openStudy(base);
  const objective = (): number => 1;
  const cases: readonly (readonly [object, ErrorConstructor, string | RegExp])[] = [
    [{ nTrials: 3 }, RangeError, /^Unknown key `nTrials` in the options of `optimize`\. Known: trials, workers, /],
    [{ timeout: 3 }, RangeError, /^Unknown key `timeout` /],
    [{ timeoutMs: '5' }, RangeError, /^Expected `timeoutMs` above 0 and below \d+, got the text "5"\.$/],
    [{ signal: 5 }, TypeError, 'Expected `signal` to be an AbortSignal, got 5.'],
    [{ onTrial: 5 }, TypeError, 'Expected `onTrial` to be a function, got 5.'],
    [{ onWait: 'a' }, TypeError, 'Expected `onWait` to be a function, got the text "a".'],
  ];
  for (const [options, kind, message] of cases) {
    await refuses(t, () => optimize(study, objective, unchecked({ trials: 3, ...options })), kind, message);
  }
  await refuses(
    t,
    () => optimize(study, objective, unchecked(undefined)),
    TypeError,
    'Expected the options of `optimize` to be an object, got undefined.',
  );
  await refuses(
    t,
    () => optimize(study, unchecked(5), { trials: 1 }),
    TypeError,
    'Expected `objective` to be a function, got 5.',
  );
  t.is(study.trials.length, 0);
  await study.close();
});

test('addTrial names what is wrong with its details, and keeps times in UTC', async (t) => {
  const storage = memoryStorage();
  const study = await openStudy({ ...base, storage, space: { x: { kind: 'float', low: 0, high: 1 } } });
  const cases: readonly (readonly [object, ErrorConstructor, string | RegExp])[] = [
    [
      { distributons: {} },
      RangeError,
      /^Unknown key `distributons` in the options of `addTrial`\. Known: distribution/,
    ],
    [
      { startedAt: 'gestern' },
      RangeError,
      /^Expected `startedAt` to be a time in ISO 8601 .*, got the text "gestern"\.$/,
    ],
    [{ finishedAt: 5 }, RangeError, /^Expected `finishedAt` to be a time in ISO 8601 .*, got 5\.$/],
    [{ constraints: 5 }, TypeError, 'Expected `constraints` to be an object, got 5.'],
  ];
  for (const [details, kind, message] of cases) {
    await refuses(t, () => study.addTrial({ x: 1 }, 1, unchecked(details)), kind, message);
    await refuses(t, () => addTrial(storage, 's', { x: 1 }, 1, unchecked(details)), kind, message);
  }
  await refuses(t, () => study.addTrial(unchecked(null), 1), TypeError, 'Expected `params` to be an object, got null.');
  await refuses(t, () => study.enqueueTrial(unchecked(5)), TypeError, 'Expected `params` to be an object, got 5.');
  const { startedAt } = await study.addTrial({ x: 1 }, 1, { startedAt: '2026-01-31T13:00:00+01:00' });
  t.is(startedAt, '2026-01-31T12:00:00.000Z');
  t.is(study.trials.length, 1);
  await study.close();
});

test('stores and programs name what is wrong with their arguments', async (t) => {
  const expected = 'Expected a file or the address of a database as a text, got 5.';
  await refuses(t, () => openStorage(unchecked(5)), TypeError, expected);
  await refuses(
    t,
    () => openStorage(':memory:', unchecked({ readonly: true })),
    RangeError,
    /^Unknown key `readonly` /,
  );
  await refuses(t, () => processObjective('true', unchecked({ log: 1 })), RangeError, /^Unknown key `log` /);
  await refuses(t, () => processObjective(unchecked(5)), TypeError, /^Expected a program as a text, .*, got 5\.$/);
});

test('whoever forgets the direction of a new study is told so, and readers are not', async (t) => {
  const file = join(folder, 'brandnew.db');
  await t.throwsAsync(openStudy({ name: 'q', storage: file }), {
    instanceOf: StudyError,
    message:
      /^There is no study file .*brandnew\.db: run a search first, or name another file\. To make the study, give `direction` too\.$/,
  });
  await (await openStudy({ ...base, storage: file })).close();
  await t.throwsAsync(openStudy({ name: 'q', storage: file }), {
    instanceOf: StudyError,
    message: /^There is no study "q" in .*brandnew\.db\. Known: s\. To make the study, give `direction` too\.$/,
  });
  await t.throwsAsync(readStudy(file, 'q'), { message: /Known: s\.$/ });
});

import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { toOptunaJournal } from '../../search/export/optuna-journal.ts';
import { isFinished } from '../../search/frozen-trial.ts';
import { importStudies } from '../../search/import/index.ts';
import { addTrial, copyStudy, mergeStudies } from '../../search/manage-studies.ts';
import { openStudy } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';
import { readStudy } from '../../search/read-study.ts';
import { replayStudy } from '../../search/replay.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { sqliteStorage } from '../../search/storage/sqlite.ts';
import { newTrial } from '../../search/storage/claims.ts';
import { StudyError } from '../../search/study-error.ts';
import { exportedStudy } from './exported-study.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-'));
test.after.always(() => rmSync(folder, { recursive: true }));

/** Made by Optuna 3.1.0: see make.py there. */
const files = ['journal.jsonl', 'studies.db'].map((name) => join(import.meta.dirname, 'optuna', name));

for (const file of files) {
  test(`the studies in a ${file.endsWith('db') ? 'SQLite file' : 'journal'} of Optuna come with all that it says`, async (t) => {
    const before = readdirSync(join(import.meta.dirname, 'optuna'));
    const [one, front] = await importStudies(file);
    t.deepEqual(readdirSync(join(import.meta.dirname, 'optuna')), before);
    t.deepEqual(one.definition, {
      name: 'one',
      direction: 'minimize',
      seed: 0,
      sampler: 'auto',
      pruner: 'none',
      lag: 'none',
      task: null,
      space: {
        x: { kind: 'float', low: -5, high: 5 },
        rate: { kind: 'float', low: 1e-4, high: 1, log: true },
        drop: { kind: 'float', low: 0, high: 0.5, step: 0.1 },
        units: { kind: 'int', low: 8, high: 64, step: 8 },
        mode: { kind: 'categorical', choices: ['plain', null, true, 2.5] },
      },
    });
    // One of them ran when the file was written.
    t.is(one.running, 1);
    t.deepEqual(
      one.trials.map(({ number, state }) => [number, state]),
      ['COMPLETE', 'COMPLETE', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'].map((state, number) => [number, state]),
    );
    const [first, second, third] = one.trials;
    const { x, rate, drop, units, mode } = first.params;
    t.is(
      first.value,
      Number(x) ** 2 + Number(rate) + Number(drop) + Number(units) / 64 + Number(mode === 'plain'),
      'the value belongs to the parameters',
    );
    t.deepEqual(first.intermediateValues, { 0: Number(x) ** 2, 1: Number(x) ** 2 + 1 });
    t.is(second.intermediateValues[0], NaN);
    t.is(third.intermediateValues[1], NaN);
    t.deepEqual(first.userAttributes, { note: { größe: [1, 'a\nb'], limit: null } });
    t.true(Date.parse(first.startedAt!) <= Date.parse(first.finishedAt!));
    t.deepEqual(one.trials[5].params, { x: 2.5 });
    t.deepEqual([one.diverged, one.leftOut], [0, ['author']]);

    t.deepEqual(front.definition.directions, ['maximize', 'minimize']);
    t.is(front.definition.space, null);
    t.deepEqual(
      front.trials.map(({ state, values, params }) => [
        state,
        values?.[0] === params[String(params.kind)],
        values?.[1],
      ]),
      [0, 1, 2, 3].map((i) => ['COMPLETE', true, i] as unknown[]).concat([['FAIL', false, undefined]]),
    );
    t.is(front.diverged, 1);
    t.is(front.trials[4].userAttributes.failure, 'the objective returned Infinity as value 2 of 2: the run diverged');
  });
}

test('a study that was exported as a journal comes back as it was, with its settings', async (t) => {
  const study = await exportedStudy();
  const file = join(folder, 'exported.log');
  writeFileSync(file, toOptunaJournal(study));
  const [{ definition, trials }] = await importStudies(file);
  t.deepEqual(definition, study.definition);
  const bare = ({ seen: _seen, createdAt: _created, ...trial }: (typeof trials)[number]): object => trial;
  const ended = study.trials.filter(isFinished);
  t.deepEqual(trials.slice(0, ended.length).map(bare), ended.map(bare));
  t.deepEqual(
    trials.slice(ended.length).map(({ state, params }) => [state, params]),
    study.trials.slice(ended.length).map(({ params }) => ['WAITING', params]),
  );
});

test('constraints come back under their names, whatever the order in which trials set them, and if they set only some', async (t) => {
  const study = await openStudy({ name: 's', direction: 'minimize' });
  const all: Record<string, number>[] = [{ size: 1, time: -1 }, { time: 2, size: -2 }, { time: 3 }, {}, { heat: -4 }];
  for (const constraints of all) {
    const trial = await study.ask();
    for (const [name, value] of Object.entries(constraints)) trial.setConstraint(name, value);
    await study.tell(trial, 1);
  }
  const { definition, trials } = study;
  const journal = toOptunaJournal({ definition, trials, bestTrial: null });
  const lines = journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    lines.filter(({ op_code: code }) => code === 4).map(({ system_attrs: { constraints } }) => constraints),
    [
      [1, -1, 0],
      [-2, 2, 0],
      [0, 3, 0],
      [0, 0, 0],
      [0, 0, -4],
    ],
  );
  const file = join(folder, 'constraints.log');
  writeFileSync(file, journal);
  const [imported] = await importStudies(file);
  t.deepEqual(
    imported.trials.map(({ constraints = {} }) => constraints),
    all,
  );
  t.deepEqual(imported.leftOut, []);
  await study.close();
});

test('trials keep the numbers that they had in Optuna, and attributes of a study are named as left out', async (t) => {
  const line = (content: object): string => `${JSON.stringify({ worker_id: 'w', ...content })}\n`;
  const trial = (state: number): string => line({ op_code: 4, study_id: 0, state, value: 1 });
  const file = join(folder, 'numbers.log');
  const attribute = line({ op_code: 2, study_id: 0, user_attr: { team: 'blue', seed: 1 } });
  writeFileSync(
    file,
    line({ op_code: 0, study_name: 's', directions: [1] }) + attribute + trial(1) + trial(0) + trial(1) + trial(4),
  );
  const [{ trials, running, leftOut }] = await importStudies(file);
  t.is(running, 1);
  t.deepEqual(
    trials.map(({ number, userAttributes }) => [number, userAttributes]),
    [
      [0, {}],
      [1, { 'optuna:number': 2 }],
      [2, { 'optuna:number': 3 }],
    ],
  );
  t.deepEqual(leftOut, ['team', 'seed']);
});

test('a study goes on where Optuna has stopped, learns from its trials, and is replayed with them as given', async (t) => {
  const storage = await sqliteStorage(join(folder, 'imported.db'));
  const [{ definition, trials }] = await importStudies(files[0]);
  await storage.addStudy(definition, trials);
  // By its name alone.
  const study = await openStudy({ storage, name: 'one' });
  t.deepEqual(study.trials, trials);
  await optimize(study, ({ params }) => Number(params.x) ** 2, { trials: 12 });
  t.is(study.trials[5].params.x, 2.5);
  t.deepEqual(study.trials[6].seen, { count: 6, running: [] });
  await study.addTrial({ x: 9, rate: 0.1, drop: 0, units: 8, mode: null }, -1);
  t.is(study.bestTrial?.value, -1);
  const more = await study.ask();
  t.is(more.history.length, 13);
  await study.tell(more, 1);
  const { trials: replayed, differences } = replayStudy(await readStudy(storage, 'one'));
  t.deepEqual([replayed, differences], [8, []]);
  await study.close();
  await storage.close();
});

test('a copy is the same study under another name and in another store: it goes on alike', async (t) => {
  const [from, to] = [memoryStorage(), await sqliteStorage(join(folder, 'copies.db'))];
  const space = { x: { kind: 'float', low: -1, high: 1 } } as const;
  const first = await openStudy({ storage: from, name: 'a', direction: 'minimize', space, sampler: 'tpe', seed: 3 });
  await optimize(first, ({ params }) => params.x ** 2, { trials: 15 });
  await copyStudy(await readStudy(from, 'a'), to, 'b');
  const second = await openStudy({ storage: to, name: 'b' });
  for (const study of [first, second]) await optimize(study, ({ params }) => Number(params.x), { trials: 20 });
  t.deepEqual(
    second.trials.map(({ params }) => params),
    first.trials.map(({ params }) => params),
  );
  t.deepEqual(replayStudy(await readStudy(to, 'b')).differences, []);
  await t.throwsAsync(copyStudy(await readStudy(from, 'a'), to, 'b'), {
    instanceOf: StudyError,
    message: /^There is a study "b" in .*copies\.db already: choose another name, or delete it\.$/,
  });
  for (const study of [first, second]) await study.close();
  await to.close();
});

test('a merged study has each trial once; studies whose values are not alike are not merged', async (t) => {
  const storage = memoryStorage();
  const space = { x: { kind: 'float', low: -1, high: 1 } } as const;
  for (const [seed, name] of ['a', 'b'].entries()) {
    const study = await openStudy({ storage, name, direction: 'minimize', space, seed, sampler: 'random' });
    await optimize(study, ({ params }) => params.x ** 2, { trials: 4 });
    await study.close();
  }
  await copyStudy(await readStudy(storage, 'a'), storage, 'copy');
  t.deepEqual(await mergeStudies(storage, ['a', 'copy', 'b'], 'all'), { added: 4, alreadyThere: 4 });
  const all = await readStudy(storage, 'all');
  const own = [...(await readStudy(storage, 'a')).trials, ...(await readStudy(storage, 'b')).trials];
  t.deepEqual(
    all.trials.map(({ number, params, value }) => [number, params, value]),
    own.map(({ params, value }, number) => [number, params, value]),
  );
  const { trials, differences } = replayStudy(all);
  t.deepEqual([trials, differences], [4, []]);
  const other = await openStudy({ storage, name: 'other', direction: 'maximize', space });
  await other.close();
  await t.throwsAsync(mergeStudies(storage, ['a', 'other'], 'x'), {
    message:
      'Studies "a" and "other" cannot be merged, since their objectives are not the same: minimize and maximize. ' +
      'Merge studies of one task.',
  });
});

test('only trials of copies are left out of a merged study: not those that look alike', async (t) => {
  const storage = memoryStorage();
  const space = { c: { kind: 'categorical', choices: ['a', 'b', 'c'] } } as const;
  const time = '2026-01-31T12:00:00.000Z';
  for (const [seed, name] of ['a', 'b'].entries()) {
    const study = await openStudy({ storage, name, direction: 'minimize', space, seed, sampler: 'random' });
    await study.close();
    // Trials of quick objectives have times and values in common.
    const trials = Array.from({ length: 30 }, (_, i) => ({
      ...newTrial(0, 'RUNNING', { c: ['a', 'b', 'c'][i % 3] }),
      state: 'COMPLETE' as const,
      value: i % 3,
      distributions: space,
      createdAt: time,
      startedAt: time,
      finishedAt: time,
    }));
    await storage.addTrials(name, trials);
    await addTrial(storage, name, { c: 'a' }, seed);
  }
  const merge = (names: string[], name: string) => mergeStudies(storage, names, name);
  t.deepEqual(await merge(['a', 'b'], 'both'), { added: 31, alreadyThere: 0 });
  await copyStudy(await readStudy(storage, 'b'), storage, 'copy');
  await addTrial(storage, 'copy', { c: 'b' }, 5);
  t.deepEqual(await merge(['b', 'copy'], 'b-copy'), { added: 1, alreadyThere: 31 });
  t.deepEqual(await merge(['both', 'a', 'copy'], 'all'), { added: 1, alreadyThere: 62 });
  t.is((await readStudy(storage, 'all')).trials.length, 63);
});

test('a trial is added with parameters that the study has, and a value', async (t) => {
  const storage = memoryStorage();
  const study = await openStudy({ storage, name: 'a', direction: 'minimize' });
  await t.throwsAsync(study.addTrial({ x: 1 }, 2), { message: /^Expected a distribution of `x`, which no trial/ });
  const distributions = { x: { kind: 'float', low: 0, high: 2 } } as const;
  await study.addTrial({ x: 1 }, 2, { distributions, finishedAt: '2026-01-01T00:00:00.000Z' });
  const added = await addTrial(storage, 'a', { x: 0.5 }, { state: 'PRUNED' });
  t.like(added, { number: 1, state: 'PRUNED', distributions, finishedAt: null });
  await t.throwsAsync(study.addTrial({ x: Infinity }, 2), { instanceOf: RangeError });
  await t.throwsAsync(study.addTrial({ x: 1 }, 'best' as never), { instanceOf: TypeError });
  t.is(study.trials.length, 1);
  await study.refresh();
  t.is(study.trials.length, 2);
  await study.close();
});

test('a file that is none, or has what no study can hold, is refused with the place', async (t) => {
  const line = (content: object): string => `${JSON.stringify({ worker_id: 'w', ...content })}\n`;
  const study = line({ op_code: 0, study_name: 's', directions: [1] });
  const trial = (change: object): string =>
    line({ op_code: 4, study_id: 0, state: 1, value: 1, params: {}, distributions: {}, ...change });
  const distribution = JSON.stringify({ name: 'CategoricalDistribution', attributes: { choices: [[1, 2]] } });
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      'text',
      'number,value\n1,2\n',
      /text: expected a journal of Optuna, or an SQLite file of its RDBStorage, found nei/,
    ],
    ['json', '{\n}\n', /json: expected a journal of Optuna, or an SQLite file of its RDBStorage, found neither/],
    ['space', '{"x":{"kind":"float","low":0,"high":1}}', /space: expected a journal of Optuna, .* found neither/],
    ['cut', `${study}{"op_code": 4\n`, /cut:2: expected JSON, got something else/],
    ['empty', '{"op_code": 1, "study_id": 4}\n', /empty: expected a study of Optuna, found none\.$/],
    ['number', `${study}{"op_code": 12}\n`, /^Expected `op_code` in .*number:2 to be /],
    ['direction', line({ op_code: 0, study_name: 's', directions: [0] }), /does not say whether values are to be min/],
    ['values', study + trial({ value: null, values: [1, 2] }), /trial 0: it is complete, with 2 of 1 values\.$/],
    ['time', study + trial({ datetime_start: 'noon' }), /trial 0: its time "noon" is none\.$/],
    [
      'choices',
      study + trial({ params: { c: 0 }, distributions: { c: distribution } }),
      /trial 0: `c` has a distribution that is not known here, .*: choices must be numbers, texts, true, false or null\.$/,
    ],
    ['sqlite', `SQLite format 3\0${' '.repeat(500)}`, /sqlite is damaged \(/],
  ];
  for (const [name, content, message] of cases) {
    const file = join(folder, name);
    writeFileSync(file, content);
    const error = await t.throwsAsync(importStudies(file), { message }, name);
    t.true(error instanceof StudyError || error instanceof UserError, name);
  }
  await t.throwsAsync(importStudies(join(folder, 'none')), { message: /found one that cannot be read \(ENOENT/ });
  // Half a line at the end is one that is still being written, or a file that was cut off.
  writeFileSync(join(folder, 'half'), `${study}{"op_code": 4, "stu`);
  const notices: string[] = [];
  const [half] = await importStudies(join(folder, 'half'), (sentence) => notices.push(sentence));
  t.is(half.trials.length, 0);
  t.is(notices.length, 1);
  t.regex(notices[0], /half:2: this last line is cut off, or is still being written\. It is left out\.$/);
  t.false(existsSync(join(folder, 'none')));
});

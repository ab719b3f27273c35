import test from 'ava';
import { parse } from 'csv-parse/sync';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgress } from '../../cli/progress.ts';
import { findStudy } from '../../cli/studies.ts';
import { openStorage } from '../../search/storage/index.ts';
import { chooseParameters, type ParametersQuery } from '../../cli/parameters.ts';
import { optimize } from '../../search/optimize.ts';
import { openStudy } from '../../search/open-study.ts';
import { validate } from '../../base/validate.ts';
import { recordedParametersSchema } from '../../pipeline/index.ts';
import { parametersIn, settingsOf } from '../../tuning/index.ts';
import { Notes } from '../../records/index.ts';
import { runIn } from './in-process.ts';
import { filesIn, run, temporaryFolder } from './process.ts';

const names = { swa: 'digits/swa/seed-1', plain: 'digits/plain/seed-1' };

/** Adds two studies of twelve trials to the default file of a folder. */
async function addStudies(folder: string): Promise<string> {
  for (const [method, name] of Object.entries(names)) {
    const study = await openStudy({
      storage: join(folder, 'runs/studies.db'),
      name,
      direction: 'maximize',
      seed: 3,
      sampler: 'random',
      space: {
        learningRate: { kind: 'float', low: 1e-4, high: 1, log: true },
        batchSize: { kind: 'categorical', choices: [16, 32, 64] },
      },
    });
    await optimize(
      study,
      ({ number, params }) => {
        if (number === 4) return NaN;
        return number === 5 ? { state: 'PRUNED' } : (method === 'swa' ? 0.9 : 0.8) + params.learningRate / 100;
      },
      { trials: 12 },
    );
    await study.close();
  }
  return folder;
}

test('of several studies, those that fit are meant before the one that was used last', async (t) => {
  const location = join(await addStudies(await temporaryFolder(t)), 'runs/studies.db');
  const storage = await openStorage(location);
  const progress = createProgress(process.stderr, true);
  const nameOf = async (...fits: Parameters<typeof findStudy>[3][]): Promise<string> =>
    (await findStudy(storage, '', progress, ...fits)).definition.name;
  const last = await nameOf();
  const other = Object.values(names).find((name) => name !== last);
  t.is(await nameOf(({ name }) => name === other), other!);
  t.is(await nameOf(() => false), last);
  await storage.close();
});

let shared = '';
test.before(async () => {
  shared = await addStudies(await mkdtemp(join(tmpdir(), 'study-')));
});
test.after.always(() => rm(shared, { recursive: true, force: true }));

const study = (folder: string, ...words: string[]) => runIn(folder, ['study', ...words]);

test.serial('list shows every study with its trials by state, best value and last use', async (t) => {
  const told = await study(shared, 'list');
  t.is(told.code, 0, told.stderr);
  t.regex(
    told.stdout,
    /\n digits\/swa\/seed-1 +10 complete, 1 pruned, 1 failed +0\.90\d+ +\d{4}-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d\n/,
  );
  const { studies } = JSON.parse((await study(shared, 'list', '--json')).stdout);
  t.is(studies.length, 2);
  t.deepEqual(studies[1].trials, { complete: 10, pruned: 1, failed: 1 });
  t.deepEqual(Object.keys(studies[1]), ['name', 'direction', 'trials', 'progress', 'best', 'lastUsed']);
  t.regex(studies[1].lastUsed, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test.serial('show takes a unique part of the name and tells what mattered', async (t) => {
  const { code, stdout, stderr } = await study(shared, 'show', 'swa');
  t.is(code, 0, stderr);
  t.regex(stdout, /^digits\/swa\/seed-1\ndirection maximize, seed 3/);
  t.regex(stdout, /\nTrials: 10 complete, 1 pruned, 1 failed\n/);
  t.regex(stdout, /\nBest: 0\.90\d+ in trial \d+: learningRate [\d.]+, batchSize \d\d\nSo far: [▁-█]+ /);
  t.regex(stdout, /\n learningRate +float \[0\.0001, 1\] log +\d+ % +\d+ % to \d+ % +█/);
  const shown = JSON.parse((await study(shared, 'show', names.plain, '--importance', 'fanova', '--json')).stdout);
  t.is(shown.definition.name, names.plain);
  t.is(shown.importance.method, 'fanova');
  t.deepEqual(shown.importance.shares[0].parameters, ['learningRate']);
  t.is(shown.bestSoFar.length, 10);
});

test.serial(
  'a study that shall have more trials says how many, and for how long still while somebody runs them',
  async (t) => {
    const folder = await temporaryFolder(t);
    const options = { storage: join(folder, 'runs/studies.db'), name: 'third', direction: 'minimize' } as const;
    const running = await openStudy({ ...options, wantedTrials: 60 });
    await optimize(running, () => 1, { trials: 3 });
    const states = '3 of 60 \\(3 complete';
    t.regex((await study(folder, 'list')).stdout, new RegExp(`\n third +${states}\\) +1 `));
    const trial = await running.ask();
    t.regex(
      (await study(folder, 'show')).stdout,
      new RegExp(`\nTrials: ${states}, 1 running\\), done in about .* s\n`),
    );
    await running.tell(trial, 1);
    await running.close();
    const { progress } = JSON.parse((await study(folder, 'show', '--json')).stdout);
    t.deepEqual(progress, { finished: 4, wanted: 60, abandoned: 0, secondsLeft: null });
  },
);

test.serial(
  'an unknown name is refused with the names there are, and one that is not unique where it would delete',
  async (t) => {
    const both = '\n  digits/swa/seed-1\n  digits/plain/seed-1\n';
    for (const [words, sentence] of [
      [['delete', 'seed', '--yes'], `Expected a part of one study's name, got "seed", which is in 2:${both}`],
      [['trials', 'x'], `runs/studies.db: expected a study with "x" in its name, found none. There are:${both}`],
      [
        ['show', 'swa', '--storage', 'no.db'],
        'no.db: expected a file with studies, found none. Search first (npm run search -- --storage no.db), or name another file with --storage.\n',
      ],
      [['show', '--importance', 'x'], 'Unknown importance method "x". Known: ped-anova, fanova.\n'],
    ] as const) {
      t.deepEqual(await study(shared, ...words), { code: 2, stdout: '', stderr: sentence }, words.join(' '));
    }
  },
);

test.serial('of several studies the one used last is shown, and the others are named', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'runs'));
  const options = { storage: join(folder, 'runs/studies.db'), direction: 'minimize' } as const;
  for (const name of ['digits/sam+swa/short', 'digits/swa/long', 'digits/swa/short']) {
    const one = await openStudy({ ...options, name });
    await optimize(one, () => 1, { trials: 1 });
    await one.close();
  }
  const { stdout, stderr } = await study(folder, 'show', 'swa');
  t.regex(stdout, /^digits\/swa\/short\n/);
  t.is(stderr, 'digits/swa/short, the study used last of 2. The others:\n  digits/swa/long\n');
});

test.serial('best prints parameters that submit reads, with and without --json', async (t) => {
  const { best } = JSON.parse((await study(shared, 'show', 'swa', '--json')).stdout);
  for (const words of [[], ['--json']]) {
    const { stdout } = await study(shared, 'best', 'swa', ...words);
    const file = join(shared, 'my.json');
    await writeFile(file, stdout);
    const query = {
      source: file,
      methods: ['plain'],
      model: 'digit-cnn',
    } as Partial<ParametersQuery> as ParametersQuery;
    const [{ parameters }] = await chooseParameters(query, createProgress(process.stderr, true));
    t.is(parameters.learningRate, best.params.learningRate);
    t.is(parameters.batchSize, best.params.batchSize);
  }
});

test.serial('best can be chosen by the posterior mean, with a sentence where nothing can be said', async (t) => {
  const told = await study(shared, 'best', names.swa, '--by', 'posterior-mean', '--json');
  t.is(told.code, 0, told.stderr);
  t.true(JSON.parse(told.stdout).number >= 0);
  const folder = await temporaryFolder(t);
  const young = await openStudy({ storage: join(folder, 'young.db'), name: 'young', direction: 'minimize' });
  await optimize(young, (trial) => trial.suggestFloat('x', 0, 1), { trials: 2 });
  await young.close();
  const refused = await study(folder, 'best', '--storage', 'young.db', '--by', 'posterior-mean');
  t.is(refused.code, 2);
  t.regex(refused.stderr, /at least 10 finished trials for --by posterior-mean, found less/);
});

test.serial('trials says why trials failed', async (t) => {
  const { stdout } = await study(shared, 'trials', 'swa');
  t.true(stdout.endsWith('\n\nTrial 4 (failed): the objective returned NaN: the run diverged\n'), stdout);
});

test.serial('best of a search has all that its trials were trained with', async (t) => {
  const folder = await temporaryFolder(t);
  const task = {
    competition: 'synthetic-digits',
    model: 'wide-cnn',
    method: 'swa',
    engine: 'simd',
    epochs: 3,
    folds: 2,
  };
  const asked = {
    model: 'wide-cnn',
    method: 'swa',
    space: { learningRate: { kind: 'float', low: 0.01, high: 1 } },
  } as const;
  const { fixed, space } = settingsOf({
    ...asked,
    fixed: { momentum: 0.5, clipNorm: 2, weightDecay: 0.001, patience: 7 },
  });
  const storage = join(folder, 'runs/studies.db');
  const added = await openStudy({
    storage,
    name: 'fixed',
    direction: 'maximize',
    space,
    task: { ...task, fixed, images: 'x' },
  });
  await added.close();
  for (const [params, value, sentence] of [
    ['{"learningRate":-0.1}', '0.5', /^Expected `learningRate` in the trial to be above 0, got -0\.1\.\n$/],
    [
      '{"learningRate":0.1}',
      '98.74',
      /^Expected the accuracy of the trial to be from 0 to 1, got 98\.74\. An accuracy of/,
    ],
    ['{"learningRate":0.1}', '0.5', /^$/],
  ] as const) {
    const told = await study(folder, 'add', 'fixed', '--params', params, `--value=${value}`);
    t.regex(told.stderr, sentence);
  }
  const { stdout } = await study(folder, 'best', 'fixed');
  t.like(JSON.parse(stdout), { learningRate: 0.1, momentum: 0.5, clipNorm: 2 });
  t.deepEqual(JSON.parse((await study(folder, 'best', 'fixed', '--json')).stdout).params, JSON.parse(stdout));
  const read = parametersIn(JSON.parse(stdout), 'swa', 'wide-cnn', 'best.json').parameters;
  t.deepEqual(read, validate(recordedParametersSchema, { ...fixed, learningRate: 0.1 }, 'the study'));
});

test.serial('an added trial keeps the constraints of a search that its values show, and no others', async (t) => {
  const folder = await temporaryFolder(t);
  const { fixed, space } = settingsOf({ model: 'mlp', method: 'plain' });
  const search = {
    competition: 'synthetic-digits',
    model: 'mlp',
    method: 'plain',
    engine: 'simd',
    epochs: 3,
    folds: 2,
  };
  const params = JSON.stringify({ learningRate: 0.1, momentum: 0.5, batchSize: 32, patience: 3 });
  for (const [name, constraint, isBest] of [
    ['kept', 'accuracy>=0.5', true],
    ['missed', 'accuracy>=0.7', false],
    ['not known', 'seconds<=60', false],
  ] as const) {
    const task = { ...search, fixed, images: 'x', constraints: [constraint] };
    const made = await openStudy({
      storage: join(folder, 'runs/studies.db'),
      name,
      direction: 'maximize',
      space,
      task,
    });
    await made.close();
    const added = await study(folder, 'add', name, '--params', params, '--value', '0.6');
    t.is(added.code, 0, added.stderr);
    t.is((await study(folder, 'best', name)).code, isBest ? 0 : 2, name);
  }
});

test.serial('a program that cannot be started leaves no study', async (t) => {
  const folder = await temporaryFolder(t);
  const space = '{"x":{"kind":"float","low":0,"high":1}}';
  for (const program of [['./missing.py'], ['./missing.py', '{x}']]) {
    const told = await study(folder, 'optimize', '--space', space, '--workers', '2', '-q', '--', ...program);
    t.is(told.code, 2);
    t.regex(told.stderr, /^Expected a program that can be started, got "\.\/missing\.py" /);
    t.is((await study(folder, 'list')).stdout, 'No studies in runs/studies.db.\n');
  }
});

test.serial('trials sorts by value, the best first, those without a value last', async (t) => {
  const { trials } = JSON.parse((await study(shared, 'trials', 'swa', '--sort', 'value', '--json')).stdout);
  const values = trials.map(({ value }: { value: number | null }) => value ?? -1);
  t.is(values.length, 12);
  t.deepEqual(
    values,
    values.toSorted((a: number, b: number) => b - a),
  );
  const { stdout } = await study(shared, 'trials', 'swa', '--top', '3');
  t.regex(stdout, /^ trial +state +value +learningRate +batchSize +started +time\n/);
  t.is(stdout.match(/^ +\d+ +complete/gm)?.length, 3);
});

test.serial('export prints, or writes a file that it replaces only with --force', async (t) => {
  const folder = await addStudies(await temporaryFolder(t));
  const { stdout } = await study(folder, 'export', 'swa');
  t.is(parse(stdout, { columns: true }).length, 12);
  const words = ['export', 'swa', '--format', 'optuna-journal', '--out', 'out/swa.log'];
  const first = await study(folder, ...words);
  t.deepEqual(first, { code: 0, stdout: `Written: out/swa.log, 12 trials of ${names.swa}.\n`, stderr: '' });
  const content = await readFile(join(folder, 'out/swa.log'), 'utf8');
  // One for the study, five for its settings, twelve trials.
  t.is(content.trimEnd().split('\n').length, 18);
  const sentence = 'out/swa.log: expected no such file, found one. Name another file, or use --force to replace it.\n';
  t.deepEqual(await study(folder, ...words), { code: 2, stdout: '', stderr: sentence });
  t.is((await study(folder, ...words, '--force')).code, 0);
  t.regex((await study(folder, 'export', 'swa', '--out', 'runs')).stderr, /^runs: expected no such file/);
  t.regex(
    (await study(folder, 'export', 'swa', '--out', 'out/swa.log/x')).stderr,
    /^out\/swa\.log: expected a folder, got a file there or above it/,
  );
  t.deepEqual(await filesIn(folder), ['out/swa.log', 'runs/studies.db']);
});

test.serial('delete needs --yes without a terminal, and refuses a study that is being run', async (t) => {
  const folder = await addStudies(await temporaryFolder(t));
  const unasked = await study(folder, 'delete', 'swa');
  t.deepEqual(unasked, {
    code: 2,
    stdout: '',
    stderr: `Expected --yes to delete study "${names.swa}" without a terminal.\n`,
  });
  const running = await openStudy({
    storage: join(folder, 'runs/studies.db'),
    name: 'third',
    direction: 'minimize',
  });
  await running.ask();
  t.regex((await study(folder, 'delete', 'third', '--yes')).stderr, /^Study "third" in .* is being run by process \d+/);
  await running.close();
  for (const [part, name] of Object.entries({ third: 'third', ...names })) {
    const { code, stdout } = await study(folder, 'delete', part, '--yes', '--json');
    t.deepEqual({ code, ...JSON.parse(stdout) }, { code: 0, study: name, deleted: true });
  }
  t.is((await study(folder, 'list')).stdout, 'No studies in runs/studies.db.\n');
});

test.serial('studies are imported from Optuna, added to, copied, renamed with their notes, and merged', async (t) => {
  const folder = await temporaryFolder(t);
  const journal = join(import.meta.dirname, '../search/optuna/journal.jsonl');
  const told = await study(folder, 'import', journal);
  t.is(told.code, 0, told.stderr);
  t.regex(
    told.stdout,
    /\n one +6 +1 +5 parameters\n front +5 +named by the objective\n\nLeft out of study "one", as attributes of the study itself: author\.\nTaken as failed in study "front": 1 trial with a value that is not finite\.\nImported into runs\/studies\.db\.\n$/,
  );
  const again = await study(folder, 'import', journal);
  t.is(again.code, 2);
  t.regex(
    again.stderr,
    /^There is a study "one" in runs\/studies\.db already\. Import it under another name \(--study "one" /,
  );
  // As if it had been cut short between the two.
  t.is((await study(folder, 'delete', 'front', '--yes')).code, 0);
  const rest = await study(folder, 'import', journal);
  t.is(rest.code, 0, rest.stderr);
  t.regex(rest.stdout, /^There already, with the same trials: one\.\n\n.*\n─+\n front +5 .*\n\n.*\nImported into/);
  t.regex((await study(folder, 'import', journal, '--name', 'x')).stderr, /expected one study for --name, found 2\./);
  t.is((await study(folder, 'import', journal, '--study', 'fro', '--name', 'front-2')).code, 0);

  const params = '{"x":1,"rate":0.1,"drop":0.1,"units":8,"mode":null}';
  const added = await study(folder, 'add', 'one', '--params', params, '--value', '0.25');
  t.is(added.stdout, `Added to study "one" as trial 6: ${params}.\n`);
  t.is(
    (await study(folder, 'add', 'one', '--params', '{"x":1}', '--value', '1')).stderr,
    'Expected a value of each parameter of the study, got none of `rate`: add it.\n',
  );
  t.is(
    (await study(folder, 'add', 'one', '--params', params, '--value', '1,2')).stderr,
    'Expected --value with one number, since the study has 1 objective, got 2.\n',
  );
  t.is(
    (await study(folder, 'copy', 'one', '--name', 'two')).stdout,
    'Copied 7 trials of study "one" to study "two" in runs/studies.db.\n',
  );
  t.is(
    (await study(folder, 'copy', 'one')).stderr,
    'Expected a name for the study that is made, got none. Add --name NAME.\n',
  );
  const notes = new Notes(join(folder, 'runs'));
  await notes.keep({ kind: 'study', id: 'two', text: 'mine', tags: ['try'] });
  t.is((await study(folder, 'rename', 'two', '--name', 'three')).stdout, 'Study "two" is called "three" now.\n');
  t.deepEqual((await notes.read()).notes, [{ kind: 'study', id: 'three', text: 'mine', tags: ['try'] }]);
  await study(folder, 'add', 'three', '--params', params, '--value', '0.5');
  t.is(
    (await study(folder, 'merge', 'one', 'three', '--name', 'all')).stdout,
    'Study "all" has the trials of "one", and 1 more trial of the others. 6 trials of copies were there already.\n',
  );
  t.is(
    (await study(folder, 'merge', 'one', 'one', '--name', 'no')).stderr,
    'Expected two or more different studies to merge, got "one" 2 times. Name another one too.\n',
  );
  t.regex(
    (await study(folder, 'merge', 'one', 'front', '--name', 'no')).stderr,
    /^Expected a part of one study's name|cannot be merged/,
  );
  t.is(
    (await study(folder, 'replay', 'all')).stdout,
    'Replayed study "all": 0 suggestions and 0 prunings of 0 finished trials, all the same to the digit; ' +
      '7 trials came from elsewhere with their results.\n',
  );
});

test.serial('study and its commands have help with examples', async (t) => {
  // Commander prints help to the standard output of the process.
  const folder = await temporaryFolder(t);
  const { code, stdout } = await run(folder, ['study', '--help']);
  t.is(code, 0);
  for (const name of ['list', 'show', 'best', 'trials', 'export', 'delete']) {
    t.regex(stdout, new RegExp(`\\n {2}${name} \\[options\\]`));
  }
  const help = await run(folder, ['study', 'export', '--help']);
  t.regex(help.stdout, /^Usage: npm run study -- export \[options\] \[study\]\n/);
  t.regex(help.stdout, /\nExamples:\n {2}npm run study -- export swa --out swa\.csv/);
});

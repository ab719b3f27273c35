import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { processObjective } from '../../search/programs/process.ts';
import { threadObjective } from '../../search/programs/thread.ts';
import { openStudy } from '../../search/open-study.ts';
import { optimize, type OptimizeOptions, type Objective } from '../../search/optimize.ts';
import type { Study } from '../../search/study.ts';
import { failureOf } from '../../search/frozen-trial.ts';
import { runIn } from '../cli/in-process.ts';

let folder = '';
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objectives-'));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

const space = { x: { kind: 'float', low: -5, high: 5 } } as const;

async function run(objective: Objective, options: OptimizeOptions, more = {}): Promise<Study> {
  const study = await openStudy({ name: 's', direction: 'minimize', sampler: 'random', space, ...more });
  await optimize(study, objective, options);
  return study;
}

/** A program of Node that reads the parameters as `params`; its standard input is `input`, line by line. */
const program = (source: string): string[] => [
  process.execPath,
  '-e',
  `const lines = require('node:readline').createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  const say = (message) => console.log(JSON.stringify(message));
  (async () => { const { trial, params } = await next(); ${source}; process.exit(); })();`,
];

test('a program gets its parameters and tells its value as lines of JSON, several at once', async (t) => {
  const logged: string[] = [];
  const objective = processObjective(
    program(`console.log('hello'); say({ attributes: { seen: trial } }); say({ value: (params.x - 2) ** 2 })`),
    { onLog: (number, line) => void logged.push(`${number} ${line}`) },
  );
  const { trials } = await run(objective, { trials: 3, workers: 3 });
  for (const { number, value, params, userAttributes } of trials) {
    t.is(value, (Number(params.x) - 2) ** 2);
    t.deepEqual(userAttributes, { seen: number });
  }
  t.deepEqual(logged.toSorted(), ['0 hello', '1 hello', '2 hello']);
});

test('a program reports on its way and is told whether to prune', async (t) => {
  const objective = processObjective(
    program(
      'say({ report: 1 }); const a = await next(); say({ report: NaN }); if (!(await next()).prune) say({ value: a.prune ? 1 : 0 })',
    ),
  );
  const isLast = { pruner: () => (context: { step: number }) => context.step === 1 };
  const pruned = await run(objective, { trials: 1 }, { pruner: isLast.pruner() });
  t.is(pruned.trials[0].state, 'PRUNED');
  t.deepEqual(pruned.trials[0].intermediateValues, { 0: 1, 1: NaN });
  t.is((await run(objective, { trials: 1 })).trials[0].value, 0);
});

test('a program that fails fails its trial with the reason, and the search goes on', async (t) => {
  const cases: [source: string, reason: RegExp][] = [
    [`console.error('no memory'); process.exit(3)`, /^the program ended with exit code 3: no memory$/],
    [`process.kill(process.pid, 'SIGKILL')`, /^the program was ended by SIGKILL$/],
    ['', /^the program wrote no value: expected a line such as {"value": 0.5}$/],
    [`say({ valeu: 1 })`, /^the program wrote "{"valeu":1}": expected a message such as/],
    [`say({ report: 'a' })`, /^Expected `value` to be a number, got the text "a"/],
    [`say({ fail: 'no data' })`, /^no data$/],
    [`console.log('{"value": NaN}')`, /^the objective returned NaN: the run diverged$/],
    [`console.log('{"value": -Infinity}')`, /^the objective returned -Infinity: the run diverged$/],
    [`console.log('{"value": 1, "value": }')`, /^the program wrote .* expected a message such as/],
    [`console.log('inf')`, /^the objective returned Infinity: the run diverged$/],
    [`console.log('-Infinity')`, /^the objective returned -Infinity: the run diverged$/],
    [`console.log('nan')`, /^the objective returned NaN: the run diverged$/],
  ];
  const objectives = cases.map(([source]) => processObjective(program(source)));
  const study = await run((trial, signal) => objectives[trial.number](trial, signal), {
    trials: cases.length,
    workers: 4,
  });
  for (const [i, [, reason]] of cases.entries()) {
    t.is(study.trials[i].state, 'FAIL');
    t.regex(failureOf(study.trials[i])!, reason);
  }
});

test('a program that cannot be started ends the search', async (t) => {
  for (const command of [[join(folder, 'missing')], join(folder, 'missing')]) {
    for (const maxRetries of [0, 3]) {
      const searching = run(processObjective(command), { trials: 2, maxRetries });
      const error = await t.throwsAsync(searching, { instanceOf: UserError });
      t.regex(error.message, /^Expected a program that can be started, got ".*missing" \(.*\). Name another one.$/);
    }
  }
  t.throws(() => processObjective([]), { instanceOf: RangeError });
});

test('parameters can be arguments, quoted for the shell', async (t) => {
  const choices = { c: { kind: 'categorical', choices: [`a 'b' $x`] } } as const;
  const told: string[] = [];
  const onLog = (_: number, line: string): void => void told.push(line);
  await run(
    processObjective('echo text {c} {{d}} ${HOME:+$HOME} {1..2}; echo 1', { onLog }),
    { trials: 1 },
    { space: choices },
  );
  await run(processObjective(['echo', 'text', '{c}'], { onLog }), { trials: 1 }, { space: choices });
  t.regex(told[0], /^text a 'b' \$x \{d\} \S* (\{1\.\.2\}|1 2)$/);
  t.is(told[1], `text a 'b' $x`);
});

test('a name in braces that is no parameter is refused', async (t) => {
  const message = 'Unknown parameter {y} in the program. Known: {x}. Write {{y}} for the text {y} itself.';
  for (const command of ['echo {y}', ['echo', '{x}', '--rate={y}']]) {
    await t.throwsAsync(run(processObjective(command), { trials: 1 }), { instanceOf: UserError, message });
  }
  const words = ['study', 'optimize', 'echo {y}', '--space', JSON.stringify(space)];
  const { code, stderr } = await runIn(folder, [...words, '-q']);
  t.is(code, 2);
  t.is(stderr, `${message}\n`);
  t.notRegex((await runIn(folder, ['study', 'list'])).stdout, /echo/);
});

test('an objective in a thread may be named by its path', async (t) => {
  const file = join(folder, 'one.mjs');
  await writeFile(file, 'export default () => 1;');
  for (const module of [relative(process.cwd(), file), file, pathToFileURL(file).href]) {
    t.is((await run(threadObjective(module), { trials: 1 })).trials[0].value, 1);
  }
  t.throws(() => threadObjective(5 as never), {
    instanceOf: TypeError,
    message: 'Expected `module` to be the path or the URL of a module, got 5.',
  });
});

test('what blocks ends with the search: a program with all that it has started, and a thread', async (t) => {
  const file = join(folder, 'blocks.mjs');
  await writeFile(file, 'export default (trial) => { trial.report(1, 0); trial.shouldPrune(); for (;;); }');
  const begun = new AbortController();
  const { signal } = begun;
  const onLog = (): void => begun.abort();
  const blocked = [processObjective('sleep 100 & echo begun; wait', { onLog }), threadObjective(pathToFileURL(file))];
  for (const objective of blocked) {
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort());
    const pruner = (): boolean => {
      stop.abort();
      return false;
    };
    const study = await openStudy({ name: 's', direction: 'minimize', sampler: 'random', space, pruner });
    t.is((await optimize(study, objective, { trials: 1, signal: stop.signal })).stopped, 'aborted');
    t.is(study.trials[0].state, 'WAITING');
  }
});

test('an objective in a thread has the trial that it has elsewhere, and may block', async (t) => {
  const file = join(folder, 'objective.mjs');
  await writeFile(
    file,
    `export default async (trial) => {
      if (trial.number === 1) throw new TypeError('no');
      if (trial.number === 2) process.exit(1);
      if (trial.number === 3) return trial.suggestFloat('y', 0, 1);
      const x = trial.suggestFloat('x', -5, 5);
      trial.report(x, 0);
      trial.setUserAttribute('x', trial.params.x);
      return trial.shouldPrune() ? { state: 'PRUNED' } : x;
    };`,
  );
  const objective = threadObjective(pathToFileURL(file));
  const study = await run(
    objective,
    { trials: 5, workers: 2, catch: [TypeError, Error], maxRetries: 0 },
    {
      pruner: ({ trial }: { trial: { number: number } }) => trial.number === 4,
    },
  );
  t.is(study.trials[0].value, study.trials[0].params.x as number);
  t.deepEqual(study.trials[0].userAttributes, { x: study.trials[0].value! });
  t.deepEqual(
    study.trials.map(({ state }) => state),
    ['COMPLETE', 'FAIL', 'FAIL', 'FAIL', 'PRUNED'],
  );
  t.deepEqual(study.trials.slice(1, 4).map(failureOf), [
    'TypeError: no',
    'the thread of the objective ended without an outcome',
    'Error: Unknown parameter `y`: the search space of the study has x.',
  ]);
});

const hasPython = spawnSync('python3', ['--version']).status === 0;
(hasPython ? test.serial : test.serial.skip)('the Python example of the documentation runs', async (t) => {
  const page = await readFile(join(import.meta.dirname, '../../docs/any-program.md'), 'utf8');
  const [, source] = /```python\n([^]*?)```/.exec(page)!;
  const [, json] = /```json\n([^]*?)```/.exec(page)!;
  await writeFile(join(folder, 'objective.py'), source);
  await writeFile(join(folder, 'space.json'), json);
  const words = [
    'study',
    'optimize',
    'python3 objective.py',
    '--space',
    'space.json',
    '--trials',
    '4',
    '--workers',
    '2',
  ];
  const { code, stdout, stderr } = await runIn(folder, [...words, '--pruner', 'median', '--json']);
  t.is(code, 0, stderr);
  const { trials, best } = JSON.parse(stdout);
  t.is(trials.complete + (trials.pruned ?? 0), 4);
  t.true(best.value < 60, `${best.value}`);
});

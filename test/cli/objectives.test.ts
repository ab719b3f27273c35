/** What commands show of studies with several objectives and constraints. */
import test from 'ava';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits, measuresIn, objectiveNames } from '../../cli/search-options.ts';
import { frontTables, searchTable } from '../../cli/search-tables.ts';
import { openStudy } from '../../search/open-study.ts';
import type { SearchOutcome } from '../../tuning/index.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { runIn } from './in-process.ts';

let folder = '';
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'front-'));
  const study = await openStudy({
    storage: join(folder, 'runs/studies.db'),
    name: 'front',
    directions: ['maximize', 'minimize'],
    metricNames: ['accuracy', 'seconds'],
    space: { learningRate: { kind: 'float', low: 0, high: 1 } },
    sampler: 'random',
  });
  for (const [accuracy, seconds, missed] of [
    [0.9, 10, 0],
    [0.8, 20, 0],
    [0.7, 5, 0],
    [0.99, 99, 39],
  ]) {
    const trial = await study.ask();
    trial.setConstraint('seconds<=60', missed);
    await study.tell(trial, [accuracy, seconds]);
  }
  await study.tell(await study.ask(), { state: 'FAIL', reason: 'diverged' });
  await study.close();
  await writeSyntheticDigits(join(folder, 'digits'), { train: 200, test: 100 });
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

test.serial('study show prints the front as a table, and its trials as JSON', async (t) => {
  const { code, stdout, stderr } = await runIn(folder, ['study', 'show']);
  t.is(code, 0, stderr);
  t.regex(stdout, /^front\nmaximize accuracy, minimize seconds, seed 0, sampler random/);
  t.regex(stdout, /\nFront, .*\n trial +accuracy +seconds +learningRate\s*\n─+\n +0 +0\.9 +10 .*\n +2 +0\.7 +5 /);
  t.false(stdout.includes('99'), stdout);
  const { front, best } = JSON.parse((await runIn(folder, ['study', 'show', '--json'])).stdout);
  t.deepEqual(
    front.map(({ number, values }: { number: number; values: number[] }) => [number, values]),
    [
      [0, [0.9, 10]],
      [2, [0.7, 5]],
    ],
  );
  t.is(best.number, 0);
});

test.serial('study trials has a column for each objective, and says what a trial misses', async (t) => {
  const { stdout } = await runIn(folder, ['study', 'trials', '--sort', 'value']);
  t.regex(stdout, / trial +state +accuracy +seconds +misses +learningRate/);
  t.regex(stdout, /\n +0 .*\n +1 .*\n +2 .*\n +3 +complete +0\.99 +99 +seconds<=60 .*\n +4 +failed/);
});

test.serial('study best takes the best score of the front, or the trial that is named', async (t) => {
  const best = async (...words: string[]) => runIn(folder, ['study', 'best', '--json', ...words]);
  t.is(JSON.parse((await best()).stdout).number, 0);
  t.deepEqual(JSON.parse((await best('--trial', '3')).stdout).values, [0.99, 99]);
  const refused = await best('--trial', '4');
  t.is(refused.code, 2);
  t.regex(refused.stderr, /Study "front": expected trial 4 to be complete, found one that is failed\./);
  t.regex((await best('--trial', '5')).stderr, /expected trial 5 to be complete, found the trials 0 to 4\./);
});

test.serial('a study of several objectives is listed, replayed and exported', async (t) => {
  const { studies } = JSON.parse((await runIn(folder, ['study', 'list', '--json'])).stdout);
  t.deepEqual(studies[0].directions, ['maximize', 'minimize']);
  t.regex((await runIn(folder, ['study', 'replay'])).stdout, /5 suggestions .* all the same to the digit/);
  t.regex((await runIn(folder, ['study', 'export'])).stdout, /^number,values_accuracy,values_seconds,/);
});

test('objectives begin with the score, and bounds have a name, a sign and a number', (t) => {
  t.deepEqual(measuresIn(objectiveNames('accuracy, seconds,weights', '--objective'), 'accuracy'), [
    'seconds',
    'weights',
  ]);
  t.deepEqual(measuresIn(objectiveNames('log-loss', '--objective'), 'log-loss'), []);
  const known = 'accuracy, the score of this competition, and then some of seconds, weights';
  for (const names of ['seconds', 'seconds,accuracy', 'log-loss,seconds', 'accuracy,log-loss']) {
    t.throws(() => measuresIn(objectiveNames(names, '--objective'), 'accuracy'), {
      message: `Expected --objective to be ${known}, got "${names}".`,
    });
  }
  t.throws(() => objectiveNames('accuracy,speed', '--objective'), { message: /^Unknown objective "speed"\. Known: / });
  t.throws(() => objectiveNames('seconds,seconds', '--objective'), { message: /once after --objective/ });
  t.deepEqual(
    limits('seconds<=60, weights<=5e3', '--constraint').map(({ text }) => text),
    ['seconds<=60', 'weights<=5000'],
  );
  for (const text of ['seconds<60', 'seconds', '<=3', 'seconds<=', 'seconds<=x', 'seconds<=1e999']) {
    t.throws(() => limits(text, '--constraint'), {
      message: /^Expected --constraint as a name, <= or >=, and a number/,
    });
  }
  t.throws(() => limits('accuracy>=0.9,seconds<=60,seconds>=70', '--constraint'), {
    message: 'Expected --constraint to be bounds that can be kept together, got seconds<=60 and seconds>=70.',
  });
  t.is(limits('seconds<=60,seconds>=60', '--constraint').length, 2);
  t.throws(() => limits('constructor<=3', '--constraint'), {
    message: /^Unknown measure "constructor"\. Known: seconds, /,
  });
});

test('the front of a search stands below its table', (t) => {
  const outcome = {
    trials: { complete: 2, pruned: 0, failed: 0 },
    best: { number: 1, value: 0.9, params: { momentum: 0.5 } },
    objectives: ['accuracy', 'seconds'],
    front: [{ number: 1, values: [0.9, 12.5], params: { momentum: 0.5 } }],
    seconds: 3,
  } as unknown as SearchOutcome;
  t.regex(searchTable({ plain: outcome }), / plain +2 complete +90\.00 % /);
  t.regex(
    frontTables({ plain: outcome })[0],
    /^Front of plain, .*:\n trial +accuracy +seconds +momentum\s*\n─+\n +1 +90\.00 % +12\.5 +0\.5/,
  );
  t.deepEqual(frontTables({ plain: { ...outcome, front: undefined } }), []);
});

test.serial('a pruner or a sampler that knows one objective is refused before anything is trained', async (t) => {
  const words = [
    'search',
    '--competition',
    'synthetic-digits',
    '--data-dir',
    'digits',
    '--objective',
    'accuracy,seconds',
  ];
  for (const [more, sentence] of [
    [['--pruner', 'median'], /^Expected --pruner none with several objectives, got "median": .* Leave it out\.\n$/],
    [['--terminator'], /^Expected no --terminator with several objectives, .* Use --patience-trials\.\n$/],
    [['--sampler', 'cma-es'], /^The sampler cma-es knows one objective, not 2\. Use one of auto, .*\n$/],
  ] as const) {
    const { code, stderr } = await runIn(folder, [...words, '-q', ...more]);
    t.is(code, 2, stderr);
    t.regex(stderr, sentence);
  }
});

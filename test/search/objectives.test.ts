/** Studies of several objectives, and of constraints. */
import { isFeasible } from '../../numerics/constraints.ts';
import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { bestSoFar } from '../../search/analysis/history.ts';
import type { SearchSpace } from '../../search/distributions.ts';
import { exporters } from '../../search/export/index.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { normalAt } from '../../numerics/normal.ts';
import { uniformStream } from '../../numerics/random.ts';
import { improvementOver } from '../../search/samplers/gp/joint.ts';
import { hypervolume } from '../../numerics/hypervolume.ts';
import { openStudy, type StudyOptions } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';
import { bestByFronts, bestTrialsOf, dominates, frontsOf, leastCrowdedFirst } from '../../search/pareto.ts';
import { readStudy } from '../../search/read-study.ts';
import { replayStudy } from '../../search/replay.ts';
import { samplers, type SamplerName } from '../../search/samplers/index.ts';
import { weighedBest } from '../../search/samplers/tpe-fronts.ts';
import type { Study } from '../../search/study.ts';
import { StudyError } from '../../search/study-error.ts';
import type { Trial } from '../../search/trial.ts';

/** The standard error of the mean of so many draws is below 1 %. */
const DRAWS = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'wide-optima-objectives-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const unit = (count: number): SearchSpace =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, { kind: 'float', low: 0, high: 1 }]));

/** Two objectives over some numbers: the front is where all but the first are 0. Zitzler et al. 2000. */
function zdt1({ params }: Trial): number[] {
  const [x, ...others] = Object.values(params).map(Number);
  const g = 1 + (9 * others.reduce((sum, one) => sum + one, 0)) / others.length;
  return [x, g * (1 - Math.sqrt(x / g))];
}

const open = (options: Partial<StudyOptions> = {}): Promise<Study> =>
  openStudy({ name: 'front', directions: ['minimize', 'minimize'], sampler: 'random', space: unit(3), ...options });

test('a point dominates what is no better anywhere and worse somewhere', (t) => {
  t.true(dominates([1, 2], [1, 3]));
  t.false(dominates([1, 2], [1, 2]));
  t.false(dominates([1, 3], [2, 2]));
  t.deepEqual(
    frontsOf([
      [2, 2],
      [1, 3],
      [3, 3],
      [3, 1],
      [4, 4],
      [1, 3],
    ]),
    [[0, 1, 3, 5], [2], [4]],
  );
  t.deepEqual(
    frontsOf(
      [
        [2, 2],
        [1, 3],
        [3, 3],
      ],
      1,
    ),
    [[0, 1]],
  );
  t.deepEqual(frontsOf([]), []);
});

test('the ends of a front come first, then what has the most room', (t) => {
  const points = [
    [0, 10],
    [1, 9],
    [2, 8],
    [7, 3],
    [10, 0],
  ];
  t.deepEqual(leastCrowdedFirst(points, [0, 1, 2, 3, 4]), [0, 4, 3, 2, 1]);
});

test('a study of several objectives keeps its values, and its best trials are the front', async (t) => {
  const study = await open({ directions: ['minimize', 'maximize'], metricNames: ['loss', 'gain'] });
  const given = [
    [1, 1],
    [2, 2],
    [2, 1],
    [0, NaN],
    [3, 3],
  ];
  const { bestTrial } = await optimize(study, ({ number }) => given[number], { trials: 5 });
  t.deepEqual(
    study.bestTrials.map(({ number, value, values }) => [number, value, values]),
    [
      [0, 1, [1, 1]],
      [1, 2, [2, 2]],
      [4, 3, [3, 3]],
    ],
  );
  t.is(bestTrial, null);
  t.is(study.trials[3].state, 'FAIL');
  t.is(study.trials[3].userAttributes.failure, 'the objective returned NaN as value 2 of 2: the run diverged');
  t.throws(() => study.bestTrial, {
    instanceOf: StudyError,
    message: 'Study "front" has 2 objectives, and so no single best trial: use `bestTrials`, the Pareto front.',
  });
  await study.close();
});

test('what is wrong with several objectives is said in a sentence', async (t) => {
  const refusals: [Partial<StudyOptions>, string][] = [
    [{ direction: 'minimize' }, 'Expected `direction` or `directions`, got both: give one of them.'],
    [{ directions: [] }, 'Expected `directions` to be a list of maximize and minimize, got [].'],
    [{ directions: undefined }, 'Expected direction maximize or minimize, got undefined.'],
    [{ directions: ['minimize', 'up' as 'minimize'] }, 'Expected direction maximize or minimize, got the text "up".'],
    [{ metricNames: ['a', 'a'] }, 'Expected `metricNames` to be 2 different names, got ["a","a"].'],
    [
      { pruner: 'median' },
      'Expected no `pruner` with several objectives, where it is open which of two running trials is better: leave it out.',
    ],
    [
      { sampler: 'cma-es' },
      'The sampler cma-es knows one objective, not 2. Use one of auto, grid, qmc, random, tpe, tpe-joint, gp, nsga-ii.',
    ],
  ];
  for (const [options, message] of refusals) {
    await t.throwsAsync(open(options), { instanceOf: RangeError, message });
  }
  const study = await open();
  const trial = await study.ask();
  await t.throwsAsync(study.tell(trial, 1), {
    message:
      "Expected the outcome of a trial to be an array of 2 numbers, { state: 'PRUNED' } or " +
      "{ state: 'FAIL', reason: 'why' }, got 1.",
  });
  await t.throwsAsync(study.tell(trial, [1, 2, 3]), {
    message: /^Expected .* an array of 2 numbers, .* got \[1,2,3\]\.$/,
  });
  trial.report(1, 0);
  t.throws(() => trial.shouldPrune(), {
    instanceOf: StudyError,
    message: 'Expected one objective for pruning: which of two trials is better is open with several.',
  });
  await study.tell(trial, [1, 2]);
  await study.close();
  const one = await openStudy({ name: 'one', directions: ['minimize'] });
  t.is((await one.tell(await one.ask(), 1)).value, 1);
  t.is(one.bestTrial?.number, 0);
  t.is(one.definition.directions, undefined);
  await one.close();
});

test('a stored front goes on, is read, and is not taken for another study', async (t) => {
  const storage = join(folder, 'front.db');
  const study = await open({ storage, metricNames: ['a', 'b'] });
  await optimize(
    study,
    (trial) => {
      trial.setConstraint('room', trial.number - 2);
      return zdt1(trial);
    },
    { trials: 5 },
  );
  const { trials } = study;
  await study.close();
  const read = await readStudy(storage, 'front');
  t.deepEqual(read.trials, trials);
  t.deepEqual(read.definition.directions, ['minimize', 'minimize']);
  t.deepEqual(
    trials.map(({ constraints }) => constraints?.room),
    [-2, -1, 0, 1, 2],
  );
  await t.throwsAsync(open({ storage, directions: ['minimize', 'maximize'], metricNames: ['a', 'b'] }), {
    message:
      /was made with directions minimize, minimize of a, b, not directions minimize, maximize of a, b: use the same/,
  });
  await t.throwsAsync(openStudy({ storage, name: 'front', direction: 'minimize', space: unit(3) }), {
    message: /was made with directions minimize, minimize of a, b, not direction minimize: use the same/,
  });
  const again = await open({ storage, metricNames: ['a', 'b'] });
  t.deepEqual(again.bestTrials, bestTrialsOf(trials.slice(0, 3), again.definition));
  await again.close();
});

test('exports have a column for each objective and constraint, and Optuna finds the front', async (t) => {
  const study = await open({ metricNames: ['loss', 'time'], space: undefined });
  await study.tell(await study.ask(), [1, 2]);
  const second = await study.ask();
  second.setConstraint('room', NaN);
  await study.tell(second, [0, 0]);
  const { definition, trials } = study;
  const snapshot = { definition, trials, bestTrial: trials[0] };
  const [head, , row] = exporters.csv(snapshot).split('\n');
  t.regex(head, /^number,values_loss,values_time,.*,constraints_room,/);
  t.regex(row, /^1,0,0,.*,NaN,/);
  t.deepEqual(JSON.parse(exporters.json(snapshot)).bestTrials, [0]);
  const lines = exporters['optuna-journal'](snapshot).trim().split('\n');
  t.deepEqual(JSON.parse(lines[0]).directions, [1, 1]);
  t.deepEqual(JSON.parse(lines[1]).system_attr, { 'study:metric_names': ['loss', 'time'] });
  const { value, values, system_attrs: attributes } = JSON.parse(lines[lines.length - 1]);
  t.deepEqual([value, values, attributes], [null, [0, 0], { constraints: [Number.MAX_VALUE] }]);
  await study.close();
});

test('a trial that misses a constraint is never the best, nor the best so far, and dominates no feasible one', async (t) => {
  const study = await openStudy({ name: 'constrained', direction: 'minimize', sampler: 'random', space: unit(1) });
  const told: [number, number][] = [
    [5, 0],
    [1, 0.1],
    [4, -3],
    [0, NaN],
    [2, 7],
  ];
  for (const [value, room] of told) {
    const trial = await study.ask();
    trial.setConstraint('room', room);
    await study.tell(trial, value);
  }
  t.is(study.bestTrial?.number, 2);
  t.deepEqual(
    bestSoFar(study).map(({ number, best }) => [number, best]),
    [
      [0, 5],
      [2, 4],
    ],
  );
  t.deepEqual(
    study.bestTrials.map(({ number }) => number),
    [2],
  );
  t.deepEqual(
    bestByFronts(study.trials, ['minimize'], 5).map(({ number }) => number),
    [2, 0, 1, 4, 3],
  );
  const trial = await study.ask();
  t.throws(() => trial.setConstraint('__proto__', 1), {
    message: 'Expected another name for a constraint, got "__proto__".',
  });
  t.throws(() => trial.setConstraint('', 1), { instanceOf: RangeError });
  t.throws(() => trial.setConstraint('a', '1' as unknown as number), { instanceOf: TypeError });
  trial.setConstraint('a', -Infinity);
  trial.setConstraint('b', Infinity);
  t.deepEqual(trial.freeze().constraints, { a: -Number.MAX_VALUE, b: NaN });
  await study.close();
});

test('pruners take no trial that misses a constraint for a measure', async (t) => {
  let peers: readonly FrozenTrial[] = [];
  const study = await openStudy({
    name: 'peers',
    direction: 'maximize',
    sampler: 'random',
    pruner: ({ history }) => {
      peers = history;
      return false;
    },
  });
  await optimize(
    study,
    (trial) => {
      trial.report(1, 0);
      trial.shouldPrune();
      trial.setConstraint('room', trial.number % 2);
      return 1;
    },
    { trials: 4 },
  );
  t.deepEqual(
    peers.map(({ number }) => number),
    [0, 2],
  );
  await study.close();
});

const several = (Object.keys(samplers) as SamplerName[]).filter((name) => name !== 'cma-es');

for (const sampler of several) {
  test(`a front searched by ${sampler} with free workers is drawn again from its record`, async (t) => {
    const space: SearchSpace = {
      x: { kind: 'float', low: 0, high: 1 },
      n: { kind: 'int', low: 0, high: 30 },
      c: { kind: 'categorical', choices: ['a', 'b', 'c'] },
    };
    const study = await open({ sampler, space, seed: 3 });
    await optimize(
      study,
      async (trial) => {
        const { x, n, c } = trial.params;
        await Promise.resolve();
        trial.setConstraint('n', Number(n) - 25);
        if (trial.number % 9 === 8) return { state: 'FAIL', reason: 'crash' };
        return [Number(x) + (c === 'a' ? 0 : 1), 1 - Number(x) + Number(n) / 30];
      },
      { trials: 40, workers: 4 },
    );
    const { definition, trials } = study;
    const { differences, suggestions } = replayStudy({ definition, trials, bestTrial: null });
    t.deepEqual(differences, []);
    t.is(suggestions, 120);
    await study.close();
  });
}

test('tpe takes whole fronts, then what dominates most, then what misses its constraints by least', async (t) => {
  const study = await open({ space: undefined });
  const told: [number[], number][] = [
    [[0, 3], 0],
    [[1, 1], 0],
    [[3, 0], -1],
    [[2, 2], 0],
    [[0, 0], 2],
    [[0, 0], 1],
  ];
  for (const [values, missed] of told) {
    const trial = await study.ask();
    trial.setConstraint('c', missed);
    await study.tell(trial, values);
  }
  const weights = (count: number): [number, number][] =>
    [...weighedBest(study.trials, ['minimize', 'minimize'], count)].map(([{ number }, weight]) => [number, weight]);
  t.deepEqual(weights(1), [[1, 1]]);
  // Beyond the worst by a tenth of the range, 3.3, each adds what no other dominates: 0.3, 4 and 0.3.
  t.deepEqual(
    weights(3).map(([number, weight]) => [number, Math.round(1e6 * weight) / 1e6]),
    [
      [0, 0.075],
      [1, 1],
      [2, 0.075],
    ],
  );
  t.deepEqual(weights(5).slice(4), [[5, 1e-12]]);
  t.deepEqual(
    weights(9).map(([number]) => number),
    [0, 1, 2, 3, 5, 4],
  );
  await study.close();
});

test('nsga-ii and tpe find larger fronts than chance', async (t) => {
  const volumes = async (sampler: SamplerName): Promise<number> => {
    const study = await open({ sampler, space: unit(6), seed: 1 });
    await optimize(study, zdt1, { trials: 100 });
    const { bestTrials } = study;
    await study.close();
    return hypervolume(
      bestTrials.map(({ values }) => values!),
      [11, 11],
    );
  };
  const chance = await volumes('random');
  t.true((await volumes('nsga-ii')) > chance + 2);
  t.true((await volumes('tpe')) > chance + 5);
});

test('the expected improvement of the hypervolume is the mean of improvements that are drawn', (t) => {
  const front = [
    [0, 1],
    [0.4, 0.5],
    [1, 0],
  ];
  // A tenth of the range beyond the worst.
  const reference = [1.1, 1.1];
  const before = hypervolume(front, reference);
  const random = uniformStream([1]);
  for (const [first, second] of [
    [
      { mean: 0.3, deviation: 0.2 },
      { mean: 0.6, deviation: 0.3 },
    ],
    [
      { mean: -0.2, deviation: 0.1 },
      { mean: 1, deviation: 0.2 },
    ],
  ]) {
    let sum = 0;
    for (let i = 0; i < DRAWS; i++) {
      const drawn = [first, second].map(({ mean, deviation }) => mean + deviation * normalAt(random()));
      sum += hypervolume([...front, drawn], reference) - before;
    }
    const expected = Math.exp(improvementOver(front, 2)([first, second]));
    t.true(Math.abs(sum / DRAWS / expected - 1) < 0.05, `${sum / DRAWS} and ${expected}`);
  }
});

test('gp learns where constraints are kept, and finds the best on their border', async (t) => {
  const study = await openStudy({ name: 'disc', direction: 'minimize', sampler: 'gp', seed: 1, space: unit(2) });
  await optimize(
    study,
    (trial) => {
      const [x, y] = Object.values(trial.params).map(Number);
      // NaN where nothing can be found out; the least value that is allowed is 0.3, at (0.5, 0).
      trial.setConstraint('disc', x > 0.9 ? NaN : 0.25 - x * x - y * y);
      return x * 0.6 + y * 0.8;
    },
    { trials: 30 },
  );
  t.true(study.bestTrial!.value! < 0.33, String(study.bestTrial!.value));
  t.true(study.trials.slice(15).filter((trial) => isFeasible(trial)).length >= 5);
  await study.close();
});

test('nsga-ii names parameters on the way, and takes none from a parent that has another range', async (t) => {
  const study = await open({ sampler: 'nsga-ii', space: undefined });
  await optimize(
    study,
    (trial) => {
      const x = trial.suggestFloat('x', 0, 1 + trial.number);
      const y = x > 1 ? trial.suggestInt('y', 1, 3) : trial.suggestCategorical('z', [1, 2]);
      return [x, y];
    },
    { trials: 40 },
  );
  t.is(study.trials.filter(({ state }) => state === 'COMPLETE').length, 40);
  await study.close();
});

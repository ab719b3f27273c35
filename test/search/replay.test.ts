import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { optimize, type Objective } from '../../search/optimize.ts';
import { pruners, type PrunerName } from '../../search/pruners/index.ts';
import { replayStudy } from '../../search/replay.ts';
import { samplers, type SamplerName } from '../../search/samplers/index.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { readStudy, type StudySnapshot } from '../../search/read-study.ts';
import { openStudy, type StudyOptions } from '../../search/open-study.ts';
import type { SearchSpace } from '../../search/distributions.ts';
import type { Trial } from '../../search/trial.ts';

const folder = mkdtempSync(join(tmpdir(), 'replay-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const space: SearchSpace = {
  x: { kind: 'float', low: -5, high: 5 },
  n: { kind: 'int', low: 1, high: 6 },
  mode: { kind: 'categorical', choices: ['plain', 'swa'] },
};
const shape = { folds: 2, stepsPerFold: 2 };

/** Trials end in an order of chance: at each report others go on. */
function wandering(seed: number, isFree: boolean): Objective {
  const random = xoroshiro128plus(seed);
  return async (trial) => {
    const x = isFree ? trial.suggestFloat('x', -5, 5) : Number(trial.params.x);
    const pause = async (): Promise<void> => {
      for (let turns = uniformInt(random, 0, 6); turns > 0; turns -= 1) await setImmediate();
    };
    await pause();
    const n = isFree ? trial.suggestInt('n', 1, 6) : Number(trial.params.n);
    for (let step = 0; step < 4; step += 1) {
      trial.report((x - 1) ** 2 + n / 10 + 1 / (step + 1), step);
      await pause();
      if (trial.shouldPrune()) return { state: 'PRUNED' };
    }
    const isPlain = isFree && n > 3 && trial.suggestCategorical('mode', ['plain', 'swa']) === 'plain';
    return n === 6 ? NaN : (x - 1) ** 2 + n / 10 + Number(isPlain);
  };
}

async function run(seed: number, options: Partial<StudyOptions>, trials = 50): Promise<StudySnapshot> {
  const storage = options.storage ?? memoryStorage();
  const study = await openStudy({ name: 's', direction: 'minimize', shape, storage, ...options });
  await study.enqueueTrial({ x: 0.1 + 0.2 });
  await optimize(study, wandering(seed, options.space === undefined), { trials, workers: 6 });
  await study.close();
  return readStudy(storage, 's');
}

const sees = ({ trials }: StudySnapshot): number[][] =>
  trials.map(({ seen }) => [seen?.count ?? -1, ...(seen?.running ?? [])]);

for (const sampler of Object.keys(samplers) as SamplerName[]) {
  // A grid has no real numbers without steps.
  const searched: SearchSpace =
    sampler === 'grid' ? { ...space, x: { kind: 'float', low: -5, high: 5, step: 0.5 } } : space;
  test(`a study of ${sampler} whose workers ran freely is replayed from its record to the digit`, async (t) => {
    const studies = [await run(1, { sampler, space: searched }), await run(2, { sampler, space: searched })];
    t.notDeepEqual(sees(studies[0]), sees(studies[1]), 'the trials saw others');
    for (const study of studies) {
      const { trials, suggestions, differences } = replayStudy(study, { shape });
      t.deepEqual(differences, []);
      t.deepEqual([trials, suggestions], [50, 149]);
    }
  });
}

for (const pruner of Object.keys(pruners) as PrunerName[]) {
  test(`so are the prunings of ${pruner}`, async (t) => {
    const study = await run(3, { sampler: 'random', pruner, space });
    const { prunings, differences } = replayStudy(study, { shape });
    t.deepEqual(differences, []);
    t.is(prunings > 0, pruner !== 'none' && pruner !== 'wilcoxon');
  });
}

test('so are parameters that the objective names on the way, which running trials see of each other', async (t) => {
  for (const sampler of ['tpe', 'auto', 'cma-es'] as const) {
    const study = await run(4, { sampler });
    t.deepEqual(replayStudy(study).differences, []);
    t.true(study.trials.some(({ seen }) => seen?.known?.some((names) => names.length === 1)));
  }
});

test('a study with a lag is replayed too, and one that is from before trials said what they saw', async (t) => {
  const study = await run(5, { lag: 'growing', space, storage: join(folder, 'studies.db') });
  t.deepEqual(replayStudy(study).differences, []);
  const trials = study.trials.map(({ seen: _seen, ...trial }) => trial);
  const { differences } = replayStudy({ ...study, trials });
  t.deepEqual(differences, [{ trial: 0, parameter: 'x', recorded: 0.1 + 0.2, replayed: differences[0].replayed }]);
});

test('what was changed in a record is named', async (t) => {
  const study = await run(6, { sampler: 'tpe', pruner: 'folds', space });
  const n = (Number(study.trials[7].params.n) % 6) + 1;
  const trials = study.trials.map((trial) =>
    trial.number === 7 ? { ...trial, params: { ...trial.params, n } } : trial,
  );
  const { differences } = replayStudy({ ...study, trials }, { shape });
  t.like(differences[0], { trial: 7, parameter: 'n', recorded: n });
});

test('a sampler of the user’s own cannot be replayed', async (t) => {
  const study = await run(
    7,
    {
      sampler:
        () =>
        (_name, { kind }) =>
          kind === 'float' ? 0.5 : 2,
    },
    3,
  );
  t.throws(() => replayStudy(study), {
    message: 'Study "s" has a custom sampler, which its record does not contain.',
  });
});

test('ranges, sampler, pruner and lag of a study may change, and all of it is replayed', async (t) => {
  const storage = memoryStorage();
  const said: string[] = [];
  const wide: SearchSpace = { x: { kind: 'float', low: 0, high: 8 }, c: { kind: 'categorical', choices: ['a', 'b'] } };
  const narrow: SearchSpace = {
    x: { kind: 'float', low: 2, high: 4 },
    c: { kind: 'categorical', choices: ['b', 'd'] },
  };
  const options = { storage, name: 's', direction: 'minimize', onChange: (one: string) => said.push(one) } as const;
  const objective = (trial: Trial): number | { state: 'PRUNED' } => {
    const value = Math.abs(Number(trial.params.x) - 3);
    trial.report(value, 0);
    return trial.shouldPrune() ? { state: 'PRUNED' } : value;
  };
  const first = await openStudy({ ...options, space: wide, sampler: 'tpe', pruner: 'median' });
  await optimize(first, objective, { trials: 25 });
  const waiting = await first.ask();
  waiting.report(100, 0);
  await first.close();
  const second = await openStudy({ ...options, space: narrow, sampler: 'gp', pruner: 'none', lag: 1 });
  t.deepEqual(said, [
    'Study "s" goes on with sampler gp in place of tpe, pruner none in place of median, lag 1 in place of none, ' +
      '`x` as float [2, 4] in place of float [0, 8], `c` as categorical ["b","d"] in place of categorical ["a","b"].',
  ]);
  // The trial that waited keeps its values and its pruner.
  await optimize(
    second,
    (trial) =>
      trial.number === 25 ? (trial.report(100, 0), trial.shouldPrune() ? { state: 'PRUNED' } : 7) : objective(trial),
    { trials: 40 },
  );
  t.deepEqual([second.trials[25].state, second.trials[25].params], ['PRUNED', waiting.params]);
  for (const { params } of second.trials.slice(26)) {
    t.true(Number(params.x) >= 2 && Number(params.x) <= 4 && params.c !== 'a');
  }
  t.true(second.trials.some(({ params }) => params.c === 'd'));
  await second.close();
  const again = await openStudy({ storage, name: 's' });
  t.is(said.length, 1);
  const { definition, trials, bestTrial } = again;
  t.deepEqual([definition.sampler, definition.earlier?.length], ['gp', 1]);
  t.deepEqual(replayStudy({ definition, trials, bestTrial }).differences, []);
  await again.close();
});

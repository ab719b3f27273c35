import test from 'ava';
import { functions } from '../../bench/functions.ts';
import { contains, parseSpace, type SearchSpace } from '../../search/distributions.ts';
import { optimize } from '../../search/optimize.ts';
import { samplerByName, type SamplerName, samplers } from '../../search/samplers/index.ts';
import { tpeSampler } from '../../search/samplers/tpe.ts';
import { openStudy } from '../../search/open-study.ts';
import { type FrozenTrial, valuesOf } from '../../search/frozen-trial.ts';
import { replayStudy } from '../../search/replay.ts';
import { openStorage } from '../../search/storage/index.ts';
import type { Trial } from '../../search/trial.ts';

const space = parseSpace({
  rate: { kind: 'float', low: 1e-5, high: 1, log: true },
  momentum: { kind: 'float', low: 0, high: 0.99 },
  drop: { kind: 'float', low: 0, high: 0.5, step: 0.1 },
  patience: { kind: 'int', low: 1, high: 9, step: 4 },
  units: { kind: 'int', low: 1, high: 256, log: true },
  huge: { kind: 'int', low: 0, high: 2 ** 52 },
  pooling: { kind: 'categorical', choices: ['max', 'mean', null, false] },
  fixed: { kind: 'float', low: 3, high: 3 },
});

async function runTrials(sampler: SamplerName, seed: number, trials: number): Promise<readonly FrozenTrial[]> {
  const study = await openStudy({ name: 's', direction: 'minimize', seed, sampler, space });
  await optimize(study, ({ params }) => Math.log(Number(params.rate)) ** 2 + Number(params.patience), { trials });
  await study.close();
  return study.trials;
}

for (const name of Object.keys(samplers) as SamplerName[]) {
  test(`${name} suggests values of their distributions only, and all choices`, async (t) => {
    // Twice, since a sampler may leave a corner out that does not matter.
    const trials = [...(await runTrials(name, 1, 60)), ...(await runTrials(name, 2, 60))];
    for (const { params } of trials) {
      t.deepEqual(Object.keys(params), Object.keys(space));
      for (const [parameter, value] of Object.entries(params)) t.true(contains(space[parameter], value), parameter);
    }
    for (const [parameter, count] of [
      ['drop', 6],
      ['patience', 3],
      ['pooling', 4],
      ['fixed', 1],
    ] as const) {
      t.is(new Set(trials.map(({ params }) => params[parameter])).size, count, parameter);
    }
  });

  test(`${name} gives the same study for the same seed and another one for another`, async (t) => {
    const params = async (seed: number): Promise<unknown> =>
      (await runTrials(name, seed, 15)).map((trial) => trial.params);
    t.deepEqual(await params(1), await params(1));
    t.notDeepEqual(await params(1), await params(2));
  });
}

test('random draws follow their distributions', async (t) => {
  const trials = await runTrials('random', 3, 2000);
  // Five standard errors of a share of one half in 2,000 draws.
  const tolerance = 5 * Math.sqrt(0.25 / 2000);
  const share = (of: (trial: FrozenTrial) => boolean): number => trials.filter(of).length / trials.length;
  t.true(Math.abs(share(({ params }) => Number(params.rate) < Math.sqrt(1e-5)) - 0.5) < tolerance);
  t.true(Math.abs(share(({ params }) => Number(params.momentum) < 0.495) - 0.5) < tolerance);
  // The ends of a grid are as likely as the rest.
  t.true(Math.abs(share(({ params }) => params.patience === 1) - 1 / 3) < tolerance);
  t.true(Math.abs(share(({ params }) => params.drop === 0.5) - 1 / 6) < tolerance);
  const one = Math.log(1.5 / 0.5) / Math.log(256.5 / 0.5);
  t.true(Math.abs(share(({ params }) => params.units === 1) - one) < tolerance);
});

/** Median over seeds of the best of 60 trials. */
async function medianBest(name: keyof typeof functions, sampler: SamplerName): Promise<number> {
  const bests: number[] = [];
  for (const seed of [1, 2, 3, 4, 5, 6, 7]) {
    const study = await openStudy({ name, direction: 'minimize', seed, sampler, space: functions[name].space });
    await optimize(study, ({ params }) => functions[name].evaluate(params), { trials: 60 });
    bests.push(study.bestTrial?.value ?? Infinity);
    await study.close();
  }
  return bests.toSorted((a, b) => a - b)[3];
}

for (const name of ['sphere4', 'mixed4'] as const) {
  test(`tpe, single and joint, finds less than two thirds of the best random value of ${name}`, async (t) => {
    const limit = (await medianBest(name, 'random')) * (2 / 3);
    t.true((await medianBest(name, 'tpe')) < limit);
    t.true((await medianBest(name, 'tpe-joint')) < limit);
  });
}

test('tpe and gp turn away from where trials diverge', async (t) => {
  for (const sampler of ['tpe', 'tpe-joint', 'gp'] as const) {
    const study = await openStudy({ name: 's', direction: 'minimize', sampler });
    const objective = (x: number): number => (x > 0 ? NaN : x + 10);
    await optimize(study, (trial) => objective(trial.suggestFloat('x', -10, 10)), { trials: 60 });
    const late = study.trials.slice(20).filter(({ state }) => state === 'FAIL');
    t.true(late.length <= 4, `${sampler}: ${late.length} of 40 late trials diverged`);
    t.true((study.bestTrial?.value ?? Infinity) < 0.5);
    await study.close();
  }
});

test('gp comes near an edge behind which trials crash, also with a constraint and with several objectives', async (t) => {
  const nearest = async (kind: 'plain' | 'constraint' | 'objectives'): Promise<number> => {
    const directed =
      kind === 'objectives'
        ? ({ directions: ['minimize', 'minimize'] } as const)
        : ({ direction: 'minimize' } as const);
    const study = await openStudy({ name: 's', ...directed, sampler: 'gp', seed: 2 });
    await optimize(
      study,
      (trial) => {
        const [x, y] = [trial.suggestFloat('x', 0, 1), trial.suggestFloat('y', 0, 1)];
        if (kind === 'constraint') trial.setConstraint('y', y - 0.9);
        const room = 0.7 - x - 0.3 * y;
        if (room < 0) return { state: 'FAIL', reason: 'crash' };
        return kind === 'objectives' ? [room, y] : room;
      },
      { trials: 50 },
    );
    const values = study.trials.flatMap((trial) => valuesOf(trial)?.[0] ?? []);
    await study.close();
    return Math.min(...values);
  };
  for (const kind of ['plain', 'constraint', 'objectives'] as const) {
    const room = await nearest(kind);
    t.true(room < 1e-3, `${kind}: ${room}`);
  }
});

test('samplers that learn do so from a parameter that only some trials have', async (t) => {
  for (const sampler of ['tpe', 'tpe-joint', 'gp', 'cma-es'] as const) {
    const study = await openStudy({ name: 's', direction: 'maximize', sampler });
    const result = await optimize(
      study,
      (trial) => {
        if (trial.suggestCategorical('kind', ['a', 'b']) === 'a') return -10;
        return -((trial.suggestFloat('x', -10, 10) - 3) ** 2);
      },
      { trials: 60 },
    );
    t.true((result.bestTrial?.value ?? -Infinity) > -0.5);
    await study.close();
  }
});

test('unknown samplers and senseless options are refused', (t) => {
  t.throws(() => samplerByName('annealing'), {
    instanceOf: RangeError,
    message: `Unknown sampler "annealing". Known: ${Object.keys(samplers).join(', ')}.`,
  });
  t.throws(() => tpeSampler({ candidates: 0 }), {
    instanceOf: RangeError,
    message: 'Expected `candidates` to be an integer from 1, got 0.',
  });
});

// Points that were tried: when they are suggested again, and when a search has tried all.
/** 24 points. */
const discrete: SearchSpace = {
  kind: { kind: 'categorical', choices: ['a', 'b', 'c'] },
  size: { kind: 'int', low: 1, high: 4 },
  share: { kind: 'float', low: 0, high: 0.5, step: 0.5 },
  one: { kind: 'int', low: 7, high: 7 },
};
const size = 24;

const bowl = ({ params }: Pick<Trial, 'params'>): number =>
  (Number(params.size) - 3) ** 2 + Number(params.share) + ['b', 'a', 'c'].indexOf(String(params.kind));

const pointsOf = (trials: readonly Pick<Trial, 'params'>[]): number =>
  new Set(trials.map(({ params }) => JSON.stringify(params))).size;

for (const sampler of Object.keys(samplers) as SamplerName[]) {
  test(`${sampler} tries all points of a discrete space and repeats one`, async (t) => {
    const study = await openStudy({ name: 'all', direction: 'minimize', space: discrete, sampler });
    const { stopped, finishedCount, earlyStop } = await optimize(study, bowl, { trials: 2 * size, workers: 3 });
    t.deepEqual([stopped, pointsOf(study.trials)], ['early', size]);
    t.is(earlyStop?.reason, 'every point of the search space was tried, and a repeated one gave the same again');
    // Workers that began before the repetition had ended may have repeated others, after the last point.
    t.true(finishedCount > size && finishedCount <= size + 3);
    const { definition, trials, bestTrial } = study;
    t.deepEqual(replayStudy({ definition, trials, bestTrial }).differences, []);
    await study.close();
  });
}

test('a trial that is enqueued in part completes a point that was not tried, as long as there is one', async (t) => {
  for (const sampler of Object.keys(samplers) as SamplerName[]) {
    const study = await openStudy({ name: 'partly', direction: 'minimize', space: discrete, sampler, seed: 3 });
    // One repetition shows that the objective gives the same again.
    for (const share of [0, 0]) await study.enqueueTrial({ kind: 'a', size: 1, share });
    for (let i = 0; i < 8; i++) await study.enqueueTrial({ kind: 'b' });
    await optimize(study, bowl, { trials: 10 });
    const completed = study.trials.slice(2);
    t.deepEqual([pointsOf(completed), new Set(completed.map(({ params }) => params.kind)).size], [8, 1], sampler);
    // Everything of this kind is tried: the next one repeats.
    await study.enqueueTrial({ kind: 'b' });
    await optimize(study, bowl, { trials: 11 });
    t.is(study.trials[10].params.kind, 'b');
    const { definition, trials, bestTrial } = study;
    t.deepEqual(replayStudy({ definition, trials, bestTrial }).differences, [], sampler);
    await study.close();
  }
});

test('under noise a search repeats points, and has all of its trials', async (t) => {
  const study = await openStudy({ name: 'noisy', direction: 'minimize', space: discrete, sampler: 'gp' });
  const { stopped } = await optimize(study, (trial) => bowl(trial) + (trial.number % 7) / 10, { trials: 40 });
  t.is(stopped, 'finished');
  t.true(pointsOf(study.trials) < size);
  await study.close();
});

test('a repeated trial that was pruned at another step shows no noise, and one with another report does', async (t) => {
  const tiny: SearchSpace = { x: { kind: 'int', low: 1, high: 3 } };
  for (const [report, stopped] of [
    [() => 1, 'early'],
    [(trial: Trial) => trial.number, 'finished'],
  ] as const) {
    const study = await openStudy({ name: 'pruned', direction: 'minimize', space: tiny, sampler: 'random' });
    const objective = (trial: Trial): { state: 'PRUNED' } => {
      for (let step = 0; step <= trial.number; step++) trial.report(report(trial), step);
      return { state: 'PRUNED' };
    };
    t.is((await optimize(study, objective, { trials: 12 })).stopped, stopped);
    await study.close();
  }
});

test('a search with a waiting trial runs it, also if it repeats another one', async (t) => {
  const storage = await openStorage(':memory:');
  const tiny: SearchSpace = { x: { kind: 'int', low: 1, high: 2 } };
  const study = await openStudy({ storage, name: 'waiting', direction: 'minimize', space: tiny, sampler: 'random' });
  for (const x of [1, 2, 1, 2, 2]) await study.enqueueTrial({ x });
  const { finishedCount, stopped } = await optimize(study, ({ params }) => Number(params.x), { trials: 9 });
  t.deepEqual([finishedCount, stopped], [5, 'early']);
  await study.close();
});

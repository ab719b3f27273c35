import test from 'ava';
import { functions } from '../../bench/functions.ts';
import { contains, parseSpace } from '../../search/distributions.ts';
import { optimize } from '../../search/optimize.ts';
import { samplerByName, samplers } from '../../search/samplers/index.ts';
import type { SamplerName } from '../../search/samplers/index.ts';
import { tpeSampler } from '../../search/samplers/tpe.ts';
import { openStudy } from '../../search/open-study.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';

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

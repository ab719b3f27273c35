import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Params, SearchSpace } from '../../search/distributions.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { openStudy, type StudyOptions } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';
import type { Prior } from '../../search/prior.ts';
import { readStudy } from '../../search/read-study.ts';
import { replayStudy } from '../../search/replay.ts';
import type { Sampler } from '../../search/samplers/sampler.ts';
import { learn } from '../../search/samplers/gp/learn.ts';
import { trendOf } from '../../search/samplers/gp/prior-trend.ts';
import { priorWeight } from '../../search/samplers/tpe-prior.ts';
import { axesOf } from '../../search/samplers/unit-cube.ts';
import { openStorage } from '../../search/storage/index.ts';
import type { Study } from '../../search/study.ts';

const folder = mkdtempSync(join(tmpdir(), 'prior-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const space: SearchSpace = {
  x: { kind: 'float', low: -5, high: 5 },
  y: { kind: 'float', low: -5, high: 5 },
};
const bowl = ({ x, y }: Params): number => (Number(x) - 1.7) ** 2 + (Number(y) + 2.9) ** 2;
const shifted = ({ x, y }: Params): number => 40 * bowl({ x: Number(x) + 0.3, y: Number(y) - 0.2 }) + 7;

async function searched(options: Partial<StudyOptions> = {}, f = bowl, trials = 30): Promise<Study> {
  const study = await openStudy({ name: 'other', direction: 'minimize', sampler: 'random', space, ...options });
  await optimize(study, ({ params }) => f(params), { trials });
  return study;
}

const priorOf = ({ definition, trials }: Study): Prior => ({
  study: definition.name,
  direction: definition.direction,
  trials: trials.map(({ params, value }) => ({ params, value: value! })),
});

const similar = searched({ seed: 9, sampler: 'gp' }, shifted);

for (const sampler of ['gp', 'tpe', 'tpe-joint', 'auto'] as const) {
  test(`${sampler} with a study of a similar function as its prior is ahead of itself without one`, async (t) => {
    const prior = await similar;
    let ahead = 0;
    for (let seed = 0; seed < 4; seed += 1) {
      const own = { name: 'own', seed, sampler };
      const [one, other] = [await searched({ ...own, prior }, bowl, 8), await searched(own, bowl, 8)];
      ahead += Number(one.bestTrial!.value! < other.bestTrial!.value!);
    }
    t.true(ahead >= 3, `${ahead} of 4`);
  });

  test(`a study of ${sampler} is replayed to the digit when its prior has changed and is deleted`, async (t) => {
    const storage = await openStorage(join(folder, `${sampler}.db`));
    await (await searched({ storage }, shifted)).close();
    const own = { name: 'own', direction: 'minimize', sampler, space, storage } as const;
    const told: string[] = [];
    const first = await openStudy({ ...own, prior: 'other', onChange: (sentence) => told.push(sentence) });
    await optimize(first, ({ params }) => bowl(params), { trials: 8, workers: 3 });
    await first.close();
    t.deepEqual(told, ['Study "own" learns from 30 trials of "other" too, by x, y.']);
    const copy = first.definition.prior;
    await (await searched({ storage }, shifted, 33)).close();
    await storage.deleteStudy('other');
    // Named again, as the same command does, and not named: the copy stays.
    for (const [trials, prior] of [
      [16, 'other'],
      [24, undefined],
    ] as const) {
      const again = await openStudy({ ...own, prior });
      t.deepEqual(again.definition.prior, copy);
      await optimize(again, ({ params }) => bowl(params), { trials, workers: 3 });
      await again.close();
    }
    const study = await readStudy(storage, 'own');
    await storage.close();
    const { trials, differences } = replayStudy(study);
    t.deepEqual([trials, differences], [24, []]);
    const { prior: _, ...without } = study.definition;
    t.not(replayStudy({ ...study, definition: without }).differences.length, 0, 'the prior decided something');
  });
}

test('a study that goes on with a prior remembers which trials were drawn without it', async (t) => {
  const storage = await openStorage(join(folder, 'later.db'));
  const prior = await searched();
  const gp = { storage, name: 'own', sampler: 'gp' } as const;
  await (await searched(gp, bowl, 12)).close();
  const told: string[] = [];
  const onChange = (sentence: string): void => void told.push(sentence);
  await (await searched({ ...gp, prior, onChange }, bowl, 20)).close();
  const study = await readStudy(storage, 'own');
  await storage.close();
  t.is(told[0], 'Study "own" goes on with a prior from "other" in place of none.');
  t.is(study.definition.earlier?.[0].prior, undefined);
  t.deepEqual(replayStudy(study).differences, []);
});

for (const sampler of ['gp', 'tpe', 'tpe-joint', 'auto'] as const) {
  test(`a study of ${sampler} with the seed of its prior draws other points than the prior had`, async (t) => {
    const first = await searched({ sampler });
    const pointsOf = ({ trials }: Study): string[] => trials.slice(0, 10).map(({ params }) => JSON.stringify(params));
    const known = new Set(pointsOf(first));
    const own = { name: 'own', sampler };
    const same = await searched({ ...own, prior: first }, bowl, 10);
    t.deepEqual(
      pointsOf(same).filter((point) => known.has(point)),
      [],
    );
    // The prior of a prior had that seed too.
    const third = await searched({ name: 'third', sampler, prior: same }, bowl, 10);
    t.deepEqual(
      pointsOf(third).filter((point) => known.has(point) || pointsOf(same).includes(point)),
      [],
    );
    // A copy that an earlier version made says no seed: its study goes on as it was drawn.
    const { seed: _, ...old } = same.definition.prior!;
    const storage = await openStorage(':memory:');
    await storage.addStudy({ ...same.definition, prior: old }, []);
    const goesOn = await searched({ ...own, storage }, bowl, 10);
    t.deepEqual(
      [1, 3, 5, 7, 9].map((number) => pointsOf(goesOn)[number]).filter((point) => !known.has(point)),
      [],
    );
    const { definition, trials, bestTrial } = same;
    t.deepEqual(replayStudy({ definition, trials, bestTrial }).differences, []);
  });
}

test('parameters and trials that only one of the studies has are said', async (t) => {
  const prior = await searched({ space: { ...space, z: { kind: 'int', low: 1, high: 3 } } });
  const told: string[] = [];
  await searched(
    {
      name: 'own',
      sampler: 'gp',
      prior,
      space: { x: { kind: 'float', low: 1, high: 2 }, w: { kind: 'float', low: 0, high: 1 } },
      onChange: (sentence) => told.push(sentence),
    },
    ({ x, w }) => Number(x) + Number(w),
    12,
  );
  const outside = prior.trials.filter(({ params }) => Number(params.x) < 1 || Number(params.x) > 2).length;
  t.deepEqual(told, [
    `Study "own" learns from 30 trials of "other" too, by x; ${outside} of them lie outside of the search space and do ` +
      'not count; they say nothing of w; their y, z are left out.',
  ]);
});

test('a prior that tells nothing is refused, and leaves no study', async (t) => {
  const storage = await openStorage(join(folder, 'refused.db'));
  const prior = await searched({ storage });
  const own = { name: 'own', direction: 'minimize', sampler: 'gp', space, storage } as const;
  const refused = async (options: Partial<StudyOptions>, message: RegExp): Promise<void> =>
    void (await t.throwsAsync(openStudy({ ...own, ...options }), { name: 'StudyError', message }));
  await refused({ prior: 'nothing' }, /There is no study "nothing"/);
  await refused({ prior: 'own' }, /Expected another study as the prior of "own", got itself/);
  await refused({ prior, sampler: 'random' }, /Expected a sampler that learns from a prior \(auto, tpe.*got random/);
  await refused({ prior, space: { z: space.x } }, /they have no parameter in common/);
  const far = { ...space, x: { kind: 'float', low: 50, high: 60 } } as const;
  await refused({ prior, space: far }, /none of its trials lies in the search space/);
  await refused(
    { prior, direction: undefined, directions: ['minimize', 'minimize'] },
    /Expected one objective beside a prior, got several/,
  );
  await refused({ prior: { definition: prior.definition, trials: [] } }, /found none in study "other"/);
  t.deepEqual(
    (await storage.listStudies()).map(({ name }) => name),
    ['other'],
  );
  await prior.close();
  await storage.close();
});

test('a copy has the best and the newest 100 trials, and a sampler of one’s own sees them', async (t) => {
  const prior = await searched({ sampler: 'random' }, bowl, 130);
  let seen: Prior | undefined;
  const sampler: Sampler = (context) => {
    seen = context.prior;
    return () => 0;
  };
  const study = await searched({ name: 'own', prior, sampler }, bowl, 1);
  t.is(seen, study.definition.prior);
  const values = prior.trials.map(({ value }) => value!);
  const best = values.toSorted((a, b) => a - b).slice(0, 50);
  t.is(seen!.trials.length, 100);
  t.true(best.every((value) => seen!.trials.some((trial) => trial.value === value)));
  t.true(values.slice(-50).every((value) => seen!.trials.some((trial) => trial.value === value)));
});

test('the weight of the trend is near 1 where it fits and 0 where it is the opposite', async (t) => {
  const axes = axesOf(space);
  const trend = trendOf(priorOf(await searched()), axes)!;
  const points = Array.from({ length: 12 }, (_, i) => Float64Array.of((i * 0.37) % 1, (i * 0.61) % 1));
  const ratio = (sign: number): number => {
    const observed = points.map((point) => sign * bowl({ x: 10 * point[0] - 5, y: 10 * point[1] - 5 }));
    const learnt = learn(points, observed, [false, false], trend).trend!;
    return (learnt.at(points[1]) - learnt.at(points[0])) / (trend.at(points[1]) - trend.at(points[0]));
  };
  // The trend has about the deviation of the values, which are in units of theirs.
  t.true(ratio(1) > 0.5 && ratio(1) < 2, `${ratio(1)}`);
  t.is(Math.abs(ratio(-1)), 0);
});

test('TPE weighs a prior by how many trials there are and how well it ranks them', async (t) => {
  const prior = priorOf(await searched());
  const history = (await searched({ sampler: 'random', seed: 5 }, bowl, 20)).trials;
  const opposite = history.map((trial): FrozenTrial => ({ ...trial, value: -trial.value! }));
  const weight = (trials: readonly FrozenTrial[]): number => priorWeight(prior, trials, space, 'minimize');
  t.is(weight([]), 1);
  t.true(weight(history) > 0.4 && weight(history) <= 0.5, `${weight(history)}`);
  t.is(weight(opposite), 0);
  t.is(weight([...history, ...history]), 0);
});

/** Points that were tried: when they are suggested again, and when a search has tried all. */
import test from 'ava';
import type { SearchSpace } from '../../search/distributions.ts';
import { openStudy } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';
import { replayStudy } from '../../search/replay.ts';
import { samplers, type SamplerName } from '../../search/samplers/index.ts';
import { openStorage } from '../../search/storage/index.ts';
import type { Trial } from '../../search/trial.ts';

/** 24 points. */
const space: SearchSpace = {
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
    const study = await openStudy({ name: 'all', direction: 'minimize', space, sampler });
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

test('under noise a search repeats points, and has all of its trials', async (t) => {
  const study = await openStudy({ name: 'noisy', direction: 'minimize', space, sampler: 'gp' });
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

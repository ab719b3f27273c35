import test from 'ava';
import { contour } from '../../search/analysis/contour.ts';
import { bestSoFar } from '../../search/analysis/history.ts';
import { slice } from '../../search/analysis/slice.ts';
import { surrogateSlices, surrogateTask } from '../../search/analysis/surrogate.ts';
import type { SearchSpace } from '../../search/distributions.ts';
import { StudyError } from '../../search/study-error.ts';
import { snapshot, unitTrials } from './snapshot.ts';

/** Largest error for a smooth function without noise after 40 trials. Its values lie between 3 and 9. */
const NEAR_TRUTH = 0.1;

const space: SearchSpace = {
  rate: { kind: 'float', low: 1e-2, high: 1, log: true },
  mode: { kind: 'categorical', choices: ['a', null] },
};
const told = [
  { params: { rate: 0.1, mode: 'a' }, outcome: 3 },
  { params: { rate: 0.2, mode: null }, outcome: 'FAIL' },
  { params: { rate: 1, mode: null }, outcome: 5 },
  { params: { rate: 0.5 }, outcome: 2 },
  { params: { rate: 0.02, mode: 'a' }, outcome: 'PRUNED' },
  { params: { rate: 0.3, mode: null }, outcome: 2.5 },
] as const;

test('the best value so far follows the direction, over complete trials', (t) => {
  for (const [direction, bests] of [
    ['minimize', [3, 3, 2, 2]],
    ['maximize', [3, 5, 5, 5]],
  ] as const) {
    const history = bestSoFar(snapshot(space, told, direction));
    t.deepEqual(
      history.map(({ best }) => best),
      [...bests],
    );
    t.deepEqual(
      history.map(({ number, value }) => [number, value]),
      [
        [0, 3],
        [2, 5],
        [3, 2],
        [5, 2.5],
      ],
    );
  }
  t.deepEqual(bestSoFar(snapshot(space, [])), []);
});

test('a slice has the complete trials that have the parameter', (t) => {
  const { distribution, points } = slice(snapshot(space, told), 'mode');
  t.deepEqual(distribution, space.mode);
  t.deepEqual(points, [
    { number: 0, x: 'a', value: 3 },
    { number: 2, x: null, value: 5 },
    { number: 5, x: null, value: 2.5 },
  ]);
  t.throws(() => slice(snapshot(space, told), 'momentum'), {
    instanceOf: StudyError,
    message: 'Expected a complete trial with `momentum` in study "s", found none. Known: rate, mode.',
  });
});

test('a contour has the trials that have both parameters, and a surface over its ticks', (t) => {
  const { x, y, points, surface } = contour(snapshot(space, told), 'rate', 'mode');
  t.deepEqual(points, [
    { number: 0, x: 0.1, y: 'a', value: 3 },
    { number: 2, x: 1, y: null, value: 5 },
    { number: 5, x: 0.3, y: null, value: 2.5 },
  ]);
  t.deepEqual(y.ticks, ['a', null]);
  t.is(x.ticks.length, 3);
  t.true(x.ticks.every((tick) => Number(tick) > 0.01 && Number(tick) < 1));
  t.deepEqual(
    surface.map((row) => row.length),
    [3, 3],
  );
  t.true(surface.flat().every((value) => value >= 2.5 && value <= 5));
});

test('the surface of a contour follows the function that was measured', (t) => {
  const evaluate = (x: number, y: number): number => (x - 0.3) ** 2 + y;
  const study = unitTrials(['x', 'y', 'other'], 300, (params) => evaluate(params.x, params.y));
  const { x, y, surface } = contour(study, 'x', 'y');
  const errors = surface.flatMap((row, i) =>
    row.map((value, j) => Math.abs(value - evaluate(Number(x.ticks[j]), Number(y.ticks[i])))),
  );
  // The function spans 1.49; a forest of 300 points is off by .03 on average.
  t.true(errors.reduce((sum, error) => sum + error, 0) / errors.length < 0.06);
});

test('along each parameter a model predicts what the trials say, the others as in the best trial', (t) => {
  const truth = ({ x, y }: Record<string, number>): number => 3 + 10 * (x - 0.3) ** 2 + y;
  for (const [direction, sign] of [
    ['minimize', 1],
    ['maximize', -1],
  ] as const) {
    const study = unitTrials(['x', 'y'], 40, (params) => sign * truth(params), direction);
    const y = Number(study.bestTrial!.params.y);
    const slices = surrogateSlices(surrogateTask(study)!);
    t.deepEqual(
      slices.map(({ parameter }) => parameter),
      ['x', 'y'],
    );
    for (const { x, mean, low, high } of slices[0].points) {
      t.true(low < mean && mean < high);
      t.true(Math.abs(mean - sign * truth({ x: Number(x), y })) < NEAR_TRUTH, `${x}: ${mean}`);
    }
  }
});

test('a model says nothing of a study with few trials', (t) => {
  t.is(surrogateTask(unitTrials(['x'], 9, ({ x }) => x)), null);
});

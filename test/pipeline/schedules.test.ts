import test from 'ava';
import { join, type Schedule } from '../../pipeline/schedule.ts';
import { constant } from '../../pipeline/schedules/constant.ts';
import { cosine, cosineRestarts } from '../../pipeline/schedules/cosine.ts';
import { exponential } from '../../pipeline/schedules/exponential.ts';
import { fgeTriangle } from '../../pipeline/schedules/fge-triangle.ts';
import { createSchedule, type ScheduleName, schedules } from '../../pipeline/schedules/index.ts';
import { linear } from '../../pipeline/schedules/linear.ts';
import { oneCycle } from '../../pipeline/schedules/one-cycle.ts';
import { plateau } from '../../pipeline/schedules/plateau.ts';
import { sawtooth } from '../../pipeline/schedules/sawtooth.ts';
import { multiStep } from '../../pipeline/schedules/multi-step.ts';
import { step } from '../../pipeline/schedules/step.ts';
import { expRange, triangular, triangular2 } from '../../pipeline/schedules/triangular.ts';
import { warmUp } from '../../pipeline/schedules/warm-up.ts';

const clock = { epochs: 4, stepsPerEpoch: 10 };

/** What a double loses in a few operations: rates are compared as decimals of so many digits. */
const DIGITS = 12;
const rates = (schedule: Schedule, steps: readonly number[]): number[] =>
  steps.map((i) => Number(schedule.rate(i).toFixed(DIGITS)));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const rounded = (values: readonly number[]): number[] => values.map((value) => Number(value.toFixed(DIGITS)));

test('a plateau of patience 2 halves the rate after the second epoch without a better score', (t) => {
  const schedule = plateau({ learningRate: 0.8, patience: 2, onPlateau: 'lower' });
  const seen = [0.5, 0.6, 0.6, 0.59, 0.7, 0.7, 0.7].map((score, epoch) => {
    schedule.observe?.(score, epoch);
    return schedule.rate(0);
  });
  t.deepEqual(seen, [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]);
});

test('a plateau that goes on halves the rate again after as many epochs', (t) => {
  const schedule = plateau({ learningRate: 0.8, patience: 2, onPlateau: 'lower' });
  const seen = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5].map((score, epoch) => {
    schedule.observe?.(score, epoch);
    return schedule.rate(0);
  });
  t.deepEqual(seen, [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]);
});

test('a plateau can stop the training or be ignored', (t) => {
  const stopping = plateau({ learningRate: 1, patience: 1, onPlateau: 'stop' });
  t.deepEqual(
    [0.1, 0.2, 0.2].map((score, epoch) => stopping.observe?.(score, epoch)),
    [true, true, false],
  );
  const deaf = plateau({ learningRate: 1, patience: 1, onPlateau: 'ignore' });
  t.deepEqual(
    [0.2, 0.1, 0.1].map((score, epoch) => deaf.observe?.(score, epoch)),
    [true, true, true],
  );
  t.is(deaf.rate(0), 1);
});

test('step decay falls by its factor after every so many steps', (t) => {
  t.deepEqual(rates(step(0.8, 0.1, 3), upTo(8)), [0.8, 0.8, 0.8, 0.08, 0.08, 0.08, 0.008, 0.008]);
});

test('a multi-step schedule falls by its factor at each milestone; by its name at a half and three quarters', (t) => {
  t.deepEqual(rates(multiStep(0.8, 0.1, [2, 5]), upTo(7)), [0.8, 0.8, 0.08, 0.08, 0.08, 0.008, 0.008]);
  const named = createSchedule({ ...options, schedule: 'multi-step', warmUpEpochs: 0 }, clock);
  t.deepEqual(rates(named, [0, 19, 20, 29, 30, 39]), [0.4, 0.4, 0.04, 0.04, 0.004, 0.004]);
});

test('exponential decay falls by its factor over so many steps, evenly', (t) => {
  const schedule = exponential(2, 0.25, 10);
  t.deepEqual(rates(schedule, [0, 5, 10, 20]), [2, 1, 0.5, 0.125]);
  t.deepEqual(rates(schedule, upTo(30)), rounded(upTo(30).map((i) => 2 * 0.25 ** (i / 10))));
});

test('linear decay stays high for one half, then falls straight to its bottom, which it keeps for a tenth', (t) => {
  t.deepEqual(rates(linear(1, 0.2, 20), [0, 10, 14, 18, 19, 25]), [1, 1, 0.6, 0.2, 0.2, 0.2]);
});

test('cosine annealing follows half a cosine and stays at its bottom', (t) => {
  const expected = upTo(8).map((i) => 0.1 + 0.45 * (1 + Math.cos((Math.PI * i) / 8)));
  t.deepEqual(rates(cosine(1, 0.1, 8), upTo(8)), rounded(expected));
  t.deepEqual(rates(cosine(1, 0.1, 8), [4, 8, 9]), [0.55, 0.1, 0.1]);
});

test('snapshot restarts follow ½ η (1 + cos(π mod(i, T) / T)), lowest at the end of every cycle', (t) => {
  const expected = upTo(21).map((i) => 0.1 * (1 + Math.cos((Math.PI * (i % 7)) / 7)));
  t.deepEqual(rates(cosineRestarts(0.2, 0, 7), upTo(21)), rounded(expected));
  const minima = upTo(20).filter((i) => expected[i] < expected[i + 1]);
  t.deepEqual(minima, [6, 13]);
});

test('warm-up multiplies the first rates by even steps up to 1', (t) => {
  t.deepEqual(rates(warmUp(constant(0.8), 4), upTo(6)), [0.2, 0.4, 0.6, 0.8, 0.8, 0.8]);
});

test('one cycle rises from its bottom to its top, falls as far, and ends at a hundredth of the bottom', (t) => {
  // 40 steps: 18 up, 18 down, 4 for the last fall.
  const schedule = oneCycle(1, 0.1, clock);
  t.deepEqual(rates(schedule, [0, 9, 18, 27, 35, 39]), [0.1, 0.55, 1, 0.55, 0.15, 0.001]);
});

test('triangular cycles rise and fall on straight lines', (t) => {
  const schedule = triangular({ bottom: 1, top: 3, halfCycle: 2 });
  t.deepEqual(rates(schedule, upTo(9)), [1, 2, 3, 2, 1, 2, 3, 2, 1]);
});

test('triangular2 halves the height of every cycle', (t) => {
  const schedule = triangular2({ bottom: 1, top: 5, halfCycle: 2 });
  t.deepEqual(rates(schedule, upTo(11)), [1, 3, 5, 3, 1, 2, 3, 2, 1, 1.5, 2]);
});

test('exp_range shrinks the triangle by gamma with every step', (t) => {
  const gamma = 0.99994; // of the paper's implementation
  const schedule = expRange({ bottom: 1e-3, top: 6e-3, halfCycle: 2000 }, gamma);
  const x = (i: number): number => Math.max(0, 1 - Math.abs(i / 2000 - 2 * Math.floor(i / 4000) - 1));
  const steps = [0, 500, 2000, 3000, 6000, 17_000];
  t.deepEqual(rates(schedule, steps), rounded(steps.map((i) => 1e-3 + 5e-3 * x(i) * gamma ** i)));
});

test('the sawtooth falls linearly to its bottom at the end of every cycle and starts again', (t) => {
  t.deepEqual(rates(sawtooth(1, 0.2, 4), upTo(5)), [0.8, 0.6, 0.4, 0.2, 0.8]);
});

test('the triangle of FGE is lowest in the middle of its cycle and back at the top at the end', (t) => {
  t.deepEqual(rates(fgeTriangle(1, 0.2, 4), upTo(8)), [0.6, 0.2, 0.6, 1, 0.6, 0.2, 0.6, 1]);
});

test('joined schedules count steps from their own start, and only the running one sees scores', (t) => {
  const first = plateau({ learningRate: 1, patience: 1, onPlateau: 'lower' });
  const schedule = join(first, 20, sawtooth(0.5, 0, 5), clock);
  t.is(schedule.rate(19), 1);
  t.is(schedule.rate(20), 0.4);
  schedule.observe?.(0.9, 0);
  schedule.observe?.(0.1, 1);
  schedule.observe?.(0.1, 2);
  // Epoch 1 is the last before step 20: what it scores can no longer change a rate that is used.
  t.is(first.rate(0), 1);
});

test('a warm-up multiplies the rates of a schedule, which hears scores as before', (t) => {
  const schedule = warmUp(plateau({ learningRate: 1, patience: 1, onPlateau: 'lower' }), 10);
  t.is(schedule.rate(3), 0.4);
  schedule.observe?.(0.5, 0);
  schedule.observe?.(0.4, 1);
  t.is(schedule.rate(3), 0.2);
  t.is(schedule.rate(10), 0.5);
});

const options = { learningRate: 0.4, finalRate: 0.01, patience: 2, onPlateau: 'lower', cycleEpochs: 1 } as const;

for (const name of Object.keys(schedules) as ScheduleName[]) {
  test(`${name} by its name stays between nothing and the learning rate, and warms up when asked`, (t) => {
    for (const epochs of [4, 0.5, 1 / 10]) {
      const schedule = createSchedule({ ...options, schedule: name, warmUpEpochs: 0 }, { ...clock, epochs });
      for (let i = 0; i < 10 * epochs; i += 1) {
        const rate = schedule.rate(i);
        t.true(rate > 0 && rate <= options.learningRate + Number.EPSILON, `${name}: η ${rate} at step ${i}`);
      }
    }
    const plainly = createSchedule({ ...options, schedule: name, warmUpEpochs: 0 }, clock);
    const warm = createSchedule({ ...options, schedule: name, warmUpEpochs: 0.5 }, clock);
    t.deepEqual(rates(warm, [0, 3, 4, 9]), rounded([0.2, 0.8, 1, 1].map((f, k) => f * plainly.rate([0, 3, 4, 9][k]))));
  });
}

for (const name of ['step', 'multi-step', 'exponential', 'linear', 'cosine'] as const) {
  test(`${name} by its name falls, and is at the final rate at the end`, (t) => {
    const schedule = createSchedule({ ...options, schedule: name, warmUpEpochs: 0 }, clock);
    const all = rates(schedule, upTo(40));
    t.true(all.every((rate, i) => i === 0 || rate <= all[i - 1]));
    // Step 40 is the first after the end.
    t.true(Math.abs(schedule.rate(40) - 0.004) < 1e-9);
    t.is(all[0], 0.4);
  });
}

import test from 'ava';
import { constant, join, plateau, sawtooth } from '../../pipeline/schedules.ts';

const clock = { epochs: 4, stepsPerEpoch: 10 };

test('a plateau of patience 2 halves the rate after the second epoch without a better score', (t) => {
  const schedule = plateau({ learningRate: 0.8, patience: 2, onPlateau: 'lower' });
  const rates = [0.5, 0.6, 0.6, 0.59, 0.7, 0.7, 0.7].map((score, epoch) => {
    schedule.observe?.(score, epoch);
    return schedule.rate(0);
  });
  t.deepEqual(rates, [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]);
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

test('the sawtooth falls linearly to its bottom at the end of every cycle and starts again', (t) => {
  const schedule = sawtooth(1, 0.2, 4);
  const rounded = Array.from({ length: 5 }, (_, step) => Number(schedule.rate(step).toFixed(12)));
  t.deepEqual(rounded, [0.8, 0.6, 0.4, 0.2, 0.8]);
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
  t.is(constant(0.3).rate(7), 0.3);
});

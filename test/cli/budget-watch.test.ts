import { once } from 'node:events';
import test from 'ava';
import { watchClock } from '../../cli/budget/watch.ts';

/** A member for which 1,000 s are left. @param times how many times as long as planned each part of it takes */
function train(times: (share: number) => number, planned = 900, steps = 100) {
  let ms = 0;
  const watch = watchClock({ planned, left: 1000, budget: 1000 }, () => ms);
  for (let step = 1; step <= steps && watch.stopped() === null; step += 1) {
    ms += ((1000 * planned) / steps) * times(step / steps);
    watch.onShare(step / steps);
  }
  watch.end();
  return { watch, seconds: ms / 1000 };
}

test('a member that is a little slower than planned is trained to its end', (t) => {
  const { watch, seconds } = train(() => 1.1);
  t.is(watch.stopped(), null);
  t.false(watch.signal.aborted);
  t.is(Math.round(seconds), 990);
});

test('a member that is much slower is stopped soon, and says how much slower', (t) => {
  const { watch, seconds } = train(() => 2);
  t.is(watch.stopped(), 'slow');
  t.true(watch.signal.aborted);
  t.is(watch.times().toFixed(2), '2.00');
  t.is(Math.round(seconds), 90);
});

test('a member of few epochs is judged from its first one on', (t) => {
  t.is(train(() => 1.1, 900, 4).watch.stopped(), null);
  const { watch, seconds } = train(() => 2, 900, 4);
  t.is(watch.stopped(), 'slow');
  t.is(watch.times().toFixed(2), '2.00');
  t.is(seconds, 450);
});

test('the nearer the half, the less a member may be behind', (t) => {
  const { watch, seconds } = train(() => 1.2);
  t.is(watch.stopped(), 'slow');
  t.true(seconds > 300 && seconds < 500, String(seconds));
});

test('a busy moment at the beginning stops nothing', (t) => {
  t.is(train((share) => (share <= 0.1 ? 1.25 : 1)).watch.stopped(), null);
  t.is(train((share) => (share <= 0.3 ? 1.1 : 1), 980).watch.stopped(), null);
});

test('after the half a member is trained on until the budget ends', (t) => {
  const { watch } = train((share) => (share <= 0.5 ? 1 : 3));
  t.is(watch.stopped(), null);
});

test('a member that has no time left is stopped as late', async (t) => {
  const watch = watchClock({ planned: 1, left: -1, budget: 1 });
  await once(watch.signal, 'abort');
  t.is(watch.stopped(), 'late');
});

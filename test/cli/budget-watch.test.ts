import test from 'ava';
import { once } from 'node:events';
import { watchClock } from '../../cli/budget/watch.ts';

test('a training is stopped soon after the budget has ended, and not before', async (t) => {
  const watch = watchClock({ planned: 1, left: 0.01, budget: 0.5 });
  watch.onShare(0.1);
  t.deepEqual([watch.stopped(), watch.signal.aborted], [null, false]);
  if (!watch.signal.aborted) await once(watch.signal, 'abort');
  t.is(watch.stopped(), 'late');
  watch.end();
});

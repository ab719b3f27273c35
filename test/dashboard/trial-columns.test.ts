/** Trials on their way from the server to the page. */
import test from 'ava';
import { newOwner } from '../../base/owner.ts';
import type { StudyAnswer } from '../../dashboard/api.ts';
import { trialsOf } from '../../dashboard/page/page-trial.ts';
import { columnsOf } from '../../dashboard/server/trial-columns.ts';
import type { FrozenTrial } from '../../search/index.ts';
import { longTrial } from './long-study.ts';

const received = (trials: readonly FrozenTrial[], owners = new Map()) =>
  trialsOf(JSON.parse(JSON.stringify({ trials: columnsOf(trials, owners) })) as StudyAnswer);

test('the page has the trials as they were, whatever parameters each of them has', (t) => {
  const owner = newOwner();
  const plain = longTrial(0);
  const hostile: FrozenTrial = {
    ...longTrial(9),
    params: Object.fromEntries([
      ['__proto__', 1],
      ['none', null],
      ['on', false],
    ]),
    distributions: {},
  };
  const running: FrozenTrial = {
    ...longTrial(2),
    state: 'RUNNING',
    value: null,
    finishedAt: null,
    intermediateValues: { 0: 0.5, 1: 0.25 },
  };
  const waiting: FrozenTrial = { ...longTrial(4), state: 'WAITING', value: null, params: {}, startedAt: null };
  const diverged: FrozenTrial = { ...running, number: 5, intermediateValues: { 0: 0.5, 1: NaN } };
  const bound: FrozenTrial = { ...longTrial(6), values: [0.5, 2], constraints: { over: -1, unknown: NaN } };
  const sent = [plain, hostile, running, waiting, diverged];
  const trials = received(sent, new Map([[2, owner]]));
  for (const [i, { number, state, value, params, distributions, startedAt, finishedAt }] of sent.entries()) {
    t.like(trials[i], { number, state, value, startedAt, finishedAt });
    t.deepEqual(Object.entries(trials[i].params), Object.entries(params));
    t.deepEqual(trials[i].distributions, distributions);
  }
  const [first, last] = received([plain, bound]);
  t.deepEqual([first.values, first.constraints], [undefined, undefined]);
  t.deepEqual([last.values, last.constraints], [bound.values, bound.constraints]);
  t.deepEqual(
    trials.map(({ steps, lastValue }) => [steps, lastValue]),
    [
      [5, null],
      [5, null],
      [2, 0.25],
      [5, null],
      [2, null],
    ],
  );
  t.deepEqual(
    trials.map(({ process }) => process),
    [null, null, { host: owner.host, pid: owner.pid }, null, null],
  );
  t.deepEqual(
    trials.map(({ failure }) => failure),
    [null, 'fold 1 diverged', null, null, null],
  );
});

test('ten thousand trials share their distributions and are told in few bytes', (t) => {
  const trials = Array.from({ length: 10_000 }, (_, number) => longTrial(number));
  const columns = columnsOf(trials, new Map());
  t.is(columns.shape.known.length, 1);
  const bytesOfATrial = JSON.stringify(columns).length / trials.length;
  // Eight parameters of up to 19 digits, a value and two times.
  t.true(bytesOfATrial < 230, `${bytesOfATrial} bytes`);
  const [first, ...others] = received(trials);
  t.true(others.every(({ distributions }) => distributions === first.distributions));
});

import test from 'ava';
import { progressOf } from '../../search/analysis/progress.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { finishedTrial, snapshot } from './snapshot.ts';

const { definition } = snapshot({ x: { kind: 'float', low: 0, high: 1 } }, []);
const start = Date.parse('2026-01-31T12:00:00.000Z');
const after = (seconds: number): string => new Date(start + 1000 * seconds).toISOString();

/** Trials that took so many seconds, one after the other. */
function ended(...seconds: readonly number[]): FrozenTrial[] {
  let from = 0;
  return seconds.map((time, number) => {
    const startedAt = after(from);
    from += time;
    return finishedTrial(number, { startedAt, finishedAt: after(from) });
  });
}

const running = (number: number, seconds: number): FrozenTrial =>
  finishedTrial(number, { state: 'RUNNING', startedAt: after(seconds) });

test('what is left of a study is the trials to come and the rest of those that run, shared by those that run', (t) => {
  const trials = [...ended(10, 10), running(2, 20), running(3, 24)];
  const wanted = { ...definition, wantedTrials: 10 };
  // At second 26: 6 trials of 10 s to come, and 4 s and 8 s of the running ones.
  const now = start + 26_000;
  t.deepEqual(progressOf({ definition: wanted, trials }, [2, 3], now), {
    finished: 2,
    wanted: 10,
    abandoned: 0,
    secondsLeft: (6 * 10 + 4 + 8) / 2,
  });
  const leftBehind = progressOf({ definition: wanted, trials }, [2], now);
  t.deepEqual([leftBehind.abandoned, leftBehind.secondsLeft], [1, 7 * 10 + 4]);
});

test('where no more trials are wanted than run, or nobody said how many, the longest of them is waited for', (t) => {
  const trials = [...ended(10, 10), running(2, 20), running(3, 24)];
  for (const wantedTrials of [undefined, 1, 2, 4]) {
    const { secondsLeft } = progressOf({ definition: { ...definition, wantedTrials }, trials }, [2, 3], start + 26_000);
    t.is(secondsLeft, 8, String(wantedTrials));
  }
  t.is(progressOf({ definition, trials }, [2, 3], start + 99_000).secondsLeft, 0);
});

test('the last trials say how long one takes, in whatever order they began', (t) => {
  const trials = [...ended(...Array<number>(20).fill(100), ...Array<number>(16).fill(2)), running(36, 2032)];
  const { secondsLeft } = progressOf({ definition, trials: trials.toReversed() }, [0], start + 2_032_000);
  t.is(secondsLeft, 2);
});

test('nobody knows when a study will be done that nobody runs, or that has no finished trial yet', (t) => {
  const wanted = { ...definition, wantedTrials: 10 };
  t.deepEqual(progressOf({ definition: wanted, trials: ended(10, 10) }, [], start), {
    finished: 2,
    wanted: 10,
    abandoned: 0,
    secondsLeft: null,
  });
  t.is(progressOf({ definition: wanted, trials: [running(0, 0)] }, [0], start + 5_000).secondsLeft, null);
  t.deepEqual(progressOf({ definition, trials: [] }, [], start), {
    finished: 0,
    wanted: null,
    abandoned: 0,
    secondsLeft: null,
  });
});

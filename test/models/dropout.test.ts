import test from 'ava';
import { dropoutFactors, dropoutMask } from '../../models/engine/dropout.ts';
import type { NodeOf } from '../../models/engine/plan.ts';

const layer = (rate: number, stream = 0): NodeOf<'dropout'> => ({
  kind: 'dropout',
  layer: 'dropout',
  input: 0,
  output: { height: 1, width: 1, channels: 1 },
  rate,
  stream,
});
const elements = 100_000;
const dropped = (rate: number, seed: number, stream = 0): boolean[] =>
  Array.from(dropoutFactors(dropoutMask(layer(rate, stream), seed), elements), (factor) => factor === 0);
const share = (flags: readonly boolean[]): number => flags.filter(Boolean).length / flags.length;

/** Five standard errors of a share around `rate` among so many elements. */
const within = (rate: number): number => 5 * Math.sqrt((rate * (1 - rate)) / elements);

for (const rate of [0.1, 0.5, 0.9]) {
  test(`dropout of ${rate} drops that share and divides the rest by ${1 - rate}`, (t) => {
    const factors = dropoutFactors(dropoutMask(layer(rate), 1), elements);
    t.true(factors.every((factor) => factor === 0 || factor === Math.fround(1 / (1 - rate))));
    t.true(Math.abs(share(dropped(rate, 1)) - rate) < within(rate));
  });
}

test('masks of other seeds, other layers and neighbouring elements are independent', (t) => {
  const mask = dropped(0.5, 7);
  const others = {
    'next seed': dropped(0.5, 8),
    'next layer': dropped(0.5, 7, 1),
    'next seed and layer': dropped(0.5, 8, 1),
    neighbour: [...mask.slice(1), mask[0]],
    'pixel of 64 channels away': [...mask.slice(64), ...mask.slice(0, 64)],
  };
  for (const [what, other] of Object.entries(others)) {
    const both = share(mask.map((flag, i) => flag && other[i]));
    t.true(Math.abs(both - 0.25) < within(0.25), `${what}: both dropped ${both}`);
  }
});

test('a mask is the beginning of a longer one', (t) => {
  const mask = dropoutMask(layer(0.3), 5);
  t.deepEqual(dropoutFactors(mask, 1000).subarray(0, 10), dropoutFactors(mask, 10));
});

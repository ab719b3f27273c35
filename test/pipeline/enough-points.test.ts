import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { compositionOf, expectTwoPoints, stepsPerEpoch } from '../../pipeline/enough-points.ts';
import { methods, type MethodName } from '../../pipeline/methods/index.ts';
import { totalSteps } from '../../pipeline/schedule.ts';

const STEPS = 10;

/** What a collector has after all of its steps, by what it says and by what it keeps. */
async function pointsOf(
  id: MethodName,
  given: object,
  epochs: number,
): Promise<[said: number | undefined, kept: number]> {
  const clock = { epochs, stepsPerEpoch: STEPS };
  const { collector } = compositionOf(methods[id], { ...methods[id].defaults, ...given }, clock);
  for (let step = 0; step <= totalSteps(clock); step += 1) collector.observe(Float32Array.of(step), step);
  return [collector.points?.(totalSteps(clock)), (await collector.result(Float32Array.of(-1), async () => 0)).length];
}

test('snapshots say beforehand how many they will be', async (t) => {
  for (let epochs = 2; epochs < 30; epochs += 1) {
    for (const [id, given] of [
      ['fge', {}],
      ['fge', { swaCycle: 1, swaStart: 0.5 }],
      ['snapshot', { snapshots: 3 }],
    ] as const) {
      const [said, kept] = await pointsOf(id, given, epochs);
      t.is(said, kept, `${id} ${epochs}`);
    }
  }
});

const needed: [id: MethodName, given: object, epochs: number][] = [
  ['fge', {}, 12],
  ['swa', {}, 12],
  ['sam+swa', {}, 12],
  ['swa', { swaCycle: 0 }, 6],
  ['swa', { swaStart: 0, swaCycle: 1 }, 2],
  ['swa', { swaCycle: 0, includeStart: true }, 1],
  ['fge', { swaStart: 0.9, swaCycle: 5 }, 76],
];

for (const [id, given, epochs] of needed) {
  test(`${id} ${JSON.stringify(given)} wants ${epochs} epochs for two points`, (t) => {
    const parameters = { ...methods[id].defaults, ...given };
    t.notThrows(() => expectTwoPoints(id, parameters, epochs, STEPS));
    t.notThrows(() => expectTwoPoints(id, parameters, 10 * epochs, STEPS));
    if (epochs === 1) return;
    t.throws(() => expectTwoPoints(id, parameters, epochs - 1, STEPS), {
      instanceOf: UserError,
      message: new RegExp(
        `expected at least ${epochs} epochs, for two points .* got ${epochs - 1}\\. Train longer, or`,
      ),
    });
  });
}

test('methods that average nothing, or over every step, train for as short as one likes', (t) => {
  for (const id of ['plain', 'ema', 'sam', 'bootstrap'] as const) {
    t.notThrows(() => expectTwoPoints(id, methods[id].defaults, 1, STEPS));
  }
});

test('one snapshot is none however long the training is', (t) => {
  const parameters = { ...methods.snapshot.defaults, snapshots: 1 };
  t.throws(() => expectTwoPoints('snapshot', parameters, 50, STEPS), {
    instanceOf: UserError,
    message: 'snapshot: expected parameters that collect two points or more, got `snapshots` 1. Change them.',
  });
});

test('steps of an epoch are those of the images outside of a fold', (t) => {
  t.is(stepsPerEpoch(10_000, 5, 128), 63);
});

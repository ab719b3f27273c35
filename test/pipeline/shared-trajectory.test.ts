import test from 'ava';
import { findMethod } from '../../pipeline/methods/index.ts';
import { parametersSchema } from '../../pipeline/parameters.ts';
import { isBeginningOf } from '../../pipeline/shared-trajectory.ts';

const course = (method: string, epochs: number, parameters: object = {}) => ({
  method: findMethod(method),
  parameters: parametersSchema.parse({
    ...findMethod(method).defaults,
    learningRate: 0.1,
    momentum: 0.9,
    batchSize: 32,
    schedule: 'constant',
    patience: 2,
    ...parameters,
  }),
  epochs,
});
const shares = (short: ReturnType<typeof course>, long: ReturnType<typeof course>): boolean =>
  isBeginningOf(short, long, 7);

test('trainings with the same steps are one trajectory, whatever they collect', (t) => {
  t.true(shares(course('plain', 4), course('plain', 4)));
  t.true(shares(course('plain', 4), course('ema', 6, { emaEpochs: 3 })));
  t.true(shares(course('swa', 4, { swaStart: 0, swaRate: 1, swaCycle: 0 }), course('plain', 5)));
  t.false(shares(course('plain', 6), course('plain', 4)), 'longer');
  t.false(shares(course('swa', 4, { swaStart: 0.5, swaRate: 0.5 }), course('plain', 4)), 'another rate');
  t.false(
    shares(course('plain', 4, { schedule: 'cosine' }), course('plain', 6, { schedule: 'cosine' })),
    'falls later',
  );
  t.false(shares(course('plain', 4), course('plain', 4, { momentum: 0.8 })));
  t.false(shares(course('plain', 4), course('sam', 4)), 'another gradient');
});

test('what depends on the validation images, or trains twice, is no beginning of another training', (t) => {
  for (const parameters of [
    { schedule: 'plateau' },
    { restoreBest: true },
    { bootstrap: true },
    { teachers: 1 },
    { validateEvery: 3 },
  ]) {
    t.false(shares(course('plain', 4, parameters), course('plain', 6, parameters)), JSON.stringify(parameters));
  }
  t.true(shares(course('plain', 3, { validateEvery: 3 }), course('plain', 6, { validateEvery: 3 })));
  t.true(shares(course('plain', 4, { validateEvery: 3 }), course('ema', 4, { validateEvery: 3 })));
});

/** What the compiler knows of the parameters of a trial. */
import test from 'ava';
import { openStudy } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';
import type { ParameterValue, SearchSpace } from '../../search/distributions.ts';

test('parameters have the types that their space gives them', async (t) => {
  const study = await openStudy({
    name: 's',
    direction: 'minimize',
    space: {
      rate: { kind: 'float', low: 0.1, high: 1, log: true },
      layers: { kind: 'int', low: 1, high: 3 },
      shape: { kind: 'categorical', choices: ['round', 'square'] },
      mixed: { kind: 'categorical', choices: [16, 'auto', null] },
    },
  });
  await optimize(
    study,
    ({ params }) => {
      const shape: 'round' | 'square' = params.shape;
      const mixed: 16 | 'auto' | null = params.mixed;
      // @ts-expect-error -- the space has no such parameter
      t.is(params.size, undefined);
      // @ts-expect-error -- it is a number
      const text: string = params.rate;
      t.is(typeof text, 'number');
      return params.rate * params.layers + shape.length + (mixed === 16 ? 1 : 0);
    },
    { trials: 3 },
  );
  await study.close();
});

test('without a space, or with one that is not known before it runs, parameters may be anything', async (t) => {
  const space: SearchSpace = { x: { kind: 'float', low: 0, high: 1 } };
  const known = await openStudy({ name: 's', direction: 'minimize', space });
  const free = await openStudy({ name: 's', direction: 'minimize' });
  const value: ParameterValue = (await known.ask()).params.x;
  t.is(typeof value, 'number');
  const trial = await free.ask();
  const size: 16 | 32 = trial.suggestCategorical('size', [16, 32]);
  t.is(trial.params.size, size);
  await Promise.all([known.close(), free.close()]);
});

import test from 'ava';
import { createHash } from 'node:crypto';
import { loadPlan } from '../../models/engine/plans.ts';
import { crossValidate } from '../../pipeline/cross-validate.ts';
import { methods } from '../../pipeline/methods/index.ts';
import { createPool } from '../../pipeline/pool.ts';
import { digits, shape } from './digits.ts';

const pool = createPool(1);
test.after.always(() => pool.destroy());

const images = digits(240);

/** SHA-256 of all weights, statistics and out-of-fold probabilities of the first release, on every machine. */
const published = {
  plain: '9e89978dfa7eab172dabcdf72f3b2129e6abcfd83d2144b4268c62cb43e894c9',
  swa: 'bb78e90bef3c3033430ddb3e9734a576f9eb4dfec40be5180e5997eb3dd46f53',
};

for (const [method, expected] of Object.entries(published)) {
  test(`${method} gives bit by bit what it gave when it was published`, async (t) => {
    const plan = await loadPlan('digit-cnn', shape, 10);
    const task = { plan, engine: 'simd', method, epochs: 5, folds: 2, seed: 3, images };
    const result = await crossValidate(pool, { ...task, parameters: { ...methods[method].defaults, batchSize: 16 } });
    if (result.status !== 'done') return t.fail('diverged');
    const digest = createHash('sha256');
    for (const { weights, statistics } of result.folds.flatMap(({ solutions }) => solutions)) {
      digest.update(new Uint8Array(weights.buffer)).update(new Uint8Array(statistics.buffer));
    }
    return t.is(digest.update(new Uint8Array(result.probabilities.buffer)).digest('hex'), expected);
  });
}

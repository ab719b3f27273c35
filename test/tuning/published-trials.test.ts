import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { parametersIn } from '../../tuning/parameters-in.ts';
import { publishedTrials } from '../../tuning/published-trials.ts';

test('published names and exponents become ours, which is said', (t) => {
  const { trials, notes } = publishedTrials([{ learning_rate: 2, batch_size: 64 }, { learningRate: 0.05 }], 'x.json');
  t.deepEqual(trials, [{ learningRate: 0.01, batchSize: 64 }, { learningRate: 0.05 }]);
  t.deepEqual(notes, ['learning_rate 2 is the exponent of a power of ten: learningRate is 10^-2 = 0.01.']);
  for (const json of [[], {}, 3, null, [null], { a: [1] }]) {
    t.throws(() => publishedTrials(json, 'x.json'), { instanceOf: UserError, message: /x\.json/ });
  }
});

test('parameters of a method are found in a set for all, a set for each, and the result of a search', (t) => {
  const given = { learningRate: 0.05 };
  for (const content of [given, { swa: given }, { methods: { swa: { best: { params: given } } } }]) {
    const found = parametersIn(content, 'swa', 'digit-cnn', 'x.json');
    t.deepEqual(found.given, given);
    t.is(found.parameters.learningRate, 0.05);
  }
  const message = 'x.json: expected an object with the parameters of swa, found none. Add it to the file.';
  t.throws(() => parametersIn({ plain: given }, 'swa', 'digit-cnn', 'x.json'), { instanceOf: UserError, message });
});

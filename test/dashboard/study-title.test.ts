import test from 'ava';
import type { StudySummary } from '../../dashboard/api.ts';
import { titleOf } from '../../dashboard/page/studies.ts';

const task = { competition: 'digits', model: 'mlp', method: 'swa', epochs: 3, folds: 2 };
const called = (name: string): StudySummary =>
  ({ prior: null, definition: { name, task, sampler: 'auto', pruner: 'folds', seed: 1 } }) as unknown as StudySummary;

test('a study has the name that a person gave, and else that of its method', (t) => {
  const about = 'digits, mlp, 2 folds × 3 epochs, auto, pruner folds, seed 1';
  t.deepEqual(titleOf(called('digits/mlp/swa/5b223552')), { title: 'swa', about });
  t.deepEqual(titleOf(called('first')), { title: 'first', about: `swa, ${about}` });
});

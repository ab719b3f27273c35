/** The order of the rows of a table. */
import test from 'ava';
import { byMerit, metricOf } from '../../dashboard/page/merit.ts';
import { sortRows } from '../../dashboard/page/sort-rows.ts';
import { score, type Score } from '../../pipeline/index.ts';

const accuracy = (right: number): Score => score(right, 100);
const logLoss = (value: number): Score => ({
  ...accuracy(50),
  metric: { name: 'log-loss', direction: 'minimize', value, standardError: 0.1 },
});
const columns = [{ id: 'oof', ...byMerit<{ score: Score | null }>((row) => row.score) }];
const rows = [logLoss(1.0365), accuracy(100), null, accuracy(60), logLoss(0.5)].map((one) => ({ score: one }));
const sorted = (sort: string): (string | null)[] =>
  sortRows(rows, columns, sort).map(({ score: one }) => one && `${metricOf(one)} ${one.metric?.value ?? one.accuracy}`);

test('scores by different metrics are not mixed, and the better ones come first, whatever the metric', (t) => {
  t.deepEqual(sorted('-oof'), ['accuracy 1', 'accuracy 0.6', 'log-loss 0.5', 'log-loss 1.0365', null]);
  t.deepEqual(sorted('oof'), ['accuracy 0.6', 'accuracy 1', 'log-loss 1.0365', 'log-loss 0.5', null]);
});

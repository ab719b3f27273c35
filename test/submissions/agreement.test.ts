import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import { compareSubmissions } from '../../submissions/agreement.ts';
import { temporaryFolder, tiny } from '../data/tiny.ts';

const header = 'ImageId,Label\n';

test('two submissions agree on a share of the labels, whatever their order', async (t) => {
  const folder = await temporaryFolder(t);
  const [a, b, solution] = ['a.csv', 'b.csv', 'solution.csv'].map((name) => join(folder, name));
  await writeFile(a, `${header}1,0\n2,1\n3,2\n4,0\n`);
  await writeFile(b, `${header}4,1\n3,2\n2,1\n1,2\n`);
  const agreement = await compareSubmissions(tiny, [a, b]);
  t.like(agreement, { n: 4, equal: 2, share: 0.5, scores: null, difference: null });
  t.deepEqual(agreement.differing, [
    { id: '1', first: 0, second: 2 },
    { id: '4', first: 0, second: 1 },
  ]);
  t.is(agreement.sentence, `${a} and ${b} agree on 2 of 4 labels (50.00 %).`);

  await writeFile(solution, 'ImageId,Label,Usage\n1,0,Public\n4,0,Private\n2,0,Private\n');
  const scored = await compareSubmissions(tiny, [a, b], solution);
  t.like(scored.scores?.[0], { accuracy: 2 / 3, n: 3, public: { accuracy: 1, n: 1, standardError: 0 } });
  t.like(scored.scores?.[1], { accuracy: 0, n: 3 });
  t.is(scored.difference?.difference, 2 / 3);
  // d = 1, 1, 0: sd = √(1/3), standard error = 1/3.
  t.is(scored.difference?.z.toFixed(9), '2.000000000');
});

test('submissions with other ids cannot be compared', async (t) => {
  const folder = await temporaryFolder(t);
  const [a, b] = ['a.csv', 'b.csv'].map((name) => join(folder, name));
  await writeFile(a, `${header}1,0\n2,1\n`);
  for (const [rows, found] of [
    ['1,0\n3,1\n', 'none for id 2'],
    ['1,0\n2,1\n3,1\n', '3'],
    ['1,0\n', 'none for id 2'],
  ]) {
    await writeFile(b, header + rows);
    await t.throwsAsync(() => compareSubmissions(tiny, [a, b]), {
      instanceOf: UserError,
      message: `${b}: expected labels for the 2 ids of ${a}, got ${found}. Name two submissions to the same competition.`,
    });
  }
});

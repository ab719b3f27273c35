import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import { alignAnswers, loadAnswers, rightAnswers, scoreAnswers } from '../../submissions/score.ts';
import { temporaryFolder, tiny } from '../data/tiny.ts';

const ids = ['1', '2', '3', '4', '5'];
const images = { shape: tiny.shape, count: 5, pixels: new Uint8Array(new SharedArrayBuffer(10)) };

test('a solution in any order that covers a part of the ids is scored on that part', (t) => {
  const entries = [
    { id: '5', label: 1 },
    { id: '2', label: 0 },
    { id: '1', label: 2 },
    { id: '4', label: 2 },
  ];
  const answers = alignAnswers(ids, entries, 'solution.csv');
  const right = rightAnswers(Uint16Array.of(2, 0, 9, 0, 1), answers);
  t.deepEqual([...right], [1, 1, 1, 0]);
  t.deepEqual(scoreAnswers(right, answers), { accuracy: 0.75, n: 4, standardError: Math.sqrt((0.75 * 0.25) / 4) });
});

test('the two leaderboards are scored separately', (t) => {
  const entries = [
    { id: '1', label: 0, usage: 'Public' as const },
    { id: '2', label: 0, usage: 'Private' as const },
    { id: '3', label: 0, usage: 'Private' as const },
  ];
  const answers = alignAnswers(ids, entries, 'solution.csv');
  const { n, public: first, private: second } = scoreAnswers(Uint8Array.of(1, 0, 1), answers);
  t.is(n, 3);
  t.deepEqual(first, { accuracy: 1, n: 1, standardError: 0 });
  t.deepEqual(second, { accuracy: 0.5, n: 2, standardError: Math.sqrt(0.25 / 2) });
  t.false('private' in scoreAnswers(Uint8Array.of(1), alignAnswers(ids, entries.slice(0, 1), 'solution.csv')));
});

test('a solution of other images is refused', (t) => {
  t.throws(() => alignAnswers(ids, [{ id: '6', label: 0 }], '/data/solution.csv'), {
    instanceOf: UserError,
    message:
      '/data/solution.csv: expected ids among the 5 of the test images, 1 … 5, got 6. ' +
      'Name the solution that belongs to this test file.',
  });
});

test('answers come from the named solution, else from the labelled test file, else from the competition', async (t) => {
  const dataDir = await temporaryFolder(t);
  const labels = new Uint16Array(new SharedArrayBuffer(10));
  labels.set([0, 1, 2, 1, 0]);
  const unlabelled = { images, ids, labels: null };
  const answersOf = async (...args: Parameters<typeof loadAnswers>): Promise<number[][] | null> => {
    const answers = await loadAnswers(...args);
    return answers && [[...answers.rows], [...answers.labels]];
  };
  t.is(await answersOf(tiny, unlabelled, { dataDir }), null);
  await writeFile(join(dataDir, 'solution.csv'), 'ImageId,Label\n3,1\n');
  await writeFile(join(dataDir, 'other.csv'), 'ImageId,Label\n4,2\n');
  t.deepEqual(await answersOf(tiny, unlabelled, { dataDir }), [[2], [1]]);
  t.deepEqual(await answersOf(tiny, { ...unlabelled, labels }, { dataDir }), [
    [0, 1, 2, 3, 4],
    [0, 1, 2, 1, 0],
  ]);
  const named = { dataDir, solutionFile: join(dataDir, 'other.csv') };
  t.deepEqual(await answersOf(tiny, { ...unlabelled, labels }, named), [[3], [2]]);
});

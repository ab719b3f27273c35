/** A long study is read part by part, while others change it. */
import test from 'ava';
import { openStudy } from '../../search/open-study.ts';
import { openStorage } from '../../search/storage/index.ts';
import { readInParts } from '../../search/storage/read-in-parts.ts';
import { type Row, toRow } from '../../search/storage/rows.ts';
import { newTrial } from '../../search/storage/claims.ts';
import { type Storage } from '../../search/storage/storage.ts';

const origin = { study: 'a', location: 'FILE' };

/** @param value of the trial, by which its states are told apart */
const row = (number: number, revision: number, value = 0): Row =>
  toRow(1, { ...newTrial(number, 'RUNNING', {}), state: 'COMPLETE', value }, null, revision);

const many = Array.from({ length: 7_000 }, (_, number) => row(number, number + 1));

/** @param between called after the first part is read */
async function valuesOf(rows: Row[], between = (): void => {}): Promise<readonly (number | null)[]> {
  let parts = 0;
  const revision = (): number => Math.max(...rows.map((one) => Number(one.revision)));
  const { trials, revision: known } = await readInParts(
    {
      find: async () => ({ id: 1, revision: revision() }),
      async part(_id, first, most) {
        const part = rows.slice(first, first + most);
        parts += 1;
        if (parts === 1) between();
        return part;
      },
      since: async (begun) => ({
        id: 1,
        revision: revision(),
        rows: rows.filter((one) => Number(one.revision) > begun),
      }),
    },
    origin,
  );
  if (known !== revision()) throw new Error(`revision ${known}`);
  return trials.map(({ value }) => value);
}

test('what others change and add while a long study is read is read too', async (t) => {
  t.deepEqual(await valuesOf([...many]), Array(7_000).fill(0));
  const rows = [...many];
  const values = await valuesOf(rows, () => {
    for (const number of [3, 6_999, 7_000]) rows[number] = row(number, 8_000, number);
  });
  t.deepEqual([values.length, values[3], values[4], values[6_999], values[7_000]], [7_001, 3, 0, 6_999, 7_000]);
});

test('a study that is deleted and made anew while it is read is read anew', async (t) => {
  const rows = [...many];
  const anew = () => void rows.splice(0, Infinity, row(0, 1, 5), row(1, 2, 6));
  t.deepEqual(await valuesOf(rows, anew), [5, 6]);
});

test('a trial that is missing in a later part is named', async (t) => {
  const message = /^Trial 6000 of study "a" in FILE is damaged or missing: /;
  await t.throwsAsync(valuesOf(many.toSpliced(6_000, 1)), { message });
  await t.throwsAsync(valuesOf(many.with(6_000, { ...many[6_000], value: 1 })), { message });
});

test('a study that is opened by its name alone is read once', async (t) => {
  const store = await openStorage(':memory:');
  await (await openStudy({ storage: store, name: 'a', direction: 'minimize' })).close();
  let readings = 0;
  const counting: Storage = {
    ...store,
    readTrials(...asked) {
      readings += 1;
      return store.readTrials(...asked);
    },
  };
  await (await openStudy({ storage: counting, name: 'a' })).close();
  t.is(readings, 1);
});

import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Happening } from '../../dashboard/api.ts';
import { silentServer } from '../helpers/silent-server.ts';
import { StudyReader } from '../../dashboard/server/studies.ts';
import { makeStudy } from './dashboard.ts';

test('a database that does not answer is told in a sentence, and keeps nobody waiting', async (t) => {
  const { port } = await silentServer(t);
  const told: Happening[] = [];
  const reader = new StudyReader(
    `postgres://me:S3CRETPW@127.0.0.1:${port}/db`,
    { add: (happening: Happening) => void told.push(happening) },
    10,
  );
  await reader.refresh();
  t.regex(reader.problem ?? '', /^postgres:\/\/me\S*@127\.0\.0\.1:\d+\/db has not answered for 0\.0 s: check that /);
  t.notRegex(reader.problem ?? '', /S3CRETPW/);
  t.deepEqual(told, [{ kind: 'studies' }]);
  await reader.refresh();
  t.deepEqual(told, [{ kind: 'studies' }], 'what is known already is not told again');
  t.throws(() => reader.find('a'), { message: /^Unknown study "a"\. postgres:.* has not answered/ });
  await reader.close();
});

test('a store that was deleted is told, and one in its place is read from its beginning, whatever it has', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'studies-'));
  const [storage, other] = [join(folder, 'studies.db'), join(folder, 'other.db')];
  const told: Happening[] = [];
  const reader = new StudyReader(storage, { add: (happening: Happening) => void told.push(happening) });
  t.teardown(async () => {
    await reader.close();
    rmSync(folder, { recursive: true });
  });
  const remove = (): void => {
    for (const name of readdirSync(folder)) if (name.startsWith('studies.db')) rmSync(join(folder, name));
  };
  const counts = async (): Promise<[string, number][]> => {
    await reader.refresh();
    return reader.summaries.map(({ definition }) => [definition.name, reader.find(definition.name).trials.length]);
  };
  await makeStudy(storage, 'parabola', 3);
  t.deepEqual(await counts(), [['parabola', 3]]);
  const [before] = reader.find('parabola').trials;
  const { revision } = reader.find('parabola').summary;
  remove();
  await counts();
  t.regex(reader.problem ?? '', /There is no study file .*studies\.db: run a search first/);
  // The same name, and more changes than were seen of the first.
  await makeStudy(other, 'parabola', 5);
  renameSync(other, storage);
  told.length = 0;
  t.deepEqual(await counts(), [['parabola', 5]]);
  t.is(reader.problem, null);
  t.not(reader.find('parabola').trials[0].createdAt, before.createdAt);
  t.is(reader.changedSince('parabola', revision).length, 5);
  t.deepEqual(
    told.map(({ kind }) => kind),
    ['study', 'studies'],
  );
  // Replaced between two looks.
  await makeStudy(other, 'young', 1);
  remove();
  renameSync(other, storage);
  await counts();
  t.deepEqual(await counts(), [['young', 1]]);
});

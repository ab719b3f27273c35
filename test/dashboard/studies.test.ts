import test from 'ava';
import type { Happening } from '../../dashboard/api.ts';
import { silentServer } from '../helpers/silent-server.ts';
import { StudyReader } from '../../dashboard/server/studies.ts';

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

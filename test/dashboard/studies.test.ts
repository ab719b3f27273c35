import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import test from 'ava';
import type { Happening } from '../../dashboard/api.ts';
import { StudyReader } from '../../dashboard/server/studies.ts';

test('a database that does not answer is told in a sentence, and keeps nobody waiting', async (t) => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
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

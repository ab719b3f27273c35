import test from 'ava';
import { filesIn, start, temporaryFolder } from './process.ts';

test('the dashboard says where it is, and Ctrl-C ends it with nothing written', async (t) => {
  const folder = await temporaryFolder(t);
  const running = start(folder, ['dashboard', '--port', '0']);
  await running.said('Ctrl-C ends it.');
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  t.is(code, 130);
  t.regex(stdout, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n$/);
  t.regex(stderr, /Shows runs\/studies\.db and runs\./);
  t.regex(stderr, /The dashboard has ended; open it again with: npm run dashboard -- --port 0/);
  t.deepEqual(await filesIn(folder), []);
});

test('without a token the address is the port alone', async (t) => {
  const running = start(await temporaryFolder(t), ['dashboard', '--port', '0', '--no-token']);
  await running.said('Ctrl-C ends it.');
  running.child.kill('SIGTERM');
  t.regex((await running.ended).stdout, /^http:\/\/127\.0\.0\.1:\d+\n$/);
});

test('for a program the dashboard says where it is as JSON', async (t) => {
  const running = start(await temporaryFolder(t), ['dashboard', '--port', '0', '--json']);
  await running.said('Ctrl-C ends it.');
  running.child.kill('SIGINT');
  const { stdout } = await running.ended;
  t.regex(JSON.parse(stdout).token, /^[\w-]{32}$/);
  t.regex(JSON.parse(stdout).address, /^http:\/\/127\.0\.0\.1:\d+$/);
});

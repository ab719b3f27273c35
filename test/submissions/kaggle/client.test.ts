import test, { type ExecutionContext } from 'ava';
import { inspect } from 'node:util';
import { UserError } from '../../../base/user-error.ts';
import { createClient, kaggleEndpoint, type Client } from '../../../submissions/kaggle/client.ts';
import { readCredentials } from '../../../submissions/kaggle/credentials.ts';
import { type FakeKaggle, fakeKaggle, type FakeOptions, TOKEN } from './server.ts';

async function connect(
  t: ExecutionContext,
  options: FakeOptions = {},
  token = TOKEN,
): Promise<{ client: Client; server: FakeKaggle }> {
  const server = await fakeKaggle(t, options);
  const credentials = await readCredentials({ KAGGLE_API_TOKEN: token });
  return { client: createClient(kaggleEndpoint({ KAGGLE_API_ENDPOINT: server.endpoint }), credentials), server };
}

const path = '/competitions/data/download-all/digit-recognizer';

test('the interface is Kaggle’s unless another is named, and never one that others can overhear', (t) => {
  const of = (address?: string): string => kaggleEndpoint({ KAGGLE_API_ENDPOINT: address });
  t.is(of(), 'https://www.kaggle.com/api/v1');
  t.is(of('https://example.org/'), 'https://example.org/api/v1');
  for (const host of ['localhost:1', '127.0.0.1:1', '[::1]:1'])
    t.is(of(`http://${host}/api/v1`), `http://${host}/api/v1`);
  const unsafe = [
    'http://example.org',
    'http://127.0.0.1.example.org',
    'ftp://localhost',
    'https://a:b@example.org',
    'x',
  ];
  for (const address of unsafe) {
    t.throws(() => of(address), { instanceOf: UserError, message: /^Expected KAGGLE_API_ENDPOINT to be an https/ });
  }
});

test('a redirect to another host is followed without the credentials', async (t) => {
  const { client, server } = await connect(t, { zip: Buffer.from('content') });
  t.is(await (await client.get(path, 'digit-recognizer')).text(), 'content');
  t.deepEqual(
    server.asked.map(({ host, authorization }) => [host, authorization]),
    [
      ['api', `Bearer ${TOKEN}`],
      ['storage', undefined],
    ],
  );
});

test('a redirect within the host keeps them, and too many end', async (t) => {
  const { client, server } = await connect(t, { redirect: `/api/v1${path}` });
  await t.throwsAsync(() => client.get(path, 'digit-recognizer'), {
    message: /expected at most 5 redirects, got more/,
  });
  t.true(server.asked.every(({ authorization }) => authorization === `Bearer ${TOKEN}`));
});

test('a redirect to an address that is not safe is refused without a word of it', async (t) => {
  for (const redirect of ['http://example.org/?sign=secret', 'file:///etc/passwd', 'http://[/']) {
    const { client } = await connect(t, { redirect });
    const error = await t.throwsAsync(() => client.get(path, 'digit-recognizer'), { instanceOf: UserError });
    t.regex(error.message, /expected a redirect to https, got another one/);
    t.notRegex(error.message, /secret|passwd/);
  }
});

const rules = "You must accept this competition's rules before you'll be able to download files.";
const refusals: [status: number, message: string, headers: Record<string, string>, sentence: RegExp][] = [
  [
    403,
    rules,
    {},
    /^Kaggle wants its rules accepted first \(403: You must .*competitions\/digit-recognizer\/rules, and/,
  ],
  [403, "Permission 'competitions.participate' was denied", {}, /^Kaggle wants its rules accepted first/],
  [403, 'Forbidden', {}, /^Kaggle forbids it \(403: Forbidden\)\. Accept the rules at .* and verify your telephone/],
  [404, 'Not found', {}, /^Kaggle has no such thing in "digit-recognizer" \(404: Not found\)\. Look at https/],
  [429, 'Slow down', { 'retry-after': '30' }, /^Kaggle has had too many requests \(429: Slow down\)\. .* in 30 s\.$/],
  [
    429,
    '',
    { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' },
    /\(429\)\. Start again after Wed, 21 Oct 2026 07:28:00 GMT\.$/,
  ],
  [429, '', {}, /Start again in a few minutes\.$/],
  [400, 'Submission limit reached', {}, /^Kaggle refuses \(400: Submission limit reached\)\. Look at https/],
  [503, '', {}, /^Kaggle refuses \(503\)\. Start again later\.$/],
];

for (const [status, message, headers, sentence] of refusals) {
  test(`a refusal is explained: ${status} ${message || Object.values(headers).join()}`, async (t) => {
    const body = message === '' ? '<html>' : JSON.stringify({ code: status, message });
    const { client } = await connect(t, { refuse: { status, body, headers } });
    await t.throwsAsync(() => client.get(path, 'digit-recognizer'), { instanceOf: UserError, message: sentence });
  });
}

test('refused credentials are named by their place, not by themselves', async (t) => {
  const { client } = await connect(t, {}, 'KGAT_wrong');
  const error = await t.throwsAsync(() => client.get(path, 'digit-recognizer'), { instanceOf: UserError });
  t.regex(error.message, /^Kaggle refuses the credentials from KAGGLE_API_TOKEN \(401: Unauthenticated\)\. Make new/);
  t.notRegex(inspect(error, { depth: null }), /KGAT_wrong/);
});

test('what a server says is shown short, on one line, and without the secret', async (t) => {
  const body = JSON.stringify({ message: `\u001B[31mno\nto ${TOKEN} ${'x'.repeat(180)}${TOKEN}` });
  const { client } = await connect(t, { refuse: { status: 400, body } });
  const { message } = await t.throwsAsync(() => client.get(path, 'digit-recognizer'), { instanceOf: UserError });
  t.regex(message, /^Kaggle refuses \(400: \[31mno to \*\*\* x+\*\*\*\)\. Look at/);
  t.true(message.length < 300);
});

test('a host that does not answer is named', async (t) => {
  const credentials = await readCredentials({ KAGGLE_API_TOKEN: TOKEN });
  // Nobody listens on port 1.
  const client = createClient('http://127.0.0.1:1/api/v1', credentials);
  const error = await t.throwsAsync(() => client.get(path, 'digit-recognizer'), { instanceOf: UserError });
  t.regex(error.message, /^127\.0\.0\.1:1: cannot be reached.*Check the connection, and start again\.$/);
  t.notRegex(inspect(error, { depth: null }), new RegExp(TOKEN));
});

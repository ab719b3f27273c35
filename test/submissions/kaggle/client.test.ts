import test, { type ExecutionContext } from 'ava';
import { mkdir, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { UserError } from '../../../base/user-error.ts';
import { readAnswer } from '../../../submissions/kaggle/answer.ts';
import { type Client, type ClientOptions, createClient, kaggleEndpoint } from '../../../submissions/kaggle/client.ts';
import { readCredentials } from '../../../submissions/kaggle/credentials.ts';
import { listSubmissions } from '../../../submissions/kaggle/submissions.ts';
import { fakeProxy, PROXY_PASSWORD } from '../../helpers/proxy.ts';
import { temporaryFolder } from '../../data/tiny.ts';
import { type FakeKaggle, fakeKaggle, type FakeOptions, TOKEN } from './server.ts';

async function connect(
  t: ExecutionContext,
  options: FakeOptions = {},
  token = TOKEN,
  clientOptions: ClientOptions = {},
): Promise<{ client: Client; server: FakeKaggle }> {
  const server = await fakeKaggle(t, options);
  const credentials = await readCredentials({ KAGGLE_API_TOKEN: token });
  return {
    client: createClient(kaggleEndpoint({ KAGGLE_API_ENDPOINT: server.endpoint }), credentials, clientOptions),
    server,
  };
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
  t.true(message.length < 300, `${message.length}`);
});

test('a host that does not answer is named', async (t) => {
  const credentials = await readCredentials({ KAGGLE_API_TOKEN: TOKEN });
  // Nobody listens on port 1.
  const client = createClient('http://127.0.0.1:1/api/v1', credentials);
  const error = await t.throwsAsync(() => client.get(path, 'digit-recognizer'), { instanceOf: UserError });
  t.regex(error.message, /^127\.0\.0\.1:1: cannot be reached.*Check the connection, and start again\.$/);
  t.notRegex(inspect(error, { depth: null }), new RegExp(TOKEN));
});

const json = { 'content-type': 'application/json' };
const page = '<!doctype html><title>Log in</title>';
const endless = (response: ServerResponse, status = 200): void => {
  const more = (): void => void (response.destroyed || response.write('[1,'.repeat(30_000), more));
  response.writeHead(status, json);
  more();
};
const oddities: [what: string, answer: (response: ServerResponse) => void, found: RegExp][] = [
  ['a web page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page), /got a web page\./],
  ['a web page that says to be JSON', (response) => response.writeHead(200, json).end(page), /got a web page\./],
  ['nothing', (response) => response.writeHead(200).end(), /got an empty one\./],
  ['half of it', (response) => response.writeHead(200, json).end('[{"ref": 1'), /got no JSON\./],
  ['deep brackets', (response) => response.writeHead(200, json).end('['.repeat(100_000)), /got no JSON\./],
  ['more than there can be', (response) => endless(response), /got more than 4194304 bytes\./],
  [
    'less than it promised',
    (response) => response.writeHead(200, { ...json, 'content-length': 100 }).write('[', () => response.destroy()),
    /got an answer that was cut off\./,
  ],
  ['another thing', (response) => response.writeHead(200, json).end('{"token": "secret"}'), /got something else\./],
];

for (const [what, answer, found] of oddities) {
  test(`an answer is one sentence whatever comes: ${what}`, async (t) => {
    const { client } = await connect(t, { answer: (_, response) => answer(response) });
    const error = await t.throwsAsync(() => listSubmissions(client, 'digit-recognizer'), { instanceOf: UserError });
    t.regex(error.message, found);
    t.notRegex(inspect(error, { depth: null }), /secret/);
  });
}

test('an endless refusal is explained by its status', async (t) => {
  const { client } = await connect(t, { answer: (_, response) => endless(response, 503) });
  await t.throwsAsync(() => client.get(path, 'digit-recognizer'), {
    instanceOf: UserError,
    message: 'Kaggle refuses (503). Start again later.',
  });
});

test('a server that does not answer is given up', async (t) => {
  const { client } = await connect(t, { answer: () => {} }, TOKEN, { limitMs: 50 });
  await t.throwsAsync(() => listSubmissions(client, 'digit-recognizer'), {
    instanceOf: UserError,
    message: /^127\.0\.0\.1:\d+: has not answered in 1 s\. Check the connection, and start again\.$/,
  });
});

test('an answer that does not end is given up', async (t) => {
  const limit = new AbortController();
  const body = new ReadableStream({
    start: (stream) => stream.enqueue(Buffer.from('[')),
    pull: () => limit.abort(),
  });
  t.deepEqual(await readAnswer(new Response(body), limit.signal), {
    json: undefined,
    text: '[',
    fault: 'an answer that did not end',
  });
});

test('a redirect of what is sent is not followed', async (t) => {
  const answer: FakeOptions['answer'] = (_, response) =>
    void response.writeHead(302, { location: 'http://example.org/?secret' }).end();
  const { client } = await connect(t, { answer });
  await t.throwsAsync(() => client.post('/x', 'digit-recognizer', {}), {
    message: /^127\.0\.0\.1:\d+: expected an answer, got a redirect \(302\)\. Check the connection, and start again\.$/,
  });
});

test('pages of submissions that never end are given up', async (t) => {
  let ref = 0;
  const answer: FakeOptions['answer'] = (_, response) => {
    ref += 1;
    response.writeHead(200, json).end(JSON.stringify([{ ref, status: 'complete' }]));
  };
  const { client } = await connect(t, { answer });
  await t.throwsAsync(() => listSubmissions(client, 'digit-recognizer'), {
    instanceOf: UserError,
    message: /expected at most 200 pages of submissions, got more/,
  });
});

test('an abort ends the wait for an answer, and for its end', async (t) => {
  for (const begin of [false, true]) {
    const controller = new AbortController();
    const answer: FakeOptions['answer'] = (_, response) => {
      if (begin) response.writeHead(200, json).write('[');
      setImmediate(() => controller.abort());
    };
    const { client } = await connect(t, { answer }, TOKEN, { signal: controller.signal });
    await t.throwsAsync(() => listSubmissions(client, 'digit-recognizer'), { name: 'AbortError' });
  }
});

test('after credentials that Kaggle refuses, the next ones are tried, and all are named if none is accepted', async (t) => {
  const home = await temporaryFolder(t);
  await mkdir(join(home, '.kaggle'));
  await writeFile(join(home, '.kaggle', 'access_token'), 'KGAT_expired', { mode: 0o600 });
  const server = await fakeKaggle(t, { zip: Buffer.from('content') });
  const ask = async (key: string, notes: string[] = []): Promise<Response> => {
    const credentials = await readCredentials({ KAGGLE_USERNAME: 'ada', KAGGLE_KEY: key }, home);
    const client = createClient(`${server.endpoint}/api/v1`, credentials, { note: (text) => void notes.push(text) });
    return client.get(path, 'digit-recognizer');
  };
  const notes: string[] = [];
  t.is(await (await ask('key-of-the-test', notes)).text(), 'content');
  const file = join(home, '.kaggle', 'access_token');
  t.deepEqual(notes, [
    `Kaggle refuses the credentials from ${file}; asking with those from KAGGLE_USERNAME and KAGGLE_KEY.`,
  ]);
  const error = await t.throwsAsync(() => ask('wrong-key'), { instanceOf: UserError });
  t.true(error.message.includes(`from ${file}, and from KAGGLE_USERNAME and KAGGLE_KEY (401`), error.message);
  t.notRegex(inspect(error, { depth: null }), /KGAT_expired|wrong-key/);
});

test('Kaggle is asked through the proxy of the environment', async (t) => {
  const proxy = await fakeProxy(t);
  const environment = { http_proxy: proxy.address };
  const { client, server } = await connect(t, { zip: Buffer.from('content') }, TOKEN, { environment });
  t.is(await (await client.get(path, 'digit-recognizer')).text(), 'content');
  t.deepEqual(
    server.asked.map(({ host, authorization }) => [host, authorization]),
    [
      ['api', `Bearer ${TOKEN}`],
      ['storage', undefined],
    ],
  );
  t.is(proxy.asked.length, 2);
  const wary = await fakeProxy(t, 407);
  const refused = await connect(t, {}, TOKEN, { environment: { HTTP_PROXY: wary.address } });
  const error = await t.throwsAsync(() => refused.client.get(path, 'digit-recognizer'), { instanceOf: UserError });
  t.regex(
    error.message,
    /cannot be reached through the proxy of HTTP_PROXY, .* \(407: it wants a user and a password\)/,
  );
  t.false(inspect(error, { depth: null }).includes(PROXY_PASSWORD));
});

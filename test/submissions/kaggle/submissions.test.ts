import test, { type ExecutionContext } from 'ava';
import { findCompetition } from '../../../data/competitions/index.ts';
import { UserError } from '../../../base/user-error.ts';
import { type Client, createClient } from '../../../submissions/kaggle/client.ts';
import { readCredentials } from '../../../submissions/kaggle/credentials.ts';
import { RefusedError } from '../../../submissions/kaggle/refusal.ts';
import { kaggleName, listSubmissions, sendSubmission } from '../../../submissions/kaggle/submissions.ts';
import { type FakeKaggle, fakeKaggle, type FakeOptions, TOKEN } from './server.ts';

const cifar10Kaggle = findCompetition('cifar-10-kaggle');
const fashionMnist = findCompetition('fashion-mnist');
const digitRecognizer = findCompetition('digit-recognizer');
const syntheticDigits = findCompetition('synthetic-digits');

async function connect(t: ExecutionContext, options?: FakeOptions): Promise<{ client: Client; server: FakeKaggle }> {
  const server = await fakeKaggle(t, options);
  const credentials = await readCredentials({ KAGGLE_API_TOKEN: TOKEN });
  return { server, client: createClient(`${server.endpoint}/api/v1`, credentials) };
}

const content = Buffer.from('ImageId,Label\n1,7\n');
const submission = {
  file: 'some/where/swa.csv',
  content,
  message: 'SWA, Größe 1',
  modifiedAt: new Date(1_700_000_000_000),
};

test('only a competition of Kaggle has a name there', (t) => {
  t.is(kaggleName(digitRecognizer), 'digit-recognizer');
  t.is(kaggleName(cifar10Kaggle), 'cifar-10');
  t.throws(() => kaggleName(fashionMnist), {
    instanceOf: UserError,
    message: /got fashion-mnist, which is not one\. Its/,
  });
  t.throws(() => kaggleName(syntheticDigits), {
    instanceOf: UserError,
    message: /got synthetic-digits, which is not one\.$/,
  });
  t.throws(() => kaggleName({ ...syntheticDigits, id: 'own', description: 'own/competition.json' }), {
    instanceOf: UserError,
    message:
      'Expected a competition of Kaggle, got own, which is not one. ' +
      'If it is one, write "page": "https://www.kaggle.com/competitions/SLUG" into own/competition.json.',
  });
});

test('a submission is uploaded byte by byte and then handed in with its message', async (t) => {
  const { client, server } = await connect(t);
  const sent = await sendSubmission(client, 'digit-recognizer', submission);
  t.deepEqual(sent, { message: 'Successfully submitted to Digit Recognizer', ref: 42, isConfirmed: true });
  t.deepEqual(server.uploaded, [content]);
  t.deepEqual(server.submitted, [{ blobFileTokens: 'blob-token', submissionDescription: 'SWA, Größe 1' }]);
  t.deepEqual(
    server.asked.map(({ host, method, authorization }) => [host, method, authorization !== undefined]),
    [
      ['api', 'POST', true],
      ['storage', 'PUT', false],
      ['api', 'POST', true],
    ],
  );
});

test('a refused submission uploads nothing', async (t) => {
  const { client, server } = await connect(t, { refuse: { status: 403, body: '{"message": "accept the rules"}' } });
  await t.throwsAsync(() => sendSubmission(client, 'digit-recognizer', submission), {
    instanceOf: UserError,
    message: /^Kaggle wants its rules accepted first/,
  });
  t.deepEqual([server.uploaded, server.submitted], [[], []]);
});

test('whoever loses the answer is told to look before sending again', async (t) => {
  const { client, server } = await connect(t, { losesAnswer: true });
  await t.throwsAsync(() => sendSubmission(client, 'digit-recognizer', submission), {
    instanceOf: UserError,
    message: /cannot be reached.* Look with `npm run kaggle -- submissions` whether it took the submission before/,
  });
  t.is(server.submitted.length, 1);
});

test('a server that fails after all was handed in leaves open what it took', async (t) => {
  const confirm: FakeOptions['confirm'] = (response) => void response.writeHead(504).end('<html>');
  const { client } = await connect(t, { confirm });
  const error = await t.throwsAsync(() => sendSubmission(client, 'digit-recognizer', submission));
  t.false(error instanceof RefusedError);
  t.regex(error.message, /^Kaggle refuses \(504\)\. Look with `npm run kaggle -- submissions` whether it took/);
});

test('a confirmation that cannot be read is still one', async (t) => {
  const said: [confirm: FakeOptions['confirm'], message: string][] = [
    [(response) => response.end('<html>Thank you'), 'a web page'],
    [(response) => response.end(`Thank\u001b you, blob-token of ${TOKEN}`), String.raw`Thank\u001b you, *** of ***`],
    [(response) => response.end('{"ref": "x"}'), '{"ref": "x"}'],
    [(response) => response.end(), 'an empty one'],
    [
      (response) => response.writeHead(200, { 'content-length': 50 }).write('{', () => response.destroy()),
      'an answer that was cut off',
    ],
  ];
  for (const [confirm, message] of said) {
    const { client } = await connect(t, { confirm });
    const sent = await sendSubmission(client, 'digit-recognizer', submission);
    t.deepEqual(sent, { message, ref: null, isConfirmed: false });
  }
});

test('an answer in another form is refused without quoting it', async (t) => {
  const body = JSON.stringify({ token: 'secret', createUrl: 'not an address' });
  const { client } = await connect(t, { refuse: { status: 200, body } });
  const error = await t.throwsAsync(() => sendSubmission(client, 'digit-recognizer', submission));
  t.regex(error.message, /expected an address for the upload, got something else/);
  t.notRegex(error.message, /secret/);
});

test('submissions are listed in both forms that Kaggle answers in', async (t) => {
  const one = {
    ref: 42,
    date: '2026-01-02T03:04:05Z',
    status: 'COMPLETE',
    publicScore: '0.98742',
    fileName: 'swa.csv',
  };
  const two = { ref: 41, status: 'error', errorDescription: 'Wrong ids', publicScore: '' };
  for (const submissions of [[one, two], { submissions: [one, two], nextPageToken: '' }]) {
    const { client } = await connect(t, { pages: { 'page=1': submissions } });
    const found = await listSubmissions(client, 'digit-recognizer');
    t.is(found.length, 2);
    t.like(found[0], { ref: 42, publicScore: '0.98742', errorDescription: null });
    t.like(found[1], { ref: 41, publicScore: null, errorDescription: 'Wrong ids', date: null });
  }
});

test('all pages are listed, numbered or named, and a server that knows no pages is asked no further', async (t) => {
  const page = (...refs: number[]): object[] => refs.map((ref) => ({ ref, status: 'complete' }));
  const numbered = { 'page=1': page(5, 4), 'page=2': page(3, 2), 'page=3': page(1) };
  const named = {
    'page=1': { submissions: page(5, 4, 3), nextPageToken: 'a b' },
    'pageToken=a%20b': { submissions: page(2, 1), nextPageToken: '' },
  };
  const all = page(5, 4, 3, 2, 1);
  const unpaged = Object.fromEntries([1, 2, 3].map((number) => [`page=${number}`, all]));
  for (const [pages, requests] of [
    [numbered, 4],
    [named, 2],
    [unpaged, 2],
  ] as const) {
    const { client, server } = await connect(t, { pages });
    const found = await listSubmissions(client, 'digit-recognizer');
    t.deepEqual(
      found.map(({ ref }) => ref),
      [5, 4, 3, 2, 1],
    );
    t.is(server.asked.length, requests);
  }
});

import test, { type ExecutionContext } from 'ava';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { UserError } from '../../../base/user-error.ts';
import { findCredentials, readCredentials } from '../../../submissions/kaggle/credentials.ts';
import { temporaryFolder } from '../../data/tiny.ts';

const posix = process.platform === 'win32' ? test.skip : test; // Windows has no permissions of that kind.

/** A home with these files in `.kaggle`. */
async function homeWith(t: ExecutionContext, files: Record<string, string>): Promise<string> {
  const home = await temporaryFolder(t);
  await mkdir(join(home, '.kaggle'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(home, '.kaggle', name), text, { mode: 0o600 });
  return home;
}

async function headerOf(environment: NodeJS.ProcessEnv, home: string): Promise<string | null> {
  const headers = new Headers();
  (await readCredentials(environment, home)).authorize(headers);
  return headers.get('authorization');
}

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

test('credentials are found in the places of Kaggle’s command line, in its order', async (t) => {
  const json = '{"username": "ada", "key": "of-json"}';
  const home = await homeWith(t, { access_token: 'of-file\n', 'kaggle.json': json });
  const without = await homeWith(t, { 'kaggle.json': json });
  const other = await homeWith(t, { 'kaggle.json': '{"username": "bob", "key": "of-folder"}' });
  const pair = { KAGGLE_USERNAME: 'eve', KAGGLE_KEY: 'of-environment' };
  t.is(await headerOf({ KAGGLE_API_TOKEN: 'of-environment', ...pair }, home), 'Bearer of-environment');
  t.is(await headerOf(pair, home), 'Bearer of-file');
  t.is(await headerOf(pair, without), basic('eve:of-environment'));
  // Each variable replaces what the file says.
  t.is(await headerOf({ KAGGLE_KEY: 'alone' }, without), basic('ada:alone'));
  t.is(await headerOf({ KAGGLE_USERNAME: 'bob' }, without), basic('bob:of-json'));
  t.is(await headerOf({ KAGGLE_CONFIG_DIR: join(other, '.kaggle') }, without), basic('bob:of-folder'));
});

test('a token may be in a file that the environment names, in access_token.txt, or in that of a login', async (t) => {
  const home = await homeWith(t, { token: 'of-token', 'access_token.txt': '\uFEFFof-txt\r\n' });
  const file = join(home, '.kaggle', 'token');
  t.is(await headerOf({ KAGGLE_API_TOKEN: file }, home), 'Bearer of-token');
  t.is(await headerOf({ KAGGLE_API_TOKEN: 'x'.repeat(5000) }, home), `Bearer ${'x'.repeat(5000)}`);
  t.is(await headerOf({}, home), 'Bearer of-txt');
  t.is(await headerOf({ KAGGLE_API_V1_TOKEN: file }, home), 'Bearer of-txt');
  const notebook = { KAGGLE_KERNEL_RUN_TYPE: 'Interactive', KAGGLE_DATA_PROXY_URL: 'https://example.org' };
  t.is(await headerOf({ ...notebook, KAGGLE_API_V1_TOKEN: file, KAGGLE_API_TOKEN: 'other' }, home), 'Bearer of-token');
  const login = { refresh_token: 'r', access_token: 'of-login', access_token_expiration: '2999-01-01T00:00:00+00:00' };
  t.is(await headerOf({}, await homeWith(t, { 'credentials.json': JSON.stringify(login) })), 'Bearer of-login');
  const old = { ...login, access_token_expiration: '2020-01-01T00:00:00.123456+00:00' };
  const error = await t.throwsAsync(async () =>
    readCredentials({}, await homeWith(t, { 'credentials.json': JSON.stringify(old) })),
  );
  t.regex(error.message, /credentials\.json: .* got an expired one\. Type "kaggle auth print-access-token"/);
});

test('kaggle.json is found where the desktop keeps settings, on Linux alone', async (t) => {
  const home = await temporaryFolder(t);
  const json = (key: string): string => JSON.stringify({ username: 'ada', key });
  for (const [folder, key] of [
    ['.config', 'of-config'],
    ['xdg', 'of-xdg'],
  ]) {
    await mkdir(join(home, folder, 'kaggle'), { recursive: true });
    await writeFile(join(home, folder, 'kaggle', 'kaggle.json'), json(key), { mode: 0o600 });
  }
  const on = async (platform: NodeJS.Platform, environment: NodeJS.ProcessEnv = {}): Promise<string | null> => {
    const headers = new Headers();
    (await findCredentials(environment, home, platform))?.authorize(headers);
    return headers.get('authorization');
  };
  t.is(await on('linux'), basic('ada:of-config'));
  t.is(await on('linux', { XDG_CONFIG_HOME: join(home, 'xdg') }), basic('ada:of-xdg'));
  t.is(await on('darwin'), null);
  await mkdir(join(home, '.kaggle'));
  t.is(await on('linux'), basic('ada:of-config'));
  await writeFile(join(home, '.kaggle', 'kaggle.json'), Buffer.from(`\uFEFF${json('of-home')}`, 'utf16le'), {
    mode: 0o600,
  });
  t.is(await on('linux'), basic('ada:of-home'));
});

test('what cannot be used hides nothing that can, and is named', async (t) => {
  const json = '{"username": "ada", "key": "of-json"}';
  const broken: [files: Record<string, string>, environment: NodeJS.ProcessEnv, sentence: RegExp][] = [
    [{ access_token: '' }, {}, /access_token: expected a token without spaces/],
    [{ access_token: 'a b' }, {}, /access_token: expected a token without spaces/],
    [{}, { KAGGLE_API_TOKEN: 'a b' }, /^KAGGLE_API_TOKEN: expected a token without spaces/],
    [{}, { KAGGLE_USERNAME: 'eve', KAGGLE_KEY: 'a b' }, /^KAGGLE_USERNAME and KAGGLE_KEY: expected a token/],
  ];
  for (const [files, environment, sentence] of broken) {
    const home = await homeWith(t, { 'kaggle.json': json, ...files });
    const found = await readCredentials(environment, home);
    t.is(found.source, join(home, '.kaggle', 'kaggle.json'));
    t.is(found.passedOver.length, 1);
    t.regex(found.passedOver[0], sentence);
  }
  const home = await homeWith(t, { 'kaggle.json': '{"username": "ada"', access_token: 'good' });
  t.deepEqual((await readCredentials({}, home)).passedOver, []);
});

test('a kaggle.json that holds settings alone is none of credentials', async (t) => {
  t.is(await findCredentials({}, await homeWith(t, { 'kaggle.json': '{"competition": "titanic"}' })), null);
});

test('without credentials there are none, and a person is told where to get them', async (t) => {
  const home = await temporaryFolder(t);
  t.is(await findCredentials({}, home), null);
  await t.throwsAsync(() => readCredentials({}, home), {
    instanceOf: UserError,
    message: /^Expected credentials for Kaggle, found none\. Make a token at https:\/\/www\.kaggle\.com\/settings/,
  });
});

posix('a file that others can read is refused with the command that fixes it', async (t) => {
  for (const name of ['access_token', 'kaggle.json']) {
    const home = await homeWith(t, { [name]: '{"username": "ada", "key": "secret"}' });
    const file = join(home, '.kaggle', name);
    for (const mode of [0o644, 0o640, 0o604]) {
      await chmod(file, mode);
      await t.throwsAsync(() => findCredentials({}, home), {
        instanceOf: UserError,
        message: `${file}: expected a file that only you can read, got mode ${mode.toString(8)}. Type: chmod 600 ${file}`,
      });
    }
  }
});

test('no message about broken credentials shows them', async (t) => {
  const cases: [files: Record<string, string>, environment: NodeJS.ProcessEnv][] = [
    [{ 'kaggle.json': '{"username": "ada", "key": "secret"' }, {}],
    [{ 'kaggle.json': '{"username": "ada", "keys": "secret"}' }, {}],
    [{ 'kaggle.json': '{"username": "ada", "key": "sec\\nsecret"}' }, {}],
    [{ access_token: 'secret secret' }, {}],
    [{ access_token: 'secret'.repeat(2000) }, {}],
    [{}, { KAGGLE_API_TOKEN: 'secret\nsecret' }],
    [{}, { KAGGLE_USERNAME: 'ada', KAGGLE_KEY: 'secret\r\n' }],
  ];
  for (const [files, environment] of cases) {
    const home = await homeWith(t, files);
    const error = await t.throwsAsync(() => readCredentials(environment, home), { instanceOf: UserError });
    t.notRegex(inspect(error, { depth: null }).replaceAll(home, ''), /secret/);
  }
});

test('credentials show no secret when they are printed, and take it out of the texts of others', async (t) => {
  const home = await temporaryFolder(t);
  const pair = Buffer.from('ada:secret').toString('base64');
  const token = await readCredentials({ KAGGLE_API_TOKEN: 'secret' }, home);
  const key = await readCredentials({ KAGGLE_USERNAME: 'ada', KAGGLE_KEY: 'secret' }, home);
  for (const credentials of [token, key]) {
    t.notRegex(inspect(credentials, { depth: null, showHidden: true }) + JSON.stringify(credentials), /secret/);
    t.is(credentials.redact('bad secret, really'), 'bad ***, really');
  }
  t.is(key.redact(`bad ${pair}`), 'bad ***');
});

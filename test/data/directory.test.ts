/** Where files of images come from: folders and the network. */
import test from 'ava';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../base/user-error.ts';
import type { Competition } from '../../data/competition.ts';
import { dataDirectory, hasFiles } from '../../data/directory.ts';
import { allPixels } from '../../data/images.ts';
import { loadTest, loadTrain } from '../../data/load.ts';
import { failureOf, proxiedFetch, proxyFor } from '../../data/proxied-fetch.ts';
import { loadSampleSubmission } from '../../data/solution.ts';
import { listen } from '../helpers/http.ts';
import { fakeProxy, PROXY_PASSWORD } from '../helpers/proxy.ts';
import { temporaryFolder, tiny, trainText } from './tiny.ts';

const files = {
  'train.csv': trainText,
  'test.csv': 'pixel0,pixel1\n3,4\n',
  'sample_submission.csv': 'ImageId,Label\n1,0\n',
  'solution.csv': 'ImageId,Label\n1,2\n',
};

const builtIn: Competition = {
  ...tiny,
  page: null,
  generate: async (directory) => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  },
};

test('files are looked for in the folder named after the competition unless another is given', (t) => {
  t.true(dataDirectory(tiny).endsWith(join('data', 'raw', 'tiny')));
  t.is(dataDirectory(tiny, '/somewhere/'), '/somewhere');
});

test('a competition has files once its train or test file is there', async (t) => {
  const dataDir = await temporaryFolder(t);
  t.false(await hasFiles(tiny, join(dataDir, 'none')));
  await writeFile(join(dataDir, 'notes.txt'), '');
  t.false(await hasFiles(tiny, dataDir));
  await writeFile(join(dataDir, 'test.csv.gz'), gzipSync(files['test.csv']));
  t.true(await hasFiles(tiny, dataDir));
});

test('a built-in competition is generated on first use, and by several at once', async (t) => {
  const dataDir = join(await temporaryFolder(t), 'new', 'folder');
  const [train, { images }, ids] = await Promise.all([
    loadTrain(builtIn, { dataDir }),
    loadTest(builtIn, { dataDir }),
    loadSampleSubmission(builtIn, { dataDir }),
  ]);
  t.deepEqual([...allPixels(train), ...allPixels(images), ...ids!], [1, 2, 255, 0, 3, 4, '1']);
  t.deepEqual((await readdir(dataDir)).toSorted(), Object.keys(files).toSorted());
});

test('what was left out is generated, and what is there stays as it is', async (t) => {
  const dataDir = await temporaryFolder(t);
  const edited = 'label,pixel0,pixel1\n1,5,5\n';
  await writeFile(join(dataDir, 'train.csv'), edited);
  t.deepEqual([...allPixels((await loadTest(builtIn, { dataDir })).images)], [3, 4]);
  t.is(await readFile(join(dataDir, 'train.csv'), 'utf8'), edited);
});

test('a generation that fails leaves no file', async (t) => {
  const dataDir = await temporaryFolder(t);
  const failing: Competition = {
    ...builtIn,
    generate: async (directory) => {
      await writeFile(join(directory, 'train.csv'), 'half');
      throw new Error('stopped');
    },
  };
  await t.throwsAsync(loadTrain(failing, { dataDir }), { message: 'stopped' });
  t.deepEqual(await readdir(dataDir), []);
});

test('a folder that cannot be made is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), '');
  await t.throwsAsync(loadTrain(builtIn, { dataDir: join(folder, 'file') }), {
    instanceOf: UserError,
    message: /file: the files of tiny cannot be written there \(.*\)\. Free disk space or fix its permissions/,
  });
});

test('the proxy of the environment is found: small letters first, by the kind of the address', (t) => {
  const hostOf = (address: string, environment: NodeJS.ProcessEnv): string | undefined =>
    proxyFor(address, environment)?.host;
  const both = { https_proxy: 'http://small:1', HTTPS_PROXY: 'http://large:2', http_proxy: 'plain:3' };
  t.is(hostOf('https://www.kaggle.com', both), 'small:1');
  t.is(hostOf('https://www.kaggle.com', { HTTPS_PROXY: 'http://large:2', https_proxy: '' }), 'large:2');
  t.is(hostOf('http://example.org', both), 'plain:3');
  t.is(hostOf('http://example.org', { https_proxy: 'http://small:1' }), undefined);
  t.is(hostOf('https://example.org', { http_proxy: 'http://plain:3' }), undefined);
  t.is(hostOf('https://example.org', { ALL_PROXY: 'all:4' }), 'all:4');
  t.is(hostOf('https://example.org', {}), undefined);
});

test('hosts that no_proxy names, and what belongs to them, are asked directly', (t) => {
  const isDirect = (address: string, list: string, name = 'no_proxy'): boolean =>
    proxyFor(address, { https_proxy: 'http://proxy:1', http_proxy: 'http://127.0.0.1:1', [name]: list }) === null;
  for (const list of ['*', 'kaggle.com', '.kaggle.com', '*.kaggle.com', 'a, KAGGLE.com ,b', 'www.kaggle.com:443']) {
    t.true(isDirect('https://www.kaggle.com/x', list), list);
  }
  for (const list of ['', ',', 'aggle.com', 'www.kaggle.com:80', 'kaggle.com.example.org', 'api.kaggle.com']) {
    t.false(isDirect('https://www.kaggle.com/x', list), list);
  }
  t.true(isDirect('https://www.kaggle.com', 'kaggle.com', 'NO_PROXY'));
  t.true(isDirect('http://[::1]:8080/', '::1'));
  t.true(isDirect('http://[::1]:8080/', '[::1]:8080'));
  t.true(isDirect('http://127.0.0.1:8080/', 'localhost,127.0.0.1'));
});

test('what is on this machine and not encrypted goes through no proxy elsewhere', (t) => {
  t.is(proxyFor('http://127.0.0.1:1', { http_proxy: 'http://proxy.example.org:1' }), null);
  t.not(proxyFor('http://127.0.0.1:1', { http_proxy: 'http://localhost:1' }), null);
});

test('an address that is none of a proxy is refused without a word of it', (t) => {
  for (const value of [
    'socks5://me:secret@host:1',
    'http://',
    'http://me:%secret@host',
    'http://me:secret@h:99999999',
  ]) {
    const error = t.throws(() => proxyFor('https://example.org', { HTTPS_PROXY: value }), { instanceOf: UserError });
    t.regex(error.message, /^Expected HTTPS_PROXY to be the address of a proxy such as http:/);
    t.notRegex(inspect(error), /secret/);
  }
});

test('requests pass through the proxy with user and password, and not where it is excluded', async (t) => {
  const proxy = await fakeProxy(t);
  const target = await listen(t, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    response.end(`${request.method} ${body}`);
  });
  const init = { method: 'POST', body: new TextEncoder().encode('Größe'), headers: { 'content-type': 'text/plain' } };
  const response = await proxiedFetch(`${target}/a`, init, { http_proxy: proxy.address });
  t.is(await response.text(), 'POST Größe');
  const user = `Basic ${Buffer.from(`ada:${PROXY_PASSWORD}`).toString('base64')}`;
  t.deepEqual(proxy.asked, [{ target: `${target}/a`, user }]);
  const direct = await proxiedFetch(target, {}, { HTTP_PROXY: proxy.address, NO_PROXY: '127.0.0.1' });
  t.is(await direct.text(), 'GET ');
  t.is(proxy.asked.length, 1);
});

test('a proxy that cannot be reached, or refuses, is named without the password', async (t) => {
  const failure = async (address: string, environment: NodeJS.ProcessEnv): Promise<string> => {
    const error = await t.throwsAsync(() => proxiedFetch(address, {}, environment), { instanceOf: TypeError });
    return failureOf(error, address, environment);
  };
  const wary = await fakeProxy(t, 407);
  const away = `http://ada:${PROXY_PASSWORD}@127.0.0.1:1`; // Nobody listens on port 1.
  const through = ` through the proxy of https_proxy, ${wary.host}`;
  t.is(
    await failure('https://example.org', { https_proxy: wary.address }),
    `${through} (407: it wants a user and a password)`,
  );
  t.is(wary.asked[0].target, 'CONNECT example.org:443');
  t.is(
    await failure('https://example.org', { https_proxy: (await fakeProxy(t)).address }).then((text) => text.slice(-6)),
    ' (502)',
  );
  t.is(
    await failure('https://example.org', { all_proxy: away }),
    ' through the proxy of all_proxy, 127.0.0.1:1 (ECONNREFUSED)',
  );
  t.is(await failure('http://127.0.0.1:9', { no_proxy: '*', all_proxy: away }), '');
});

import test from 'ava';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Competition } from '../../data/competition.ts';
import { dataDirectory, hasFiles } from '../../data/directory.ts';
import { loadTest, loadTrain } from '../../data/load.ts';
import { loadSampleSubmission } from '../../data/solution.ts';
import { UserError } from '../../base/user-error.ts';
import { temporaryFolder, tiny, trainText } from './tiny.ts';
import { allPixels } from '../../data/images.ts';

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

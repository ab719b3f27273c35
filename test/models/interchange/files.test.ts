import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { UserError } from '../../../base/user-error.ts';
import { withNormalization } from '../../../models/engine/plan.ts';
import { loadPlan } from '../../../models/engine/plans.ts';
import { type Format, readModel, writeModel } from '../../../models/interchange/files.ts';
import { temporaryFolder } from '../../data/tiny.ts';
import { normalizedPixels, planOf } from '../../helpers/plans.ts';
import { someSolution } from './models.ts';

const plan = await loadPlan('mlp', { height: 4, width: 4, channels: 1 }, 3);
const solution = someSolution(plan);
const written = (format: Format, folder: string): Promise<string> =>
  writeModel({ plan, solution, metadata: {} }, format, { folder, name: 'a' });

test('a model is read back from either format', async (t) => {
  const folder = await temporaryFolder(t);
  t.deepEqual(await readModel(plan, await written('safetensors', folder)), { plan, solution });
  t.deepEqual(await readModel(plan, await written('tfjs', folder)), { plan, solution });
});

test('the normalisation of a file replaces that of the plan, and a file without one has none', async (t) => {
  const folder = await temporaryFolder(t);
  const trained = await planOf(normalizedPixels);
  const found = { plan: trained, solution: someSolution(trained) };
  const other = withNormalization(trained, { mean: [0, 0, 0], deviation: [1, 1, 1] });
  const file = await writeModel({ ...found, metadata: {} }, 'safetensors', { folder, name: 'normalised' });
  t.deepEqual(await readModel(other, file), found);
  const early = { plan: withNormalization(trained, undefined), solution: found.solution };
  const earlyFile = await writeModel({ ...early, metadata: {} }, 'safetensors', { folder, name: 'early' });
  t.deepEqual(await readModel(trained, earlyFile), early);

  const model = await loadPlan('resnet-small', { height: 8, width: 8, channels: 3 }, 3);
  const colour = withNormalization(model, { mean: [0.5, 0.25, 0.4465], deviation: [0.2023, 0.1994, 0.201] });
  for (const each of [colour, withNormalization(colour, undefined)]) {
    const name = await writeModel({ plan: each, solution: someSolution(each), metadata: {} }, 'tfjs', {
      folder,
      name: 'colour',
    });
    t.deepEqual(await readModel(model, name), { plan: each, solution: someSolution(each) });
    await rm(name, { recursive: true });
  }
  const text = await readFile(file, 'latin1');
  await writeFile(file, text.replace('0.1994', '0.0000'), 'latin1');
  await t.throwsAsync(readModel(other, file), {
    message: /expected finite means and deviations above 0 of the pixels/,
  });
});

test('a model of tf.js whose layers have the names that tf.js gives, and a path of weights with ./, is read', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(await written('tfjs', folder), 'model.json');
  let text = (await readFile(file, 'utf8')).replace('"weights.bin"', '"./weights.bin"');
  const names = [...new Set(plan.weights.map(({ name }) => name.split('/')[0]))];
  for (const [i, name] of names.entries()) text = text.replaceAll(`"${name}`, `"layer_Kind${i + 1}`);
  await writeFile(file, text);
  t.deepEqual(await readModel(plan, file), { plan, solution });
  await writeFile(file, text.replace('"units":3', '"units":4'));
  await t.throwsAsync(readModel(plan, file), { instanceOf: UserError });
});

test('a file that says it was trained for other labels is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const metadata = { labels: '["a","b","c"]' };
  for (const format of ['safetensors', 'tfjs'] as const) {
    const file = await writeModel({ plan, solution, metadata }, format, { folder, name: 'labelled' });
    t.deepEqual(await readModel(plan, file, ['a', 'b', 'c']), { plan, solution });
    await t.throwsAsync(readModel(plan, file, ['a', 'c', 'b']), {
      instanceOf: UserError,
      message:
        /: expected a model for the labels \["a","c","b"\], got one for \["a","b","c"\]\. Name the competition to /,
    });
  }
});

test('a model.json that an editor has saved with a byte-order mark or in UTF-16 is read', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(await written('tfjs', folder), 'model.json');
  const text = await readFile(file, 'utf8');
  for (const encoding of ['utf8', 'utf16le'] as const) {
    await writeFile(file, `\uFEFF${text}`, encoding);
    t.deepEqual(await readModel(plan, file), { plan, solution });
  }
});

test('a model.json of very many levels is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'model.json');
  await writeFile(file, `{"modelTopology":${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
  const message = /model\.json: expected at most 64 levels of brackets, got more\. Name the model\.json /;
  await t.throwsAsync(readModel(plan, file), { instanceOf: UserError, message });
});

test('weights that are named many times are not all read', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(await written('tfjs', folder), 'model.json');
  const { weightsManifest, ...rest } = JSON.parse(await readFile(file, 'utf8'));
  const [{ paths, weights }] = weightsManifest;
  const many = Array.from({ length: 100_000 }, () => paths[0]);
  await writeFile(file, JSON.stringify({ ...rest, weightsManifest: [{ paths: many, weights }] }));
  const message = /model\.json: expected \d+ bytes of weights in weights\.bin, weights\.bin.*…, got \d+\. /;
  const error = await t.throwsAsync(readModel(plan, file), { instanceOf: UserError, message });
  t.true(error.message.length < 500, `${error.message.length}`);
});

test('files beyond the size of any model are refused before they are read', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.safetensors');
  await writeFile(file, '');
  await truncate(file, 2 ** 40);
  const message = /a\.safetensors: expected at most 268435456 bytes, got 1099511627776\. /;
  await t.throwsAsync(readModel(plan, file), { instanceOf: UserError, message });
});

const isUnix = process.platform === 'linux' || process.platform === 'darwin';
for (const name of ['a.safetensors', 'model.json', 'weights.bin']) {
  (isUnix ? test : test.skip)(
    `a FIFO, a device and a folder in the place of ${name} are refused at once`,
    async (t) => {
      const folder = await written('tfjs', await temporaryFolder(t));
      const file = join(folder, name);
      const makers = [
        () => Promise.resolve(execFileSync('mkfifo', [file])),
        () => symlink('/dev/zero', file),
        () => mkdir(join(file, 'model.json'), { recursive: true }),
      ];
      for (const make of makers) {
        await rm(file, { recursive: true, force: true });
        await make();
        const source = name === 'a.safetensors' ? file : folder;
        const message = /: expected a file, got a (FIFO|device or socket|folder)\. /;
        await t.throwsAsync(readModel(plan, source), { instanceOf: UserError, message });
      }
    },
  );
}

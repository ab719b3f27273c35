import test from 'ava';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../base/user-error.ts';
import { compile } from '../../models/engine/compile.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import type { Plan } from '../../models/engine/plan.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';
import { findModel, modelNames, type ModelName } from '../../models/architectures/index.ts';

const input = { height: 12, width: 8, channels: 3 };

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'plans-'));
  try {
    await body(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const compiled = async (id: string): Promise<Plan> => compile(findModel(id)(await loadTensorFlow(), input, 5));

for (const id of modelNames) {
  test(`the plan of ${id} is the same compiled and read back`, async (t) => {
    await withDirectory(async (directory) => {
      const expected = await compiled(id);
      t.deepEqual(await loadPlan(id, input, 5, directory), expected);
      t.deepEqual(await readdir(directory), [`${id}-12x8x3-5.json`]);
      t.deepEqual(await loadPlan(id, input, 5, directory), expected);
    });
  });
}

test('a stale, damaged or altered plan is compiled anew and replaced', async (t) => {
  await withDirectory(async (directory) => {
    const expected = await loadPlan('mlp', input, 5, directory);
    const file = path.join(directory, 'mlp-12x8x3-5.json');
    const text = await readFile(file, 'utf8');
    const damages = [
      text.slice(0, text.length / 2),
      '',
      'null',
      text.replace('"weightCount":', '"weightCount":1'),
      text.replace(/"digest":"./, '"digest":"x'),
    ];
    for (const damaged of damages) {
      t.not(damaged, text);
      await writeFile(file, damaged);
      t.deepEqual(await loadPlan('mlp', input, 5, directory), expected);
      t.is(await readFile(file, 'utf8'), text);
    }
  });
});

test('a folder that cannot be written makes no difference', async (t) => {
  await withDirectory(async (directory) => {
    const file = path.join(directory, 'file');
    await writeFile(file, '');
    t.deepEqual(await loadPlan('mlp', input, 5, path.join(file, 'plans')), await compiled('mlp'));
  });
});

test('an unknown model is named together with the known ones', async (t) => {
  const expected = {
    instanceOf: UserError,
    message: `Unknown model "resnet". Known: ${modelNames.toSorted().join(', ')}.`,
  };
  t.throws(() => findModel('resnet'), expected);
  t.throws(() => findModel('constructor'), { instanceOf: UserError });
  await t.throwsAsync(loadPlan('resnet' as ModelName, input, 5), expected);
});

test('a kept plan is read without loading tf.js, and tf.js prints nothing when it runs', async (t) => {
  await withDirectory(async (directory) => {
    const script = `
      import { loadPlan } from '${new URL('../../models/engine/plans.ts', import.meta.url).href}';
      import { createNetwork } from '${new URL('../../models/engine/engines.ts', import.meta.url).href}';
      const load = () => loadPlan('mlp', ${JSON.stringify(input)}, 5, ${JSON.stringify(directory)});
      const plan = await load();
      const loaded = '_tfengine' in globalThis;
      const network = await createNetwork(plan, 'tfjs:cpu');
      const images = { shape: plan.input, count: 1, pixels: new Uint8Array(${12 * 8 * 3}) };
      await network.predict(await network.measure(new Float32Array(plan.weightCount), images), images);
      console.log(loaded, '_tfengine' in globalThis);`;
    const run = () =>
      promisify(execFile)(process.execPath, [
        '--disable-warning=ExperimentalWarning',
        '--input-type=module-typescript',
        '--eval',
        script,
      ]);
    t.deepEqual({ ...(await run()) }, { stdout: 'true true\n', stderr: '' });
    t.deepEqual({ ...(await run()) }, { stdout: 'false true\n', stderr: '' });
  });
});

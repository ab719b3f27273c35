/** Plans of the architectures: compiled once, for a size of images. */
import test from 'ava';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../base/user-error.ts';
import { channelMoments } from '../../data/channel-moments.ts';
import type { Images } from '../../data/images.ts';
import { findModel, modelNames, type ModelName } from '../../models/architectures/index.ts';
import { chooseModel, modelChoice } from '../../models/choose-model.ts';
import type { Architecture } from '../../models/architecture.ts';
import { compile, compileArchitecture } from '../../models/engine/compile.ts';
import { type Plan, normalizationOf } from '../../models/engine/plan.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';
import { planFor } from '../../models/plan-for.ts';

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

test('an architecture that returns no network, or one of another name or size, is refused with its name', async (t) => {
  const tf = await loadTensorFlow();
  const network = (name: string, units: number) =>
    tf.sequential({
      name,
      layers: [
        tf.layers.flatten({ name: 'flatten', inputShape: [12, 8, 3] }),
        tf.layers.dense({ name: 'dense', units, activation: 'softmax' }),
      ],
    });
  const message = (build: () => unknown): string | undefined =>
    t.throws(() => compileArchitecture(tf, 'tiny', build as Architecture, input, 5), { instanceOf: UserError })
      ?.message;
  const end = ' Look at its file in models/architectures.';
  t.is(
    message(() => network('other', 5)),
    `The model "tiny": expected its network to have this name, got the name "other".${end}`,
  );
  t.is(
    message(() => network('tiny', 7)),
    `The model "tiny": expected 5 outputs, one for each class, got 7.${end}`,
  );
  t.is(
    message(() => undefined),
    `The model "tiny": expected its function to return a tf.js model, got something else.${end}`,
  );
  t.regex(
    message(() =>
      tf.sequential({ layers: [tf.layers.conv2d({ filters: 1, kernelSize: 99, inputShape: [12, 8, 3] })] }),
    )!,
    /^The model "tiny": expected a network for images of 12×8×3 and 5 classes, got an error: Negative dimension size .+$/,
  );
  t.is(compileArchitecture(tf, 'tiny', () => network('tiny', 5), input, 5).model, 'tiny');
});

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

const shape = { height: 8, width: 8, channels: 3 };
const classes = ['a', 'b'];

/** Channel c of image i is level(i, c) everywhere. */
function imagesOf(count: number, level: (image: number, channel: number) => number): Images {
  const pixels = new Uint8Array(new SharedArrayBuffer(count * 192));
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = level(Math.floor(i / 192), i % 3);
  return { shape, count, pixels };
}

test('mean and deviation of each channel are those of all pixels', (t) => {
  // 300 images are more than are read at once.
  const images = imagesOf(300, (image, channel) => (channel === 0 ? 51 * (image % 2) : 255 * (channel - 1)));
  t.deepEqual(channelMoments(images), { mean: [0.1, 0, 1], deviation: [0.1, 0, 0] });
  // A view has its own rows alone.
  t.deepEqual(channelMoments({ ...images, count: 2, rows: Uint32Array.of(1, 299) }).mean, [0.2, 0, 1]);
});

test('a model of colour images normalises by four decimals; a channel without a deviation keeps its scale', async (t) => {
  const plan = await planFor('resnet-small', { shape, classes }, async () =>
    imagesOf(3, (image, channel) => (channel === 0 ? image : 40)),
  );
  t.deepEqual(normalizationOf(plan), { mean: [0.0039, 0.1569, 0.1569], deviation: [0.0032, 1, 1] });
});

test('models of grey images, and those that do not normalise, need no images', async (t) => {
  const none = () => Promise.reject(new Error('not asked for'));
  t.is(normalizationOf(await planFor('resnet-small', { shape: { ...shape, channels: 1 }, classes }, none)), undefined);
  t.is(normalizationOf(await planFor('mlp', { shape, classes }, none)), undefined);
});

// Networks of the literature have the sizes that the literature gives.

const cifar = { height: 32, width: 32, channels: 3 };
/** Weights of the two 1×1 convolutions and their norms; He et al. count networks without them (option A). */
const SHORTCUTS = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64;

test('networks for CIFAR-10 have as many weights as in the literature', async (t) => {
  const counts: Partial<Record<ModelName, number>> = {
    // ResNet-8, -14, -20 and -32 without shortcuts; He et al. round the last two to .27 and .46 million.
    'resnet-small': 75_290 + SHORTCUTS,
    'resnet-14': 172_506 + SHORTCUTS,
    'resnet-20': 269_722 + SHORTCUTS,
    'resnet-32': 464_154 + SHORTCUTS,
    // No norm belongs to its shortcuts; the last norm has 64 channels and that of the stem is missing.
    'preact-resnet-20': 272_282,
    // Zagoruyko and Komodakis round it to .7 million.
    'wide-resnet-16-2': 691_674,
    'vgg-small': 288_746,
    'vgg-slim': 495_962,
    'vgg-wide': 1_978_026,
  };
  for (const [model, count] of Object.entries(counts)) {
    t.is((await loadPlan(model as ModelName, cifar, 10)).weightCount, count, model);
  }
});

test('deep-cnn has as many weights on digits as its comment says', async (t) => {
  t.is((await loadPlan('deep-cnn', { height: 28, width: 28, channels: 1 }, 10)).weightCount, 99_162);
});

const none = async (): Promise<number> => {
  throw new Error('The number of images plays no part.');
};

test('the default model follows from the size and the colours of the images, and from their number where there are many', async (t) => {
  const cases: [height: number, width: number, channels: number, count: number | null, model: ModelName][] = [
    [28, 28, 1, null, 'digit-cnn'],
    [4, 32, 1, null, 'digit-cnn'],
    [3, 28, 1, null, 'mlp'],
    [1, 93, 3, null, 'mlp'],
    [33, 28, 1, 1000, 'resnet-small'],
    [32, 32, 3, 50_000, 'vgg-slim'],
    [32, 32, 2, 97_656, 'vgg-slim'],
    [7, 32, 3, 1000, 'resnet-small'],
    [8, 96, 3, 1000, 'vgg-slim'],
    [8, 97, 3, 1000, 'resnet-small'],
    [32, 32, 3, 97_657, 'digit-cnn'],
    [224, 224, 3, 1000, 'resnet-small'],
    [224, 224, 3, 300_000, 'digit-cnn'],
  ];
  for (const [height, width, channels, count, model] of cases) {
    const chosen = await chooseModel({ height, width, channels }, count === null ? none : async () => count);
    t.is(chosen.model, model, `${height}×${width}×${channels}, ${count}`);
  }
  const { reason } = await chooseModel({ height: 224, width: 224, channels: 3 }, async () => 300_000);
  t.is(reason, 'these are colour images of 224 × 224, and too many for a larger one');
});

test('auto is a choice beside the models', (t) => {
  for (const name of ['auto', ...modelNames] as const) t.is(modelChoice(name), name);
  t.throws(() => modelChoice('best'), {
    instanceOf: UserError,
    message: /^Unknown model "best"\. Known: auto, deep-cnn, digit-cnn,/,
  });
});

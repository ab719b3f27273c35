import test from 'ava';
import type { LayersModel } from '@tensorflow/tfjs';
import { UserError } from '../../../base/user-error.ts';
import type { TensorFlow } from '../../../models/architecture.ts';
import { compile } from '../../../models/engine/compile.ts';
import { createNetwork } from '../../../models/engine/engines.ts';
import { normalizationOf, type Plan } from '../../../models/engine/plan.ts';
import { loadTensorFlow } from '../../../models/engine/tf.ts';
import { modelNames, models, type ModelName } from '../../../models/architectures/index.ts';
import { namedTensors, planMetadata, solutionOf } from '../../../models/interchange/tensors.ts';
import { checkLayers, decodeTfjs, encodeTfjs } from '../../../models/interchange/tfjs.ts';
import { predictedLabels } from '../../../pipeline/evaluate.ts';
import { assertClose } from '../../helpers/close.ts';
import {
  activated,
  branched,
  type Build,
  everyOption,
  residual,
  smallCnn as cnn,
  smallMlp as perceptron,
  someBatch,
  someWeights,
  windowed,
  withSomeNormalization,
} from '../../helpers/plans.ts';
import { functionalCnn, options, someSolution } from './models.ts';

/** Probabilities in single precision: two orders of summation differ by some 1e-7 of a logit. */
const tolerance = 1e-5;
/** Winograd's transforms round more in 32 layers of arbitrary weights, and over 256 channels: 1.1e-5 from float64, where tf.js has 2.6e-6 (docs/design/decisions/0004-winograd.md). */
const deepTolerance = 5 * tolerance;
const IMAGES = 16;

const architecture =
  (id: ModelName): Build =>
  (tf) =>
    models[id](tf, { height: 12, width: 8, channels: 3 }, 5);

const cases: readonly [what: string, build: Build, engine: string][] = [
  ...modelNames.map((id): [string, Build, string] => [id, architecture(id), 'simd']),
  ['a sequential CNN', cnn, 'simd'],
  ['a functional CNN', functionalCnn, 'simd'],
  ['a perceptron', perceptron, 'simd'],
  ['unusual options', options, 'tfjs:cpu'],
  ['every option of a layer', everyOption, 'simd'],
  ['branches that join', branched, 'simd'],
  ['every activation', activated, 'simd'],
  ['dilated and padded windows, and layer norm', windowed, 'simd'],
  ['shortcuts', residual, 'simd'],
];

/** What a test needs of a model: its plan, a solution with measured statistics, and the two exported files. */
async function exported(tf: TensorFlow, build: Build, engine: string) {
  const model = build(tf);
  const plan = withSomeNormalization(compile(model));
  const network = await createNetwork(plan, engine);
  const images = someBatch(plan, IMAGES);
  const solution = await network.measure(someWeights(plan), images);
  const file = { tensors: namedTensors(plan, solution), metadata: { ...planMetadata(plan), fold: '2' } };
  const files = encodeTfjs(model, file, normalizationOf(plan));
  model.dispose();
  return { plan, network, images, solution, ...files };
}

/** Loads the two files as any user of tf.js does. */
function loadPlainly(tf: TensorFlow, json: string, weights: Buffer): Promise<LayersModel> {
  const { modelTopology, weightsManifest, userDefinedMetadata } = JSON.parse(json);
  const weightSpecs = weightsManifest[0].weights;
  const weightData = Uint8Array.from(weights).buffer;
  return tf.loadLayersModel({
    load: () => Promise.resolve({ modelTopology, weightSpecs, weightData, userDefinedMetadata }),
  });
}

function predictPlainly(tf: TensorFlow, model: LayersModel, plan: Plan, pixels: Uint8Array): Float32Array {
  const { height, width, channels } = plan.input;
  return tf.tidy(() => {
    const images = tf.tensor4d(Float32Array.from(pixels), [IMAGES, height, width, channels]).div(255);
    const output = model.predict(images);
    if (Array.isArray(output)) throw new TypeError('Expected one output.');
    return output.dataSync<'float32'>();
  });
}

for (const [what, build, engine] of cases) {
  let made: ReturnType<typeof exported> | undefined;
  const exportedOnce = (tf: TensorFlow) => (made ??= exported(tf, build, engine));

  test.serial(`plain tf.js predicts with ${what} what the ${engine} engine predicts`, async (t) => {
    const tf = await loadTensorFlow();
    const { plan, network, images, solution, json, weights } = await exportedOnce(tf);
    const expected = await network.predict(solution, images);
    const model = await loadPlainly(tf, json, weights);
    const actual = predictPlainly(tf, model, plan, images.pixels);
    assertClose(
      t,
      actual,
      expected,
      what === 'resnet-32' || what === 'vgg-wide' ? deepTolerance : tolerance,
      'probabilities',
    );
    t.deepEqual(predictedLabels(actual, plan.classes), predictedLabels(expected, plan.classes));
    t.is((model.getUserDefinedMetadata() as { fold: string }).fold, '2');
    model.dispose();
  });

  test.serial(`${what} is read back bit by bit, with its layers`, async (t) => {
    const tf = await loadTensorFlow();
    const { plan, solution, json, weights } = await exportedOnce(tf);
    const read = await decodeTfjs(tf, json, 'model.json', () => Promise.resolve(weights));
    t.deepEqual(solutionOf(plan, read.tensors, 'model.json'), solution);
    t.deepEqual(read.plan, plan);
    t.is(read.metadata.fold, '2');
    checkLayers(plan, read.plan, 'model.json');
  });
}

test.serial('a model that tf.js itself has saved is read, moving statistics included', async (t) => {
  const tf = await loadTensorFlow();
  const model = cnn(tf);
  const plan = compile(model);
  const expected = someSolution(plan);
  for (const { name, shape, values } of namedTensors(plan, expected)) {
    model.weights.find((weight) => weight.originalName === name)?.write(tf.tensor(values, [...shape]));
  }
  let files: { json: string; weights: Buffer } | undefined;
  await model.save({
    save({ modelTopology, weightSpecs, weightData }) {
      const weightsManifest = [{ paths: ['group1-shard1of1.bin'], weights: weightSpecs }];
      const json = JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest });
      files = { json, weights: Buffer.from(weightData as ArrayBuffer) };
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
    },
  });
  model.dispose();
  const asked: string[] = [];
  const read = await decodeTfjs(tf, files!.json, 'model.json', (name) => {
    asked.push(name);
    return Promise.resolve(files!.weights);
  });
  t.deepEqual(asked, ['group1-shard1of1.bin']);
  t.deepEqual(solutionOf(plan, read.tensors, 'model.json'), expected);
  checkLayers(plan, read.plan, 'model.json');
});

const replace =
  (from: string, to: string) =>
  (json: string): string =>
    json.replace(from, to);

const broken: readonly [what: string, damage: (json: string) => string, message: RegExp][] = [
  ['is cut', (json) => json.slice(0, 100), /^model\.json: expected JSON/],
  [
    'is a graph model',
    replace('"layers-model"', '"graph-model"'),
    /expected `format` to be "layers-model", got "graph/,
  ],
  ['has no layers', replace('"modelTopology"', '"topology"'), /`modelTopology` to be an object with the layers, got/],
  ['has a layer that nobody knows', replace('"Flatten"', '"Flat"'), /tf\.js cannot make a model.*Unknown layer: Flat/],
  [
    'has a layer that we cannot run',
    replace('"relu"', '"softsign"'),
    /^model\.json: Cannot compile the layer "dense1"/,
  ],
  ['points elsewhere', replace('weights.bin', '../weights.bin'), /name of a file in the same folder, got "\.\.\//],
  [
    'has other types',
    replace('[20,9],"dtype":"float32"', '[20,9],"dtype":"int32"'),
    /\.dtype` to be "float32", got "int32"/,
  ],
  [
    'is quantized',
    replace('[20,9],"dtype":"float32"', '[20,9],"dtype":"float32","quantization":{"dtype":"uint8"}'),
    /quantization` to be absent/,
  ],
  ['has other sizes', replace('"shape":[9]', '"shape":[8]'), /expected 872 bytes of weights in weights\.bin, got 876/],
  [
    'asks for more weights than it has',
    replace('"units":9', '"units":1000000000'),
    /tf\.js cannot make a model.*its layers have more weights than the file, which has 219/,
  ],
];

for (const [what, damage, message] of broken) {
  test.serial(`a model.json that ${what} is refused`, async (t) => {
    const tf = await loadTensorFlow();
    const { json, weights } = await exported(tf, perceptron, 'simd');
    const damaged = damage(json);
    t.not(damaged, json);
    const read = decodeTfjs(tf, damaged, 'model.json', () => Promise.resolve(weights));
    await t.throwsAsync(read, { instanceOf: UserError, message });
  });
}

test.serial(
  'layers that compute something else are refused, other names of layers without weights are not',
  async (t) => {
    const tf = await loadTensorFlow();
    const planOf = async (change: (json: string) => string): Promise<Plan> => {
      const { json, weights } = await exported(tf, cnn, 'simd');
      return (await decodeTfjs(tf, change(json), 'model.json', () => Promise.resolve(weights))).plan;
    };
    const plan = await planOf((json) => json);
    checkLayers(plan, await planOf(replace('"relu1"', '"other"')), 'model.json');
    const epsilon = await planOf(replace('"epsilon":0.00001', '"epsilon":0.001'));
    t.throws(() => checkLayers(plan, epsilon, 'model.json'), {
      instanceOf: UserError,
      message:
        /^model\.json: expected the layers of test, but they differ at "bn1": .*"epsilon":0\.00001.*"epsilon":0\.001/,
    });
  },
);

import test, { type ExecutionContext } from 'ava';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findCompetition } from '../../data/competitions/index.ts';
import { loadTest } from '../../data/load.ts';
import { initialWeights } from '../../models/engine/layout.ts';
import { writeModel } from '../../models/interchange/files.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';
import { predictedLabels } from '../../pipeline/evaluate.ts';
import { plain } from '../../pipeline/methods/plain.ts';
import { listRuns } from '../../records/run.ts';
import { type Run, writeRun } from '../../records/write-run.ts';
import { readSubmission } from '../../submissions/submission.ts';
import { runIn } from './in-process.ts';
import { filesIn, sharedProject, temporaryFolder } from './process.ts';
import { allPixels } from '../../data/images.ts';

const syntheticDigits = findCompetition('synthetic-digits');

/** Runs a command that must succeed and returns what it printed as JSON. */
async function json(t: ExecutionContext, folder: string, words: readonly string[]) {
  const { code, stdout, stderr } = await runIn(folder, [...words, '--json', '-q']);
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  return JSON.parse(stdout);
}

const { folder, data } = sharedProject();
/** A run of two folds: its id and what `submit` said about it. */
let id = '';
let submitted: { readonly sha256: string; readonly test: unknown };
test.serial.before(async (t) => {
  const result = await json(t, folder, ['submit', ...data, '--method', 'plain', '--epochs', '2', '--folds', '2']);
  [id] = await readdir(join(folder, 'runs'));
  submitted = result.methods.plain;
});

test.serial('exported folds, imported again, make the same submission with the same score', async (t) => {
  const inRun = await readdir(join(folder, 'runs', id));
  t.deepEqual(inRun.toSorted(), [
    'out-of-fold-probabilities.npy',
    'plan.json',
    'record.json',
    'solutions.f32',
    'test-probabilities.npy',
  ]);
  for (const format of ['tfjs', 'safetensors']) {
    const exported = await json(t, folder, ['export', '--run', id, '--format', format]);
    const paths: string[] = exported.models.map((model: { path: string }) => model.path);
    const ending = format === 'tfjs' ? '' : '.safetensors';
    t.deepEqual(
      paths,
      [1, 2].map((fold) => `runs/${id}/${format}/fold-${fold}${ending}`),
    );
    const imported = await json(t, folder, ['import', ...data, ...paths]);
    t.regex(imported.submission, /^submissions\/synthetic-digits\/\d{8}T\d{6}Z-imported(-\d+)?\/imported\.csv$/);
    t.is(imported.sha256, submitted.sha256);
    t.deepEqual(imported.test, submitted.test);
    t.deepEqual([imported.images, imported.engine, imported.models], [100, 'simd', paths]);
  }
});

test.serial('import takes the model that the first file names, and refuses a file of another one', async (t) => {
  const plan = await loadPlan('mlp', { width: 28, height: 28, channels: 1 }, 10);
  const solution = { weights: initialWeights(plan, 1), statistics: new Float32Array(plan.statisticsCount) };
  for (const format of ['tfjs', 'safetensors'] as const) {
    await writeModel({ plan, solution, metadata: {} }, format, { folder: join(folder, 'mlps'), name: 'mlp' });
  }
  for (const file of ['mlps/mlp', 'mlps/mlp.safetensors']) {
    t.like(await json(t, folder, ['import', ...data, file]), { model: 'mlp', images: 100, models: [file] });
  }
  await writeModel({ plan: { ...plan, model: 'tiny' }, solution, metadata: {} }, 'safetensors', {
    folder: join(folder, 'mlps'),
    name: 'tiny',
  });
  const lacking = await runIn(folder, ['import', ...data, 'mlps/tiny.safetensors']);
  t.is(lacking.code, 2);
  t.regex(
    lacking.stderr,
    /mlps\/tiny\.safetensors: Unknown model "tiny"\. Known: .*digit-cnn.*\. Use the version of the program that wrote/,
  );
  await json(t, folder, ['export', '--run', id, '--format', 'safetensors', '--out', 'cnns']);
  const words = ['import', ...data, 'mlps/mlp.safetensors', 'cnns/fold-1.safetensors'];
  const { code, stderr } = await runIn(folder, words);
  t.is(code, 2);
  t.regex(stderr, /cnns\/fold-1\.safetensors: expected a file of mlp with model mlp, got "digit-cnn"\. Name the model/);
});

test.serial('plain tf.js predicts with an exported fold the labels that import writes', async (t) => {
  const words = ['export', '--format', 'tfjs', '--fold', '2', '--out', 'mine/models'];
  const { code, stdout, stderr } = await runIn(folder, words);
  t.deepEqual({ code, stdout: stdout.includes('mine/models/fold-2') }, { code: 0, stdout: true });
  t.regex(stderr, /^Run: plain-[0-9a-f]{8}, the newest in runs\.\n$/);
  t.deepEqual(await filesIn(join(folder, 'mine')), ['models/fold-2/model.json', 'models/fold-2/weights.bin']);

  const tf = await loadTensorFlow();
  const { modelTopology, weightsManifest } = JSON.parse(
    await readFile(join(folder, 'mine/models/fold-2/model.json'), 'utf8'),
  );
  const weights = await readFile(join(folder, 'mine/models/fold-2', weightsManifest[0].paths[0]));
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology,
      weightSpecs: weightsManifest[0].weights,
      weightData: Uint8Array.from(weights).buffer,
    }),
  );
  const { images } = await loadTest(syntheticDigits, { dataDir: join(folder, 'digits') });
  const pixels = tf.tensor4d(Float32Array.from(allPixels(images)), [images.count, 28, 28, 1]).div(255);
  const output = model.predict(pixels);
  if (Array.isArray(output)) throw new TypeError('Expected one output.');
  const labels = predictedLabels(await output.data<'float32'>(), 10);

  const { submission } = await json(t, folder, ['import', ...data, 'mine/models/fold-2', '--out-dir', 'mine']);
  t.regex(submission, /^mine\/\d{8}T\d{6}Z-imported(-\d+)?\/imported\.csv$/);
  t.deepEqual((await readSubmission(join(folder, submission), syntheticDigits)).labels, labels);
});

const score = { accuracy: 0.5, n: 2, standardError: 0.35 };
const zeros = { weights: new Float32Array(2174), statistics: new Float32Array(16) };
const fold = { train: score, validation: score, seconds: 1, epochs: [] };
/** A run with two solutions of the first fold. */
const recorded: Run = {
  configuration: {
    competition: 'synthetic-digits',
    model: 'digit-cnn',
    engine: 'simd',
    method: 'plain',
    parameters: plain.defaults,
    paramsFrom: 'defaults',
    epochs: 1,
    folds: 2,
    seed: 1,
  },
  startedAt: new Date(0),
  seconds: 1,
  folds: [
    { ...fold, solutions: [zeros, zeros] },
    { ...fold, solutions: [zeros] },
  ],
  scores: { train: score, outOfFold: score, test: null },
  submission: { file: 'x.csv', sha256: '' },
};

test('a run whose model was edited is refused with what differs; a damaged plan is named', async (t) => {
  const other = await temporaryFolder(t);
  const plan = await loadPlan('digit-cnn', { height: 28, width: 28, channels: 1 }, 10);
  const edited = plan.nodes.map((node) => (node.kind === 'batchNorm' ? { ...node, epsilon: 0.25 } : node));
  await writeRun(join(other, 'runs'), { ...recorded, plan: { ...plan, nodes: edited } });
  const { code, stderr } = await runIn(other, ['export']);
  t.is(code, 2);
  t.regex(
    stderr,
    /expected the model digit-cnn as it was trained, with .*"epsilon":0\.25.* at "\w+", got .*"epsilon":0\.00001.*Use the version that trained it, or train again\.\n$/,
  );
  const [run] = await listRuns(join(other, 'runs'));
  await writeFile(join(run, 'plan.json'), '{}');
  t.regex(
    (await runIn(other, ['export'])).stderr,
    /plan\.json: expected the checksum as record\.json says, got another/,
  );
});

test('several solutions of a fold become a file each', async (t) => {
  const other = await temporaryFolder(t);
  await writeRun(join(other, 'runs'), recorded);
  await json(t, other, ['export', '--format', 'safetensors', '--out', 'all']);
  t.deepEqual(await filesIn(join(other, 'all')), [
    'fold-1-solution-1.safetensors',
    'fold-1-solution-2.safetensors',
    'fold-2.safetensors',
  ]);
  const words = ['export', '--format', 'safetensors', '--out', 'all'];
  await json(t, other, words);
  await writeFile(join(other, 'all/fold-2.safetensors'), 'another model');
  const { code, stderr } = await runIn(other, words);
  t.is(code, 2);
  t.regex(
    stderr,
    /\nall\/fold-2\.safetensors: expected no such file, found one with other contents\. Name another .*--force\)\.\n$/,
  );
  t.is(await readFile(join(other, 'all/fold-2.safetensors'), 'utf8'), 'another model');
});

const unusable: readonly [words: string, sentence: RegExp][] = [
  ['export --format keras', /^Unknown format "keras"\. Known: tfjs, safetensors, onnx, page\./],
  [
    'export --run other',
    /^runs: expected a run whose name contains "other", found none\. Name a run, .* newest: [a-z]/,
  ],
  ['export --run runs/other', /^runs\/other\/record\.json: expected a file of a run record, found none/],
  ['export --fold 3', /^Expected --fold to be from 1 to 2, the folds of .*, got "3"\./],
  ['export --out digits/train.csv', /^digits\/train\.csv: expected a folder, got a file there or above it\. Move/],
  ['export --out digits/train.csv --format safetensors', /^digits\/train\.csv: expected a folder, got a file there/],
  ['export --out digits/train.csv --format page', /^digits\/train\.csv: expected a folder, got a file there/],
  ['import DATA', /^Missing required argument 'files'\. See --help\./],
  ['import DATA nowhere.safetensors', /^nowhere\.safetensors: expected a file of a model, found none/],
  ['import DATA digits', /^digits\/model\.json: expected a file of a model, found none/],
  ['import DATA digits/train.csv', /^digits\/train\.csv: expected a \.safetensors file, a model\.json of tf\.js or/],
  ['import DATA cut.safetensors', /^cut\.safetensors: expected a header of \d+ bytes, got 92\./],
  [
    'import DATA out/fold-1.safetensors --model mlp',
    /^out\/fold-1\.safetensors: expected a file of mlp .* got "digit-cnn"\./,
  ],
  ['import DATA out/fold-1.safetensors --out-dir digits/train.csv', /^digits\/train\.csv.*: /],
  ['import DATA out/fold-1.safetensors --solution nowhere.csv', /^nowhere\.csv: expected a solution file, found none/],
];

test.serial('unusable input ends with one sentence, exit code 2 and nothing written', async (t) => {
  await json(t, folder, ['export', '--format', 'safetensors', '--out', 'out']);
  const whole = await readFile(join(folder, 'out/fold-1.safetensors'));
  await writeFile(join(folder, 'cut.safetensors'), whole.subarray(0, 100));
  const before = await filesIn(folder);
  for (const [words, sentence] of unusable) {
    const { code, stdout, stderr } = await runIn(folder, `${words.replace('DATA', data.join(' '))} -q`.split(' '));
    t.regex(stderr, sentence, words);
    t.is(stderr.trimEnd().split('\n').length, 1, words);
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' }, words);
  }
  t.deepEqual(await filesIn(folder), before);
});

test('export without a run says how to get one', async (t) => {
  const empty = await temporaryFolder(t);
  await mkdir(join(empty, 'runs'));
  const { code, stderr } = await runIn(empty, ['export']);
  t.is(code, 2);
  t.is(stderr, 'runs: expected a run, found none. Train first (npm run submit), or name the folder of one.\n');
});

for (const command of ['export', 'import']) {
  test(`${command} --help shows examples and defaults`, async (t) => {
    const { code, stdout, stderr } = await runIn(await temporaryFolder(t), [command, '--help']);
    t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    t.regex(stdout, new RegExp(String.raw`^Usage: npm run ${command} -- \[options\]`));
    t.regex(stdout, new RegExp(`\\nExamples:\\n {2}npm run ${command}`));
    t.regex(stdout, /\(default: /);
  });
}

/** A safetensors file says all that is needed to rebuild its network, here and in PyTorch. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { UserError } from '../../../base/user-error.ts';
import { leadingPadding, type Plan, type PlanNode, trailingPadding } from '../../../models/engine/plan.ts';
import { createSimdNetwork } from '../../../models/engine/simd.ts';
import { readModel, writeModel } from '../../../models/interchange/files.ts';
import type { LayerDescription } from '../../../models/interchange/layers.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../models/interchange/safetensors.ts';
import type { ModelFile } from '../../../models/interchange/tensors.ts';
import { temporaryFolder } from '../../data/tiny.ts';
import { planOf, sequential, smallCnn, someBatch } from '../../helpers/plans.ts';
import { everyKind, mildSolution } from './models.ts';

const IMAGES = 3;
/** Rounding of float32 in other orders of sums, of probabilities. */
const tolerance = 1e-4;

const written = (plan: Plan, folder: string, name: string): Promise<string> =>
  writeModel({ plan, solution: mildSolution(plan), metadata: {} }, 'safetensors', { folder, name });

/** Parts of a layer that may be missing. */
const optionalParts: Readonly<Record<string, readonly string[]>> = {
  conv2d: ['bias'],
  depthwiseConv2d: ['bias'],
  dense: ['bias'],
  batchNorm: ['gamma', 'beta'],
  layerNorm: ['gamma', 'beta'],
};

/** The plan that a file describes, from nothing but the file. It does not say how weights start. */
function rebuilt({ tensors, metadata }: ModelFile) {
  const layers: LayerDescription[] = JSON.parse(metadata.layers);
  const isStatistic = (name: string): boolean => /\/moving_(?:mean|variance)$/.test(name);
  const sizes = { weights: 0, statistics: 0 };
  const entries = tensors.map(({ name, shape, values: { length: size } }) => {
    const part = isStatistic(name) ? 'statistics' : 'weights';
    const entry = { name, shape, offset: sizes[part], size };
    sizes[part] += size;
    return entry;
  });
  const offsetOf = (name: string): number => entries.find((entry) => entry.name === name)!.offset;
  const shapeOf = ([height, width, channels]: readonly number[]) => ({ height, width, channels });
  let dropouts = 0;
  const nodeOf = (layer: LayerDescription): object => {
    const { name, kind, inputs, output, weights = {}, activation, padding, ...rest } = layer;
    const { divisor: _divisor, groups: _groups, mean: means, deviation, ...details } = rest;
    const { mean, variance: _variance, ...trained } = weights;
    const sides = padding as Record<string, number> | undefined;
    const isPadded = sides && Object.values(sides).some((side) => side > 0);
    return {
      layer: name,
      kind,
      output: shapeOf(output),
      ...details,
      ...(means !== undefined && { normalization: { mean: means, deviation } }),
      ...(['add', 'multiply', 'concat'].includes(kind) ? { inputs } : kind !== 'input' && { input: inputs[0] }),
      ...(activation !== undefined && { name: activation, slope: rest.slope ?? 0 }),
      ...(kind === 'dropout' && { stream: dropouts++ }),
      ...(sides &&
        (kind === 'zeroPad' ? { top: sides.top, left: sides.left } : { padding: isPadded ? 'same' : 'valid' })),
      ...Object.fromEntries((optionalParts[kind] ?? []).map((part) => [part, null])),
      ...Object.fromEntries(Object.entries(trained).map(([part, tensor]) => [part, offsetOf(tensor)])),
      ...(mean !== undefined && { statistics: offsetOf(mean) }),
    };
  };
  return {
    model: metadata.model,
    input: shapeOf(layers[0].output),
    classes: layers[layers.length - 1].output[2],
    weights: entries.filter(({ name }) => !isStatistic(name)),
    weightCount: sizes.weights,
    statisticsCount: sizes.statistics,
    nodes: layers.slice(0, -1).map(nodeOf),
  };
}

/** 'same' where it adds nothing is 'valid'. */
function withoutIdlePadding(plan: Plan, node: PlanNode): PlanNode {
  if (!('padding' in node)) return node;
  const input = plan.nodes[node.input].output;
  const sides = [...leadingPadding(node, input), ...trailingPadding(node, input)];
  return sides.every((side) => side === 0) ? { ...node, padding: 'valid' } : node;
}

interface Written {
  readonly name: string;
  readonly plan: Plan;
  readonly file: string;
}

const models: Written[] = [];
const folder = await mkdtemp(join(tmpdir(), 'wide-optima-'));
test.after.always(() => rm(folder, { recursive: true }));
test.before(async () => {
  for (const [name, load] of Object.entries(everyKind)) {
    const plan = await load();
    models.push({ name, plan, file: await written(plan, folder, name) });
  }
});

test('the plan of every model is rebuilt from its file alone', async (t) => {
  for (const { name, plan, file } of models) {
    t.deepEqual(
      rebuilt(decodeSafetensors(await readFile(file), file)),
      {
        ...plan,
        weights: plan.weights.map(({ initializer: _initializer, ...entry }) => entry),
        nodes: plan.nodes.map((node) => withoutIdlePadding(plan, node)),
      } as object,
      name,
    );
  }
});

test('padding is four numbers: with a stride of 2, an even number of pixels has more of it behind', async (t) => {
  const plan = await planOf(
    sequential((of) => [
      of.conv2d({ name: 'conv', inputShape: [8, 7, 1], filters: 2, kernelSize: 3, strides: 2, padding: 'same' }),
      of.flatten(),
      of.dense({ name: 'dense', units: 2, activation: 'softmax' }),
    ]),
  );
  const file = await written(plan, await temporaryFolder(t), 'model');
  const layers: LayerDescription[] = JSON.parse(decodeSafetensors(await readFile(file), file).metadata.layers);
  t.deepEqual(layers[1], {
    name: 'conv',
    kind: 'conv2d',
    inputs: [0],
    output: [4, 4, 2],
    kernelSize: [3, 3],
    strides: [2, 2],
    dilation: [1, 1],
    padding: { top: 0, bottom: 1, left: 1, right: 1 },
    groups: 1,
    weights: { kernel: 'conv/kernel', bias: 'conv/bias' },
  });
});

test('a file of ours whose layers compute something else is refused; an older one need not name them', async (t) => {
  const plan = await planOf(smallCnn);
  const file = await written(plan, await temporaryFolder(t), 'model');
  const { tensors, metadata } = decodeSafetensors(await readFile(file), file);
  const readWith = async (layers: string | undefined) => {
    const { layers: _layers, ...others } = metadata;
    const changed = layers === undefined ? others : { ...others, layers };
    await writeFile(file, encodeSafetensors({ tensors, metadata: changed }));
    return readModel(plan, file);
  };
  t.deepEqual(await readWith(undefined), { plan, solution: mildSolution(plan) });
  await t.throwsAsync(readWith(metadata.layers.replace('"epsilon":0.00001', '"epsilon":0.001')), {
    instanceOf: UserError,
    message: /: expected the layers of test, but they differ at "bn1": .*"epsilon":0\.00001.*"epsilon":0\.001/,
  });
  for (const [layers, message] of [
    ['{}', /: expected `layers` to be a list, got \{\}\. Export the model again\.$/],
    ['[', /: `layers`: expected JSON, got something else .* Export the model again\.$/],
    ['[]', /: expected the layers of test, but they differ at "conv1_input": /],
  ] as const) {
    await t.throwsAsync(readWith(layers), { instanceOf: UserError, message });
  }
});

const find = 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)';
const python = ['python3', '/usr/bin/python3'].find((path) => spawnSync(path, ['-c', find]).status === 0);

/** Prints the probabilities of each network for its images. */
const driver = `
import sys
for path in sys.argv[1:]:
    network = Network(path)
    shape = [-1, *json.loads(network.metadata["input"])]
    images = torch.frombuffer(bytearray(open(path + ".images", "rb").read()), dtype=torch.uint8).reshape(shape)
    print(json.dumps(network(images).flatten().tolist()))
`;

(python === undefined ? test.skip : test)(
  `the program of docs/other-programs.md gives the same probabilities in PyTorch${python === undefined ? ' (no torch here)' : ''}`,
  async (t) => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/other-programs.md'), 'utf8');
    const [, source] = /```python\n([^]*?)```/.exec(page)!;
    for (const { plan, file } of models) await writeFile(`${file}.images`, someBatch(plan, IMAGES).pixels);
    const files = models.map(({ file }) => file);
    const { stdout, stderr, status } = spawnSync(python!, ['-c', source + driver, ...files], { encoding: 'utf8' });
    t.is(status, 0, stderr);
    for (const [i, { name, plan }] of models.entries()) {
      const probabilities: number[] = JSON.parse(stdout.split('\n')[i]);
      const network = await createSimdNetwork(plan);
      const expected = await network.predict(mildSolution(plan), someBatch(plan, IMAGES));
      t.is(probabilities.length, expected.length, name);
      const worst = expected.reduce((most, value, k) => Math.max(most, Math.abs(value - probabilities[k])), 0);
      t.true(worst < tolerance, `${name}: ${worst}`);
    }
  },
);

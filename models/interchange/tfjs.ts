/**
 * The layers format of tf.js: `model.json` with the model's layers and a list of its weights, and their values in
 * binary files beside it. `tf.loadLayersModel` reads it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LayersModel } from '@tensorflow/tfjs';
import { z } from 'zod';
import { decodeFloats, encodeFloats } from '../../base/floats.ts';
import { parseJson } from '../../base/json.ts';
import { printable, shownJson as shown } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import type { TensorFlow } from '../architecture.ts';
import { compile } from '../engine/compile.ts';
import type { Normalization, Plan } from '../engine/plan.ts';
import { expectSameLayers } from './layers.ts';
import { normalizerOf, normalizedBy, tensorsOfNormalizer } from './tfjs-normalization.ts';
import { type ModelFile, type NamedTensor, sizeOf, slotsOf } from './tensors.ts';

const FORMAT = 'layers-model';
/** Ten times the largest of our models. */
const LARGEST_WEIGHTS_BYTES = 2 ** 28;
export const WEIGHTS_FILE = 'weights.bin';

const wholeNumber = z.int('a whole number').nonnegative('at least 0');
const modelSchema = z.object(
  {
    format: z.literal(FORMAT, `"${FORMAT}"`).optional(),
    modelTopology: z.record(z.string(), z.unknown(), 'an object with the layers'),
    weightsManifest: z.array(
      z.object(
        {
          // Plain names: a file cannot make us read what lies elsewhere.
          paths: z.array(
            z.string().regex(/^(?:\.\/)?[\w-][\w.-]*$/, 'the name of a file in the same folder'),
            'a list',
          ),
          weights: z.array(
            z.object(
              {
                name: z.string('a text'),
                shape: z.array(wholeNumber, 'a list'),
                dtype: z.literal('float32', '"float32"'),
                quantization: z.undefined('absent').optional(),
              },
              'an object',
            ),
            'a list',
          ),
        },
        'an object',
      ),
      'a list',
    ),
    userDefinedMetadata: z.record(z.string(), z.unknown(), 'an object').optional(),
  },
  'an object',
);

/**
 * The two files of a model.
 * @param model says which layers there are; the values of its own weights play no part
 * @param file a value for each of the model's weights, and the metadata that `model.json` is to carry
 * @param normalization of the pixels. Default: none
 */
export function encodeTfjs(
  model: LayersModel,
  { tensors: trained, metadata }: ModelFile,
  normalization?: Normalization,
): { json: string; weights: Buffer } {
  const tensors = [...trained, ...tensorsOfNormalizer(model, normalization)];
  const json = JSON.stringify({
    format: FORMAT,
    generatedBy: metadata.producer,
    convertedBy: null,
    modelTopology: model.toJSON(null, false),
    weightsManifest: [
      {
        paths: [WEIGHTS_FILE],
        weights: tensors.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
      },
    ],
    userDefinedMetadata: metadata,
  });
  return { json: `${json}\n`, weights: encodeFloats(tensors.map(({ values }) => values)) };
}

/**
 * Reads a model: its tensors, and the plan of its layers.
 * @param json content of `model.json`
 * @param file its name, for messages
 * @param read the bytes of a file that lies beside it, and refuses one of more than `mostBytes`
 * @throws UserError naming the file and the layer or tensor that cannot be read
 */
export async function decodeTfjs(
  tf: TensorFlow,
  json: string | Uint8Array,
  file: string,
  read: (name: string, mostBytes: number) => Promise<Buffer>,
): Promise<ModelFile & { plan: Plan }> {
  const { modelTopology, weightsManifest, userDefinedMetadata = {} } = parse(json, file);
  const tensors: NamedTensor[] = [];
  for (const { paths, weights } of weightsManifest) {
    const size = 4 * weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    if (size > LARGEST_WEIGHTS_BYTES) {
      throw new UserError(
        `${file}: expected at most ${LARGEST_WEIGHTS_BYTES} bytes of weights, got ${size}. Name a smaller model.`,
      );
    }
    const bytes = await readParts(paths, size, read);
    if (bytes.length !== size) {
      throw new UserError(
        `${file}: expected ${size} bytes of weights in ${printable(paths.join(', '))}, got ${bytes.length}. ` +
          'Download the files again, or export the model again.',
      );
    }
    let offsetBytes = 0;
    for (const { name, shape } of weights) {
      tensors.push({ name, shape, values: decodeFloats(bytes, offsetBytes, sizeOf(shape)) });
      offsetBytes += 4 * sizeOf(shape);
    }
  }
  const texts = Object.entries(userDefinedMetadata).filter((entry): entry is [string, string] => isText(entry[1]));
  const { plan, normalizer } = await planOf(tf, modelTopology, tensors, file);
  const metadata = Object.fromEntries(texts);
  if (normalizer === undefined) return { tensors, metadata, plan };
  return { metadata, ...normalizedBy(normalizer, plan, tensors, file) };
}

/**
 * Holds the layers of a file against those of the model that it is to be used as.
 * @throws UserError naming the first layer that computes something else
 */
export const checkLayers = (expected: Plan, found: Plan, file: string): void =>
  expectSameLayers(expected, withoutNames(expected), withoutNames(found), file);

/**
 * The tensors under the names that they have in the model. Layers without a name of their own are called as tf.js counts
 * them, `dense_Dense1`: where all layers compute the same, their weights come in the same order.
 */
export function renamed(expected: Plan, found: Plan, tensors: readonly NamedTensor[]): readonly NamedTensor[] {
  if (!isDeepStrictEqual(withoutNames(expected), withoutNames(found))) return tensors;
  const names = new Map(slotsOf(found).map(({ name }, i) => [name, slotsOf(expected)[i].name]));
  return tensors.map(({ name, ...tensor }) => ({ ...tensor, name: names.get(name) ?? name }));
}

/** Layers may be called anything. */
const withoutNames = (plan: Plan): object[] => plan.nodes.map(({ layer: _layer, ...node }) => node);

/** The files one after another, until there are more bytes than `size`: one file may be named many times. */
async function readParts(
  paths: readonly string[],
  size: number,
  read: (name: string, mostBytes: number) => Promise<Buffer>,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for (const path of paths) {
    const part = await read(path, LARGEST_WEIGHTS_BYTES);
    parts.push(part);
    bytes += part.length;
    if (bytes > size) break;
  }
  return Buffer.concat(parts);
}

function parse(json: string | Uint8Array, file: string): z.output<typeof modelSchema> {
  const content = parseJson(json, file, 'Name the model.json of a tf.js layers model.');
  const result = modelSchema.safeParse(content, { reportInput: true });
  if (result.success) return result.data;
  const [{ path, message, input }] = result.error.issues;
  const key = path.length > 0 ? `\`${printable(path.join('.'))}\`` : 'the whole';
  throw new UserError(
    `${file}: expected ${key} to be ${message}, got ${shown(input)}. ` +
      'Name the model.json of a tf.js layers model with float32 weights.',
  );
}

async function planOf(
  tf: TensorFlow,
  topology: Record<string, unknown>,
  tensors: readonly NamedTensor[],
  file: string,
): Promise<{ plan: Plan; normalizer?: string }> {
  const valueCount = tensors.reduce((sum, { values }) => sum + values.length, 0);
  let model: LayersModel;
  try {
    model = await boundWeights(tf, valueCount, () =>
      tf.models.modelFromJSON(topology as Parameters<typeof tf.models.modelFromJSON>[0]),
    );
  } catch (cause) {
    const reason = printable(String(cause).split('\n', 1)[0]);
    throw new UserError(`${file}: tf.js cannot make a model of \`modelTopology\` (${reason}). Fix the file.`, {
      cause,
    });
  }
  try {
    return { plan: compile(model), normalizer: normalizerOf(model)?.name };
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${file}: ${error.message}`, { cause: error }) : error;
  } finally {
    model.dispose();
  }
}

/**
 * Makes a model whose layers may have no more values than the file: tf.js would allocate whatever a layer asks for.
 * @param make makes all layers before it waits for anything, as `modelFromJSON` does without weights
 */
function boundWeights<T>(tf: TensorFlow, mostValues: number, make: () => T): T {
  // tf.js declares the method for classes of its own alone.
  const prototype = tf.layers.Layer.prototype as unknown as { addWeight: (...given: unknown[]) => unknown };
  const { addWeight } = prototype;
  let valueCount = 0;
  prototype.addWeight = function (this: unknown, name: unknown, shape: unknown, ...others: unknown[]): unknown {
    valueCount += sizeOf(shape as readonly number[]);
    if (valueCount > mostValues) throw new Error(`its layers have more weights than the file, which has ${mostValues}`);
    return Reflect.apply(addWeight, this, [name, shape, ...others]);
  };
  try {
    return make();
  } finally {
    prototype.addWeight = addWeight;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';

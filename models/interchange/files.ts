/** Models as files: writes one in the format that is asked for, reads either. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { readOrdinary } from '../../base/ordinary-file.ts';
import { displayPath } from '../../base/paths.ts';
import { makeFolder } from '../../base/make-folder.ts';
import { unusable } from '../../base/output-files.ts';
import { replaceFile } from '../../base/replace-file.ts';
import { unknownName } from '../../base/own-value.ts';
import { UserError } from '../../base/user-error.ts';
import type { Solution } from '../engine/network.ts';
import { normalizationOf, type Plan, withNormalization } from '../engine/plan.ts';
import { findModel, type ModelName, modelNames } from '../architectures/index.ts';
import { describedPlan, describeLayers } from './layers.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import {
  checkLabels,
  checkMetadata,
  isOurs,
  type Metadata,
  type ModelFile,
  namedTensors,
  planMetadata,
  solutionOf,
} from './tensors.ts';

/** Ten times the largest of our models. */
const LARGEST_FILE_BYTES = 2 ** 28;
const LARGEST_JSON_BYTES = 2 ** 24;
const MODEL_JSON = 'model.json';
const SAFETENSORS = '.safetensors';

export interface Export {
  /** The plan of a registered model. */
  readonly plan: Plan;
  readonly solution: Solution;
  /** What the file is to say besides how its tensors are to be used. */
  readonly metadata: Metadata;
}

type Contents = Readonly<Record<string, Uint8Array | string>>;

// tf.js is loaded when its format is asked for: safetensors needs none of it.
const formats = {
  /** A folder `name/` with `model.json` and its weights. */
  async tfjs(plan, file, name): Promise<Contents> {
    const [{ encodeTfjs, WEIGHTS_FILE }, { loadTensorFlow }] = await Promise.all([
      import('./tfjs.ts'),
      import('../engine/tf.ts'),
    ]);
    const model = findModel(plan.model)(await loadTensorFlow(), plan.input, plan.classes);
    const { json, weights } = encodeTfjs(model, file, normalizationOf(plan));
    model.dispose();
    // In this order `model.json` is never there without its weights.
    return { [path.join(name, WEIGHTS_FILE)]: weights, [path.join(name, MODEL_JSON)]: json };
  },

  /** One file `name.safetensors`, which names the layers: the format itself knows tensors alone. */
  async safetensors(plan, { tensors, metadata }, name): Promise<Contents> {
    const layers = JSON.stringify(describeLayers(plan));
    return { [`${name}${SAFETENSORS}`]: encodeSafetensors({ tensors, metadata: { ...metadata, layers } }) };
  },

  /** One file `name.onnx`, which is not read back. */
  async onnx(plan, file, name): Promise<Contents> {
    return { [`${name}.onnx`]: (await import('./onnx.ts')).encodeOnnx(plan, file) };
  },
} as const satisfies Record<string, (plan: Plan, file: ModelFile, name: string) => Promise<Contents>>;

export type Format = keyof typeof formats;

export const formatNames = Object.keys(formats) as Format[];

export interface Target {
  /** Made if need be. */
  readonly folder: string;
  /** Name of the model in it. */
  readonly name: string;
  /** Replaces other files of that name. Default: that is an error. */
  readonly force?: boolean;
}

/**
 * Writes a model. An earlier export of the same model may be there.
 * @returns path of the file, or of the folder of tf.js
 * @throws UserError if it cannot be written, or other files are there
 */
export async function writeModel(
  { plan, solution, metadata }: Export,
  format: Format,
  { folder, name, force = false }: Target,
): Promise<string> {
  const tensors = namedTensors(plan, solution);
  const contents = await formats[format](plan, { tensors, metadata: { ...planMetadata(plan), ...metadata } }, name);
  let place = folder;
  try {
    await makeFolder(place);
    for (const [relative, content] of Object.entries(contents)) {
      const file = path.join(folder, relative);
      place = path.dirname(file);
      await makeFolder(place);
      if (!force) await expectSameOrNone(file, content);
      await replaceFile(file, content);
    }
  } catch (error) {
    throw unusable(place, error);
  }
  return path.join(folder, format === 'tfjs' ? name : `${name}.${format}`);
}

/** An export that is begun again finds its own files. @throws UserError if another file is there */
async function expectSameOrNone(file: string, content: string | Uint8Array): Promise<void> {
  if (!existsSync(file) || Buffer.from(content).equals(await readFile(file))) return;
  throw new UserError(
    `${displayPath(file)}: expected no such file, found one with other contents. Name another folder, or replace it (in export: --force).`,
  );
}

/** The plan for a file: `model` is the name that a file of ours has, undefined for one of another program. */
export type PlanOfFile = (model: ModelName | undefined) => Promise<Plan>;

/**
 * Reads a solution from a `.safetensors` file, or from a `model.json` or the folder that it lies in.
 * @param planOf the plan that the file must fit
 * @param labels of the classes, which must be those that a file of ours says it was trained for
 * @returns the solution, and the plan with the normalisation of the file
 * @throws UserError if the files cannot be read, are damaged, or hold another model
 */
export async function readModel(
  planOf: Plan | PlanOfFile,
  source: string,
  labels?: readonly string[],
): Promise<{ readonly plan: Plan; readonly solution: Solution }> {
  if (source.toLowerCase().endsWith(SAFETENSORS)) {
    const file = displayPath(source);
    const contents = decodeSafetensors(await read(source, LARGEST_FILE_BYTES), file);
    const plan = await checkedPlan(planOf, contents.metadata, file);
    const described = describedPlan(plan, contents.metadata, file);
    return { plan: described, solution: checked(described, contents, file, labels) };
  }
  const found = await stat(source).catch(() => null);
  const isFolder = found?.isDirectory() ?? false;
  if (found !== null && !isFolder && !source.toLowerCase().endsWith('.json')) {
    throw new UserError(
      `${displayPath(source)}: expected a .safetensors file, a model.json of tf.js or the folder of one, ` +
        'got something else. Name a model.',
    );
  }
  const json = isFolder ? path.join(source, MODEL_JSON) : source;
  const file = displayPath(json);
  const [{ checkLayers, decodeTfjs, renamed }, { loadTensorFlow }] = await Promise.all([
    import('./tfjs.ts'),
    import('../engine/tf.ts'),
  ]);
  const text = await read(json, LARGEST_JSON_BYTES);
  const beside = (name: string, mostBytes: number): Promise<Buffer> =>
    read(path.join(path.dirname(json), name), mostBytes);
  const { plan: ofFile, tensors, metadata } = await decodeTfjs(await loadTensorFlow(), text, file, beside);
  const plan = await checkedPlan(planOf, metadata, file);
  const described = withNormalization(plan, normalizationOf(ofFile));
  const solution = checked(described, { tensors: renamed(described, ofFile, tensors), metadata }, file, labels);
  checkLayers(described, ofFile, file);
  return { plan: described, solution };
}

async function checkedPlan(planOf: Plan | PlanOfFile, metadata: Metadata, file: string): Promise<Plan> {
  const plan = typeof planOf === 'function' ? await planOf(registeredModel(metadata, file)) : planOf;
  checkMetadata(plan, metadata, file);
  return plan;
}

/**
 * The model that a file of ours names.
 * @throws UserError if this program has no model of the name
 */
function registeredModel(metadata: Metadata, file: string): ModelName | undefined {
  const { model } = metadata;
  if (!isOurs(metadata) || model === undefined) return undefined;
  const found = modelNames.find((name) => name === model);
  if (found !== undefined) return found;
  throw new UserError(
    `${file}: ${unknownName('model', model, modelNames)} Use the version of the program that wrote the file, or add ` +
      'the model to this one (docs/models.md).',
  );
}

function checked(plan: Plan, { tensors, metadata }: ModelFile, file: string, labels?: readonly string[]): Solution {
  if (labels) checkLabels(labels, metadata, file);
  return solutionOf(plan, tensors, file);
}

async function read(file: string, mostBytes: number): Promise<Buffer> {
  try {
    return await readOrdinary(file, mostBytes);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${displayPath(file)}: expected a file of a model, found none that can be read. Name a model.`,
      { cause: error },
    );
  }
}

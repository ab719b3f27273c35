/** A cache of compiled plans in build/plans/, so that an ordinary run never loads tf.js. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ImageShape } from '../../data/index.ts';
import { makeFolder } from '../../base/make-folder.ts';
import { MODULE_EXTENSION } from '../../base/modules.ts';
import { replaceFile } from '../../base/replace-file.ts';
import { findModel, modelNames, type ModelName } from '../architectures/index.ts';
import type { Plan } from './plan.ts';

const engineDirectory = import.meta.dirname;
const architecturesDirectory = path.join(engineDirectory, '../architectures');
const plansDirectory = path.join(engineDirectory, '../../build/plans');

/**
 * The plan of a registered model for images of this shape. It is compiled if the cache has none, an outdated one, or a
 * damaged one. Errors of writing the cache are ignored.
 * @throws UserError when no model has this id, or as `compileArchitecture`
 * @example const plan = await loadPlan('digit-cnn', { height: 28, width: 28, channels: 1 }, 10);
 */
export async function loadPlan(
  modelId: ModelName,
  input: ImageShape,
  classes: number,
  directory: string = plansDirectory,
): Promise<Plan> {
  const architecture = findModel(modelId);
  const { height, width, channels } = input;
  const subject = `${modelId}-${height}x${width}x${channels}-${classes}`;
  const file = path.join(directory, `${subject}.json`);
  const sources = await ownSources;
  // The digest covers the sources and the plan itself, so that outdated and damaged files are detected.
  const digestOf = (plan: unknown): string =>
    createHash('sha256')
      .update(JSON.stringify([subject, sources, plan]))
      .digest('hex');

  const kept = await readFile(file, 'utf8').then(parseJson, () => undefined);
  if (kept?.plan !== undefined && kept.digest === digestOf(kept.plan)) return kept.plan;

  const [{ compileArchitecture }, { loadTensorFlow }] = await Promise.all([import('./compile.ts'), import('./tf.ts')]);
  const plan = compileArchitecture(await loadTensorFlow(), modelId, architecture, input, classes);
  await keep(file, JSON.stringify({ digest: digestOf(plan), plan }));
  return plan;
}

/** Compiles every registered model for 28×28×1 images and 10 classes. It is a part of the build. */
export async function buildPlans(): Promise<void> {
  for (const id of modelNames) await loadPlan(id, { height: 28, width: 28, channels: 1 }, 10);
}

/** The texts of all source files that decide a plan. */
async function readSources(): Promise<string[]> {
  const architectures = await readdir(architecturesDirectory);
  const files = [
    ...architectures
      .filter((name) => name.endsWith(MODULE_EXTENSION))
      .toSorted()
      .map((name) => path.join(architecturesDirectory, name)),
    path.join(engineDirectory, `../architecture${MODULE_EXTENSION}`),
    ...['compile', 'lowerings', 'initializers', 'layer-options', 'activations', 'plan'].map((name) =>
      path.join(engineDirectory, `${name}${MODULE_EXTENSION}`),
    ),
  ];
  return Promise.all(files.map((file) => readFile(file, 'utf8')));
}

/**
 * Read when the architectures are loaded: they may be edited while this process runs, and what it compiles must not be
 * kept as the plan of a later text.
 */
const ownSources = readSources();
// Who needs them gets the error.
ownSources.catch(() => {});

function parseJson(text: string): { digest?: unknown; plan?: Plan } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function keep(file: string, text: string): Promise<void> {
  try {
    await makeFolder(path.dirname(file));
    await replaceFile(file, text);
  } catch {
    // A read-only installation compiles at every start.
  }
}

/** Loads tf.js on demand. Only this file imports it, since that takes a fifth of a second. */
import util from 'node:util';
import { printable } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import type { TensorFlow } from '../architecture.ts';
import { unknownName } from '../../base/own-value.ts';

/** Backends of tf.js and their packages, best first. Users install all but `cpu`. */
const backendPackages = {
  cpu: [],
  tensorflow: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
  wasm: ['@tensorflow/tfjs-backend-wasm'],
  webgpu: ['@tensorflow/tfjs-backend-webgpu'],
} as const satisfies Record<string, readonly string[]>;

export type Backend = keyof typeof backendPackages;

/** Loads tf.js without its banner. */
export async function loadTensorFlow(): Promise<TensorFlow> {
  const tf = await import('@tensorflow/tfjs');
  // Outside production mode tf.js prints advice with its first tensor.
  tf.enableProdMode();
  return tf;
}

/**
 * Loads tf.js and activates one of its backends.
 * @param name Default: `tensorflow` when one of its packages is installed, else `cpu`.
 * @throws UserError when the backend is unknown, not installed, or does not start
 */
export async function loadBackend(name?: string): Promise<{ tf: TensorFlow; backend: Backend }> {
  const backend = name ?? (installedPackage('tensorflow') ? 'tensorflow' : 'cpu');
  if (!isBackend(backend)) {
    throw new UserError(unknownName('tf.js backend', backend, Object.keys(backendPackages).toSorted()));
  }
  const tf = await loadTensorFlow();
  if (backend !== 'cpu') {
    const packageName = installedPackage(backend);
    if (!packageName) {
      const choice = backendPackages[backend].join(' or ');
      throw new UserError(
        `The tf.js backend "${backend}" is not installed. Install ${choice}, or choose \`tfjs:cpu\`.`,
      );
    }
    await importBackend(packageName);
  }
  const started = await tf.setBackend(backend).catch(() => false);
  if (!started) throw new UserError(`The tf.js backend "${backend}" does not start here. Choose \`tfjs:cpu\`.`);
  return { tf, backend };
}

const isBackend = (name: string): name is Backend => Object.hasOwn(backendPackages, name);

function installedPackage(backend: Backend): string | undefined {
  return backendPackages[backend].find((name) => {
    try {
      return import.meta.resolve(name) !== '';
    } catch {
      return false;
    }
  });
}

async function importBackend(packageName: string): Promise<void> {
  // tfjs-node 4.22, the last version, calls a function that Node 23 removed.
  if (!('isNullOrUndefined' in util)) {
    Object.assign(util, { isNullOrUndefined: (value: unknown) => value === undefined || value === null });
  }
  // The native part of TensorFlow logs its start to stderr; this limits it to errors.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  try {
    await import(packageName);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new UserError(
      `Could not load ${packageName}: ${printable(reason)} Install it again, or choose \`tfjs:cpu\`.`,
    );
  }
}

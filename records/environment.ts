/** The environment in which a run was trained: machine, versions and commit. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PROGRAM_ROOT, programVersion } from '../base/modules.ts';
import { text } from './fields.ts';

const GIT_TIMEOUT_MS = 5000;

export const environmentSchema = z.object({
  node: text,
  platform: text,
  cpu: text,
  wideOptima: text,
  /** Kernels of the engine; absent in records of early versions. */
  kernels: text.optional(),
  /** Commit hash, with the suffix `-dirty` if the checkout had changes; null without a repository. */
  commit: text.nullable(),
});

export type Environment = z.output<typeof environmentSchema>;

/** Asked once: the code that runs is that of the start. */
let running: Promise<string | null> | undefined;

/** The environment of this process, without the kernels. */
export async function environment(): Promise<Environment> {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    wideOptima: programVersion(),
    commit: await (running ??= commit()),
  };
}

/** The commit of the project's own repository. A repository in a parent folder belongs to another project. */
async function commit(): Promise<string | null> {
  const repository = join(PROGRAM_ROOT, '.git');
  if (!existsSync(repository)) return null;
  const command = ['--no-optional-locks', `--git-dir=${repository}`, `--work-tree=${PROGRAM_ROOT}`];
  const describe = ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'];
  try {
    const { stdout } = await promisify(execFile)('git', [...command, ...describe], { timeout: GIT_TIMEOUT_MS });
    return stdout.trim();
  } catch {
    return null;
  }
}

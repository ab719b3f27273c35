/** Where a run was trained. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PROGRAM_ROOT, programVersion } from '../base/modules.ts';

const GIT_TIMEOUT_MS = 5000;

const text = z.string('a text');

export const environmentSchema = z.object({
  node: text,
  platform: text,
  cpu: text,
  wideOptima: text,
  /** What computed in the engine; records from before there was a choice have none. */
  kernels: text.optional(),
  /** Followed by `-dirty` where the checkout had changes; null where there is no repository. */
  commit: text.nullable(),
});

export type Environment = z.output<typeof environmentSchema>;

/** Asked once: the code that runs is that of the start. */
let running: Promise<string | null> | undefined;

/** The environment of this process, but for the kernels. */
export async function environment(): Promise<Environment> {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    wideOptima: programVersion(),
    commit: await (running ??= commit()),
  };
}

/** The commit of the project's own repository: a repository in a folder above is another project's. */
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

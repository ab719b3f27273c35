/** The page as `npm run build` makes it of the sources that there are: built once for all tests that open it. */
import { glob, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../base/sha256.ts';
import { codeOf } from '../../base/system-error.ts';
import { buildDashboard } from '../../dashboard/build.ts';

const root = join(import.meta.dirname, '../..');
const pages = join(root, 'build/test-pages');
/** No part of a page. */
const left = new Set(['node_modules', 'build', 'dist', 'runs', 'results', 'test', 'docs']);

/** @returns its folder */
export async function builtPage(): Promise<string> {
  const digest = await digestOfSources();
  const folder = join(pages, digest);
  const known = await readdir(pages).catch((): string[] => []);
  if (known.includes(digest)) return folder;
  await mkdir(pages, { recursive: true });
  const unfinished = await mkdtemp(join(pages, 'unfinished-'));
  await buildDashboard(unfinished);
  await rename(unfinished, folder).catch(async (error: unknown) => {
    // Another process was faster.
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error))) throw error;
    await rm(unfinished, { recursive: true });
  });
  // Those of earlier sources; pages that other processes build stay.
  for (const name of known) {
    if (!name.startsWith('unfinished-')) await rm(join(pages, name), { recursive: true, force: true });
  }
  return folder;
}

async function digestOfSources(): Promise<string> {
  const sources = glob('**/*.{ts,css,html,svg}', { cwd: root, exclude: (name) => left.has(name) });
  const files = [...(await Array.fromAsync(sources)), 'package-lock.json', 'build/kernels.wasm'].toSorted();
  const digests = await Promise.all(files.map(async (file) => `${file} ${sha256(await readFile(join(root, file)))}`));
  return sha256(digests.join('\n')).slice(0, 16);
}

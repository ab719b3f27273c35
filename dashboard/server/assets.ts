/** Loads the built page once. No request can name another file. */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { UserError } from '../../base/user-error.ts';

export interface Asset {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

export const PAGE_FOLDER = join(import.meta.dirname, '../../build/dashboard');

/** Files by their URL path, for example `/assets/main.js`. @throws UserError if the page was not built */
export async function loadAssets(folder = PAGE_FOLDER): Promise<ReadonlyMap<string, Asset>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const assets = new Map<string, Asset>();
  for (const entry of entries.filter((found) => found.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(folder.length).replaceAll('\\', '/');
    const type = types[extname(entry.name)];
    if (type !== undefined) assets.set(path, { content: Uint8Array.from(await readFile(file)), type });
  }
  if (!assets.has('/index.html')) {
    throw new UserError('The page of the dashboard was not built. Build it: npm run build.');
  }
  return assets;
}

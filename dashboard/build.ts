/** Builds the pages for browsers: the dashboard, and the page of an export. */
import { join } from 'node:path';
import { build, type InlineConfig } from 'vite';
import { replaceFile } from '../base/replace-file.ts';
import { EXPORTED_SCRIPT, EXPORTED_STYLE } from './exported-page.ts';
import { PAGE_FOLDER } from './server/assets.ts';
import { expectBrowser, withoutNode } from './without-node.ts';

/** The kernels, which the dashboard loads as a file. */
const KERNELS = join(import.meta.dirname, '../build/kernels.wasm');

/** The worker in which the networks compute. */
const WORKER = join(import.meta.dirname, 'page/draw/worker.ts');

const shared = {
  configFile: false,
  root: join(import.meta.dirname, 'page'),
  logLevel: 'warn',
  plugins: [withoutNode()],
  worker: { plugins: () => [withoutNode()] },
} as const satisfies InlineConfig;
const sharedBuild = {
  target: 'es2023',
  reportCompressedSize: false,
  // Nearly all of the time is spent on the worker, which is no problem.
  rolldownOptions: { checks: { pluginTimings: false } },
} as const satisfies InlineConfig['build'];

/** Builds the dashboard. @param folder emptied first */
export async function buildDashboard(folder = PAGE_FOLDER): Promise<void> {
  const outputs = await build({
    ...shared,
    resolve: { alias: { '#kernels.wasm?url': `${KERNELS}?url` } },
    build: {
      ...sharedBuild,
      outDir: folder,
      emptyOutDir: true,
      // The content-security policy allows only files, no inline assets.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1_000,
    },
  });
  for (const { output } of [outputs].flat().filter((one) => 'output' in one)) {
    for (const part of output) {
      // The script of a worker is an asset.
      expectBrowser(`${part.fileName} of the page`, part.type === 'chunk' ? part.code : String(part.source));
    }
  }
}

/**
 * Builds the script and the style of the exported page, one file each.
 * @param files paths of the two files
 */
export async function buildExportedPage(files = { script: EXPORTED_SCRIPT, style: EXPORTED_STYLE }): Promise<void> {
  const outputs = await build({
    ...shared,
    resolve: { alias: { '#draw-worker?inline': `${WORKER}?worker&inline` } },
    build: {
      ...sharedBuild,
      write: false,
      cssCodeSplit: false,
      lib: { entry: 'exported.ts', formats: ['iife'], name: 'exported' },
    },
  });
  const parts = [outputs].flat().flatMap((one) => ('output' in one ? one.output : []));
  const script = parts.flatMap((part) => (part.type === 'chunk' ? [part.code] : [])).join('');
  const style = parts.flatMap((part) => (part.type === 'asset' ? [String(part.source)] : [])).join('');
  expectBrowser('The script of the exported page', script);
  if (/<\/(script|style)/i.test(script + style)) throw new Error('The exported page would end within its own script.');
  // Atomic, since a command may read the files at this moment.
  await replaceFile(files.script, script);
  await replaceFile(files.style, style);
}

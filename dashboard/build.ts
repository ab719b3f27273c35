/** Builds the page of the dashboard into `build/dashboard`; needs nothing but what is installed. */
import { join } from 'node:path';
import { build } from 'vite';
import { PAGE_FOLDER } from './server/assets.ts';

/** @param folder that is emptied first */
export async function buildDashboard(folder = PAGE_FOLDER): Promise<void> {
  await build({
    configFile: false,
    root: join(import.meta.dirname, 'page'),
    logLevel: 'warn',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      // The content-security policy allows files of the page, and nothing that is written into it.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1_000,
    },
  });
}

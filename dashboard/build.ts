/** Builds the pages for browsers: the dashboard, and the one that an export encloses. Needs nothing but what is installed. */
import { join } from 'node:path';
import { build, createLogger, type Logger } from 'vite';
import { replaceFile } from '../base/replace-file.ts';
import { EXPORTED_SCRIPT, EXPORTED_STYLE } from './exported-page.ts';
import { PAGE_FOLDER } from './server/assets.ts';

/** The kernels, which the page runs too. */
const KERNELS = join(import.meta.dirname, '../build/kernels.wasm');

/** Computes what networks say. */
const WORKER = join(import.meta.dirname, 'page/draw/worker.ts');

/** @param folder that is emptied first */
export async function buildDashboard(folder = PAGE_FOLDER): Promise<void> {
  const outputs = await build({
    configFile: false,
    root: join(import.meta.dirname, 'page'),
    logLevel: 'warn',
    resolve: { alias: { '#kernels.wasm?url': `${KERNELS}?url` } },
    customLogger: withoutLeftOut(),
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      // The content-security policy allows files of the page, and nothing that is written into it.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // Nearly all of the time is that of the worker.
      rolldownOptions: { checks: { pluginTimings: false } },
      chunkSizeWarningLimit: 1_000,
    },
  });
  for (const { output } of [outputs].flat().filter((one) => 'output' in one)) {
    for (const part of output) if (part.type === 'chunk') expectBrowser(`${part.fileName} of the page`, part.code);
  }
}

/**
 * Builds the script and the style of the page that an export encloses: one text each.
 * @param files that are written
 */
export async function buildExportedPage(files = { script: EXPORTED_SCRIPT, style: EXPORTED_STYLE }): Promise<void> {
  const outputs = await build({
    configFile: false,
    root: join(import.meta.dirname, 'page'),
    logLevel: 'warn',
    customLogger: withoutLeftOut(),
    resolve: { alias: { '#draw-worker?inline': `${WORKER}?worker&inline` } },
    build: {
      write: false,
      target: 'es2023',
      cssCodeSplit: false,
      reportCompressedSize: false,
      // Nearly all of the time is that of the worker.
      rolldownOptions: { checks: { pluginTimings: false } },
      lib: { entry: 'exported.ts', formats: ['iife'], name: 'exported' },
    },
  });
  const parts = [outputs].flat().flatMap((one) => ('output' in one ? one.output : []));
  const script = parts.flatMap((part) => (part.type === 'chunk' ? [part.code] : [])).join('');
  const style = parts.flatMap((part) => (part.type === 'asset' ? [String(part.source)] : [])).join('');
  expectBrowser('The script of the exported page', script);
  if (/<\/(script|style)/i.test(script + style)) throw new Error('The exported page would end within its own script.');
  // A command that exports at this moment reads whole files.
  await replaceFile(files.script, script);
  await replaceFile(files.style, style);
}

function expectBrowser(name: string, code: string): void {
  if (code.includes('__vite-browser-external'))
    throw new Error(`${name} needs a module of Node.js: import less there.`);
}

/** The page imports a few names of folders that hold more: modules of Node.js behind the others are left out. */
function withoutLeftOut() {
  const logger = createLogger('warn');
  const warn: Logger['warn'] = logger.warn.bind(logger);
  logger.warn = (message, options) => {
    if (!message.includes('has been externalized for browser compatibility')) warn(message, options);
  };
  return logger;
}

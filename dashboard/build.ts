/** Builds the page of the dashboard into `build/dashboard`; needs nothing but what is installed. */
import { join } from 'node:path';
import { build, createLogger, type Logger } from 'vite';
import { PAGE_FOLDER } from './server/assets.ts';

/** The kernels, which the page runs too. */
const KERNELS = join(import.meta.dirname, '../build/kernels.wasm');

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
      chunkSizeWarningLimit: 1_000,
    },
  });
  for (const { output } of [outputs].flat().filter((one) => 'output' in one)) {
    const foreign = output.find((part) => part.type === 'chunk' && part.code.includes('__vite-browser-external'));
    if (foreign) throw new Error(`${foreign.fileName} of the page needs a module of Node.js: import less there.`);
  }
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

/**
 * Puts the modules of the command line into a few files, which Node loads in a third of the time. The command line runs
 * from them as long as no source has changed since; see `main.mjs`.
 */
import { statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'vite';
import { MODULE_EXTENSION, PROGRAM_ROOT } from '../base/modules.ts';
import { replaceFile } from '../base/replace-file.ts';

/** Holds a folder for each bundle, and `current.json` for `main.mjs`: which is the newest, and its sources. */
export const BUNDLES = join(PROGRAM_ROOT, 'build/program');

/** Commands that run at this moment still load files of earlier bundles, so these stay for a while. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * @param folder see `BUNDLES`
 * @param entry what is put into the bundle as `main.js`, with all that it imports
 * @returns the folder of the new bundle
 */
export async function buildProgram(folder = BUNDLES, entry = join(PROGRAM_ROOT, 'cli/main.ts')): Promise<string> {
  const sources = new Set([join(PROGRAM_ROOT, 'package-lock.json')]);
  const name = `${Date.now()}-${process.pid}`;
  await build({
    configFile: false,
    root: PROGRAM_ROOT,
    logLevel: 'warn',
    publicDir: false,
    plugins: [fromSources(sources)],
    // A package of a hundred small modules.
    ssr: { noExternal: ['zod'] },
    build: {
      ssr: true,
      outDir: join(folder, name),
      target: 'node22',
      minify: false,
      reportCompressedSize: false,
      rolldownOptions: {
        checks: { pluginTimings: false },
        input: { main: entry },
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
  const listed = [...sources].toSorted().map((file) => {
    const { mtimeMs, size } = statSync(file);
    return [file, mtimeMs, size];
  });
  await replaceFile(join(folder, 'current.json'), JSON.stringify({ name, sources: listed }));
  for (const other of await readdir(folder)) {
    const path = join(folder, other);
    if (Date.now() - statSync(path).mtimeMs > KEPT_MS) await rm(path, { recursive: true, force: true });
  }
  return join(folder, name);
}

/** Lets each module know the place of its source, and starts threads from the bundle. @param sources gets all modules */
function fromSources(sources: Set<string>): Plugin {
  return {
    name: 'from-sources',
    enforce: 'pre',
    transform(code, id) {
      if (!id.startsWith(PROGRAM_ROOT) || id.includes('node_modules')) return null;
      sources.add(id);
      const url = pathToFileURL(id);
      return code
        .replaceAll(/moduleBeside\(import\.meta\.url, '([\w-]+)'\)/g, (_, name: string) => {
          const source = fileURLToPath(new URL(`${name}${MODULE_EXTENSION}`, url));
          const fileName = relative(PROGRAM_ROOT, source).replaceAll(sep, '-').replace(MODULE_EXTENSION, '.js');
          this.emitFile({ type: 'chunk', id: source, fileName });
          return `new URL('./${fileName}', import.meta.url).href`;
        })
        .replaceAll(/import\.meta\.url(?!\)\.href)/g, JSON.stringify(url.href))
        .replaceAll('import.meta.dirname', JSON.stringify(join(id, '..')))
        .replaceAll('import.meta.filename', JSON.stringify(id));
    },
  };
}

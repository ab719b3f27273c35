/** Keeps modules of Node.js out of the pages for browsers. */
import { isBuiltin } from 'node:module';
import type { Plugin } from 'vite';

/** Error of a stub. */
const MISSING = 'A browser has no modules of Node.js.';

/**
 * Replaces modules of Node.js by stubs. The page uses only parts of folders that import them, and unused stubs are
 * dropped. A used stub leaves `MISSING` in the code.
 */
export const withoutNode = (): Plugin => ({
  name: 'without-node',
  enforce: 'pre',
  resolveId: (id) => (isBuiltin(id) ? { id: `\0node/${id.replace(/^node:/, '')}`, moduleSideEffects: false } : null),
  async load(id) {
    const [, name] = id.split('\0node/');
    if (name === undefined) return null;
    const exported = Object.keys(await import(`node:${name}`)).filter((key) => key !== 'default');
    const missing = 'function missing() { throw new Error(MISSING); }';
    return [missing.replace('MISSING', JSON.stringify(MISSING)), 'export default missing;']
      .concat(`export { ${exported.map((key) => `missing as ${key}`).join(', ')} };`)
      .join('\n');
  },
});

/** @throws Error if the code uses a module of Node.js */
export function expectBrowser(name: string, code: string): void {
  if (code.includes(MISSING)) throw new Error(`${name} uses a module of Node.js: import less there.`);
}

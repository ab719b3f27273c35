import test from 'ava';
import { build } from 'vite';
import { expectBrowser, withoutNode } from '../../dashboard/without-node.ts';

/** The script of a page with this code. */
async function scriptOf(code: string): Promise<string> {
  const entry = {
    name: 'entry',
    resolveId: (id: string) => (id === 'entry.js' ? id : null),
    load: (id: string) => (id === 'entry.js' ? code : null),
  };
  const outputs = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [withoutNode(), entry],
    build: { write: false, rolldownOptions: { input: 'entry.js' } },
  });
  const parts = [outputs].flat().flatMap((one) => ('output' in one ? one.output : []));
  return parts.map((part) => (part.type === 'chunk' ? part.code : '')).join('');
}

test('a page may import a module of Node.js, but not use it', async (t) => {
  const unused = await scriptOf("import { cpus } from 'node:os'; export const f = () => cpus(); console.log(7);");
  t.is(unused.trim(), 'console.log(7);');
  t.notThrows(() => expectBrowser('The page', unused));
  const used = await scriptOf("import { cpus } from 'node:os'; console.log(cpus());");
  t.throws(() => expectBrowser('The page', used), { message: /The page uses a module of Node\.js/ });
});

/** The search in a web page: bundled as for a browser, and run where there is nothing of Node. */
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { build } from 'vite';
import { openStudy } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';

const space = { x: { kind: 'float', low: -5, high: 5 }, c: { kind: 'categorical', choices: ['a', 'b'] } } as const;
const options = { name: 's', direction: 'minimize', seed: 3, space, pruner: 'median' } as const;
const trials = 14;

test('the same study comes about in a page as in Node, and nothing of Node is in the bundle', async (t) => {
  const outputs = await build({
    configFile: false,
    logLevel: 'error',
    root: import.meta.dirname,
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      lib: { entry: '../../search/browser.ts', formats: ['iife'], name: 'search' },
    },
  });
  const [part, ...others] = [outputs].flat().flatMap((one) => ('output' in one ? one.output : []));
  t.is(others.length, 0);
  if (part.type !== 'chunk') throw new Error('expected a chunk');
  t.deepEqual(part.imports, []);
  t.notRegex(part.code, /__vite-browser-external|require\(/);
  const study = await openStudy(options);
  await optimize(study, ({ params }) => (params.x - 2) ** 2 + Number(params.c === 'a'), { trials, workers: 2 });
  const { AbortController, AbortSignal, MessageChannel, TextEncoder, crypto, performance } = globalThis;
  const { setInterval, clearInterval, setTimeout, clearTimeout } = globalThis;
  const page = { AbortController, AbortSignal, MessageChannel, TextEncoder, crypto, performance };
  const script = `${part.code}
    (async () => {
      const study = await search.openStudy(${JSON.stringify(options)});
      const objective = ({ params }) => (params.x - 2) ** 2 + Number(params.c === 'a');
      await search.optimize(study, objective, { trials: ${trials}, workers: 2 });
      const refused = await search.openStudy({ ...${JSON.stringify(options)}, storage: 'a.db' }).catch(String);
      await study.close();
      return JSON.stringify({ values: study.trials.map(({ params, value }) => [params, value]), refused });
    })()`;
  const found: string = await runInNewContext(script, {
    ...page,
    setInterval,
    clearInterval,
    setTimeout,
    clearTimeout,
  });
  const { values, refused } = JSON.parse(found);
  t.deepEqual(
    values,
    study.trials.map(({ params, value }) => [params, value]),
  );
  t.regex(refused, /^\w*Error: Expected no `storage` in a browser, where studies are in memory, got "a.db"/);
  await study.close();
});

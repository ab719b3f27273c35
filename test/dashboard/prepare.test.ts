import test from 'ava';
import { adaptedPicture, centred, drawnGrey } from '../../dashboard/page/draw/prepare.ts';
import { build } from 'vite';
import { expectBrowser, withoutNode } from '../../dashboard/without-node.ts';

const shape = { height: 28, width: 28, channels: 1 };

/** White ink in a rectangle of a black field of 280 × 280. */
function rectangle(left: number, top: number, width: number, height: number) {
  const data = new Uint8Array(280 * 280 * 4);
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1) data.set([255, 255, 255], 4 * (280 * y + x));
  }
  return { height: 280, width: 280, data };
}

const wish = { shape, fit: 'stretch', ground: 'dark' } as const;

test('ink fills a box of 20 pixels with its centre of mass in the middle, wherever it was drawn', (t) => {
  for (const [left, top, width, height] of [
    [0, 0, 50, 100],
    [200, 170, 40, 80],
    [100, 20, 120, 240],
  ]) {
    const field = drawnGrey(rectangle(left, top, width, height), wish, true)!;
    const inked = [...field.keys()].filter((at) => field[at] > 0);
    const rows = inked.map((at) => Math.floor(at / 28));
    const columns = inked.map((at) => at % 28);
    t.deepEqual([Math.min(...rows), Math.max(...rows)], [4, 23]);
    t.deepEqual([Math.min(...columns), Math.max(...columns)], [9, 18]);
  }
});

test('heavy ink on one side moves the rest to the other, but never over the edge', (t) => {
  // A bar of full ink at the left, and weak ink to its right.
  const values = Uint8Array.from({ length: 200 * 200 }, (_, at) => (at % 200 < 20 ? 255 : 10));
  const field = centred({ height: 200, width: 200, values }, shape)!;
  const sum = (x: number): number => [...Array(28).keys()].reduce((total, y) => total + field[28 * y + x], 0);
  t.is(sum(7), 0);
  t.is(sum(8), 20 * 255);
  t.is(sum(27), 20 * 10);
});

test('nothing drawn is nothing, and a network of dark ink on light ground gets it so', (t) => {
  t.is(drawnGrey(rectangle(0, 0, 0, 0), wish, true), null);
  const field = drawnGrey(rectangle(0, 0, 280, 140), { ...wish, ground: 'light' }, false)!;
  t.deepEqual([field[0], field[783]], [0, 255]);
});

test('colours become the grey of the light that they are', (t) => {
  const colours = [
    [255, 0, 0, 255],
    [0, 255, 0, 255],
    [0, 0, 255, 255],
    [128, 128, 128, 255],
  ];
  const data = Uint8Array.from(colours.flat());
  const { pixels, says } = adaptedPicture(
    { height: 1, width: 4, data },
    { shape: { height: 1, width: 4, channels: 1 }, fit: 'stretch', ground: null },
  );
  t.deepEqual([...pixels], [127, 220, 76, 128]);
  t.deepEqual(says, ['its colours became grey']);
});

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

/** The page on which one draws, in a real browser: what it says is what the engine says in Node. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { points } from '../../base/format.ts';
import { buildExportedPage } from '../../dashboard/build.ts';
import { type RunningDashboard, serveDashboard } from '../../dashboard/server/listen.ts';
import { openEnsemble, predictNewImages } from '../../submissions/index.ts';
import { runIn } from '../cli/in-process.ts';
import { builtPage } from './built-page.ts';
import { expectFit, hasBrowser, launch, newWindow, type Opened, openPage, title, violationsOf } from './chromium.ts';
import { recordNetworks } from './networks.ts';

/** What a page may load, as gzip makes it. */
const MOST_BYTES = 100_000;

interface Context {
  readonly browser: Browser;
  readonly dashboard: RunningDashboard;
  readonly folder: string;
  readonly swa: string;
  readonly plain: string;
  readonly colours: string;
}

const test = anyTest as TestFn<Context>;
const seen = hasBrowser ? test.serial : test.serial.skip;

test.before(async (t) => {
  if (!hasBrowser) return;
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-draw-'));
  const runsDir = join(folder, 'runs');
  const damaged = await recordNetworks(runsDir, 'digit-recognizer', 'swa', '2026-01-01T00:00:00Z');
  await truncate(join(damaged, 'solutions.f32'), 100);
  const colours = await recordNetworks(runsDir, 'cifar-10', 'plain', '2026-01-02T00:00:00Z');
  const plain = await recordNetworks(runsDir, 'digit-recognizer', 'plain', '2026-01-03T00:00:00Z');
  const swa = await recordNetworks(runsDir, 'digit-recognizer', 'swa', '2026-01-04T00:00:00Z');
  const pageFolder = await builtPage();
  // Where the command looks for it.
  await buildExportedPage();
  t.context = {
    folder,
    swa,
    plain,
    colours,
    dashboard: await serveDashboard({ storage: join(runsDir, 'studies.db'), runsDir, port: 0, pageFolder }),
    browser: await launch(),
  };
});

test.after.always(async ({ context: { browser, dashboard, folder } }) => {
  await browser?.close();
  await dashboard?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

// That a run has no weights is said on the page, and the pixels of a canvas are read by these tests.
const open = (context: Context, path: string, options?: BrowserContextOptions): Promise<Opened> =>
  openPage(context, path, {
    isExpected: (message) => /400 \(Bad Request\)|willReadFrequently/.test(message),
    options,
  });

const pad = (page: Page) => page.getByRole('application', { name: 'Field to draw on' });

/** Draws a seven with the mouse. */
async function drawSeven(page: Page): Promise<void> {
  const { x, y, width, height } = (await pad(page).boundingBox())!;
  const at = (right: number, down: number) => [x + right * width, y + down * height] as const;
  await page.mouse.move(...at(0.3, 0.3));
  await page.mouse.down();
  await page.mouse.move(...at(0.7, 0.3), { steps: 5 });
  await page.mouse.move(...at(0.45, 0.85), { steps: 5 });
  await page.mouse.up();
}

/** What the table shows, column by column, when it has come to rest. */
async function shown(page: Page): Promise<string[][]> {
  await page.waitForFunction(() => {
    const results = document.querySelector('.results:not([aria-busy])');
    return results !== null && !(results.querySelector('tbody')?.textContent ?? '–').includes('–');
  });
  const rows = await page
    .locator('.probabilities tbody tr')
    .evaluateAll((all) => all.map((row) => [...row.querySelectorAll('.value')].map((cell) => cell.textContent ?? '')));
  return rows[0].map((_, column) => rows.map((row) => row[column]));
}

/** What the networks see: u8[height × width × channels]. */
const pixelsSeen = (page: Page, channels: number): Promise<number[]> =>
  page.locator('.seen').evaluate((element, wanted) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return [...data].filter((__, i) => i % 4 < wanted);
  }, channels);

/** Expects a dot as large as MNIST has digits: a circle that touches the sides of a box of 20 × 20 pixels. */
async function expectDot(t: ExecutionContext<Context>, page: Page): Promise<void> {
  const inked = (await pixelsSeen(page, 1)).filter((value) => value > 0).length;
  t.true(inked > Math.PI * 10 ** 2 && inked < 20 ** 2, `${inked} pixels`);
}

/** What the engine of Node says of it, in the columns of the page. */
async function expected(folders: readonly string[], pixels: readonly number[]): Promise<string[][]> {
  const columns: string[][] = [];
  const texts = (values: Float32Array): string[] => Array.from(values, (value) => points(value, 1));
  for (const folder of folders) {
    const ensemble = await openEnsemble(folder);
    const { network, solutions, competition } = ensemble;
    const shared = new Uint8Array(new SharedArrayBuffer(pixels.length));
    shared.set(pixels);
    const images = { shape: competition.shape, count: 1, pixels: shared };
    columns.push(texts(await network.predict(solutions[0][0], images)), texts(await ensemble.predict(images)));
  }
  return columns;
}

seen(title('while one draws, SWA and plain, one network and all, say what the engine says in Node'), async (t) => {
  const { page, complaints, bytes, close } = await open(t.context, '/draw');
  t.deepEqual(await violationsOf(page), []);
  await page.locator('.answer').getByText('Nothing is drawn yet.').waitFor();
  await drawSeven(page);
  const said = await shown(page);
  const pixels = await pixelsSeen(page, 1);
  t.deepEqual(said, await expected([t.context.swa, t.context.plain], pixels));
  // Centred as in MNIST: 20 pixels of 28 from the first to the last row with ink.
  const rows = [...Array(28).keys()].filter((y) => pixels.slice(28 * y, 28 * y + 28).some((value) => value > 0));
  t.is(rows.at(-1)! - rows[0] + 1, 20);
  // Said when the pen rests.
  await page
    .locator('.answer')
    .getByText(/^swa-\w+: \d \(.* %\); plain-\w+: \d \(.* %\)$/)
    .waitFor();

  const loaded = await bytes();
  t.true(loaded < MOST_BYTES, `${loaded} bytes`);
  t.log(`${loaded} bytes`);
  t.deepEqual(await violationsOf(page), []);
  await page.emulateMedia({ colorScheme: 'dark' });
  t.deepEqual(await violationsOf(page), []);
  for (const width of [1440, 1024, 400]) await expectFit(page, width);
  t.true(await page.locator('.results .scroll').evaluate((box) => box.scrollWidth <= box.clientWidth));
  await page.getByRole('checkbox', { name: 'Centre and scale as in MNIST' }).uncheck();
  t.notDeepEqual(await pixelsSeen(page, 1), pixels);
  t.deepEqual(complaints, []);
  await close();
});

seen(title('the keyboard alone draws, undoes, clears and chooses another run'), async (t) => {
  const { page, complaints, close } = await open(t.context, '/draw');
  await pad(page).focus();
  const ink = async (): Promise<number> => (await pixelsSeen(page, 1)).filter((value) => value > 0).length;
  await page.keyboard.press('ArrowUp');
  t.is(await ink(), 0);
  for (const key of ['Space', 'Shift+ArrowDown', 'Shift+ArrowDown', 'ArrowRight', 'Space'])
    await page.keyboard.press(key);
  const drawn = await ink();
  t.true(drawn > 20, `${drawn} pixels`);
  t.is((await shown(page)).length, 4);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Control+z');
  t.is(await ink(), 0);
  await page.keyboard.press('Space');
  await expectDot(t, page);
  await page.keyboard.press('Delete');
  t.is(await ink(), 0);
  await page.getByLabel('Beside it').selectOption({ label: 'none' });
  await page.waitForFunction(() => document.querySelectorAll('.probabilities thead th').length === 3);
  t.regex(page.url(), /run=.*&run=none/);
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll('.probabilities thead th').length === 3);
  t.deepEqual(complaints, []);
  await close();
});

seen(title('a finger draws too'), async (t) => {
  const { page, close } = await open(t.context, '/draw', { hasTouch: true, viewport: { width: 400, height: 800 } });
  await pad(page).tap();
  await expectDot(t, page);
  t.is((await shown(page)).length, 4);
  await close();
});

/** A picture of 56 × 56, dark on light: a bar. */
function barPicture(): Buffer {
  const png = new PNG({ width: 56, height: 56 });
  for (let at = 0; at < 56 * 56; at += 1) {
    const x = at % 56;
    const value = x > 24 && x < 32 && at > 56 * 8 && at < 56 * 48 ? 20 : 250;
    png.data.set([value, value, value, 255], 4 * at);
  }
  return PNG.sync.write(png);
}

async function choose(page: Page, name: string, content: Buffer): Promise<void> {
  await page.getByLabel('Or a file').setInputFiles({ name, mimeType: 'image/png', buffer: content });
}

async function predictedBy(t: ExecutionContext<Context>, folder: string, file: string): Promise<string[]> {
  const { batches } = await predictNewImages(await openEnsemble(folder), { files: [join(t.context.folder, file)] });
  const [[{ probabilities }]] = await Array.fromAsync(batches);
  return Array.from(probabilities, (value) => points(value, 1));
}

seen(title('an image that is dropped gets what the command predict says, and what was done is said'), async (t) => {
  const { page, complaints, close } = await open(t.context, '/draw');
  await writeFile(join(t.context.folder, 'bar.png'), barPicture());
  await page.waitForSelector('.probabilities td');
  await choose(page, 'bar.png', barPicture());
  await page
    .getByText('bar.png: dark on light became light on dark; 56 × 56 pixels were resized to 28 × 28.')
    .waitFor();
  const [, swa, , plain] = await shown(page);
  t.deepEqual(swa, await predictedBy(t, t.context.swa, 'bar.png'));
  t.deepEqual(plain, await predictedBy(t, t.context.plain, 'bar.png'));
  await choose(page, '<b>no</b>.png', Buffer.from('no image'));
  await page.getByText('<b>no</b>.png: expected an image that the browser can show, got something else.').waitFor();

  // A drop is what a browser tells of it.
  const transfer = await page.evaluateHandle(
    (bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(bytes)], 'dropped.png', { type: 'image/png' }));
      return data;
    },
    [...barPicture()],
  );
  await page.dispatchEvent('.drawing', 'drop', { dataTransfer: transfer });
  await page.getByText(/^dropped\.png: dark on light became/).waitFor();
  await drawSeven(page);
  await page.getByText('Centred and scaled as in MNIST:').waitFor();
  t.deepEqual(complaints, []);
  await close();
});

seen(title('in colours one drops an image or draws with an ink, and a run without weights is named'), async (t) => {
  const run = t.context.colours.split('/').at(-1)!;
  const { page, close } = await open(t.context, `/draw?run=${run}`);
  await page.waitForSelector('.probabilities td');
  await choose(page, 'bar.png', barPicture());
  await page.getByText('bar.png: 56 × 56 pixels were resized to 32 × 32.').waitFor();
  const said = await shown(page);
  t.deepEqual(said, await expected([t.context.colours], await pixelsSeen(page, 3)));
  await page.getByLabel('Ink').fill('#ff0000');
  await drawSeven(page);
  const pixels = await pixelsSeen(page, 3);
  t.is(Math.max(...pixels.filter((_, i) => i % 3 === 0)), 255);
  t.is(Math.max(...pixels.filter((_, i) => i % 3 === 1)), 0);
  t.deepEqual(await shown(page), await expected([t.context.colours], pixels));

  await page.getByRole('combobox').first().selectOption({ index: 3 });
  await page
    .getByRole('alert')
    .getByText(/solutions\.f32: expected \d+ bytes as record\.json says, got 100\./)
    .waitFor();
  await close();
});

seen(title('an exported page says the same from a disk, and loads nothing'), async (t) => {
  const { folder, swa, plain, browser } = t.context;
  const words = ['export', '--format', 'page', '--run', [swa, plain].map((run) => basename(run)).join(','), '-q'];
  const written = await runIn(folder, [...words, '--out', 'shared/digits.html', '--json']);
  t.deepEqual({ code: written.code, stderr: written.stderr }, { code: 0, stderr: '' });
  const { file, bytes } = JSON.parse(written.stdout);
  t.is(file, 'shared/digits.html');
  t.is((await stat(join(folder, file))).size, bytes);
  // Kernels 49 kB, script and style 55 kB, four networks of 12 kB and their plans.
  t.true(bytes < 200_000, `${bytes} bytes`);
  const again = await runIn(folder, [...words, '--out', 'shared/digits.html']);
  t.is(again.code, 2);
  t.is(
    again.stderr,
    'shared/digits.html: expected no such file, found one. Name another file, or use --force to replace it.\n',
  );

  const context = await newWindow(browser, { viewport: { width: 1024, height: 900 }, offline: true });
  const page = await context.newPage();
  const [complaints, requests]: [string[], string[]] = [[], []];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !message.text().includes('willReadFrequently')) {
      complaints.push(message.text());
    }
  });
  page.on('request', (request) => requests.push(request.url().replace(/:.*/s, '')));
  await page.goto(pathToFileURL(join(folder, file)).href);
  await page.waitForSelector('.probabilities td');
  await drawSeven(page);
  t.deepEqual(await shown(page), await expected([swa, plain], await pixelsSeen(page, 1)));
  t.deepEqual(
    [...new Set(requests)].filter((scheme) => !['file', 'blob'].includes(scheme)),
    [],
  );
  t.is(requests.filter((scheme) => scheme === 'file').length, 1);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    t.deepEqual(await violationsOf(page), []);
  }
  await expectFit(page, 400);
  t.deepEqual(complaints, []);
  await context.close();
});

seen(title('an export of a page refuses what no page can show, in a sentence'), async (t) => {
  const { folder, swa, colours } = t.context;
  const refused: readonly [words: readonly string[], sentence: RegExp][] = [
    [
      ['--run', `${basename(swa)},${basename(colours)}`],
      /^Expected runs of one competition, got swa-\w+ of digit-recog.*cifar-10\./,
    ],
    [['--run', basename(swa), '--fold', '3'], /^Expected --fold to be from 1 to 2, the folds of .*, got "3"\./],
    [['--run', '20260101T000000'], /solutions\.f32: expected \d+ bytes as record\.json says, got 100\./],
    [['--run', 'swa,,plain'], /^Expected --run to be names separated by commas, got "swa,,plain"\./],
  ];
  for (const [words, sentence] of refused) {
    const { code, stdout, stderr } = await runIn(folder, [
      'export',
      '--format',
      'page',
      ...words,
      '--out',
      'no.html',
      '-q',
    ]);
    t.regex(stderr, sentence);
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  }
  await t.throwsAsync(stat(join(folder, 'no.html')));
  const page = await runIn(folder, ['export', '--format', 'page', '--run', basename(swa), '--fold', '1', '-q']);
  t.is(page.code, 0);
  t.regex(page.stdout, /^Written: runs\/.*-swa-\w+\/page\/index\.html \(\d+ kB\)\n/);
  t.notRegex(await readFile(join(swa, 'page', 'index.html'), 'utf8'), /https?:\/\/(?!www\.w3\.org)/);
});

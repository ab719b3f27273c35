/** The page in a real browser: what is seen, what a click or a key does, and that hostile texts do nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { pages } from '../../dashboard/page/registry.ts';
import { type RunningDashboard, serveDashboard } from '../../dashboard/server/listen.ts';
import { openStudy } from '../../search/open-study.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { finishedJson } from '../report/finished-experiment.ts';
import { csvOf, recordRun } from '../submissions/runs.ts';
import { charts as analysisCharts, recordAnalysis } from './analyses.ts';
import { builtPage } from './built-page.ts';
import { cutTexts, expectFit, hasBrowser, launch, type Opened, openPage, title, violationsOf } from './chromium.ts';
import { makeStudy, openParabola, runTrial } from './dashboard.ts';
import { makeLongStudy } from './long-study.ts';
import { trainDigits } from './networks.ts';

/** What a page may load, as gzip makes it. */
const MOST_BYTES = 400_000;
const HOSTILE = '<img src=x onerror="window.isHacked = true">';

interface Context {
  readonly browser: Browser;
  readonly dashboard: RunningDashboard;
  readonly folder: string;
  readonly storage: string;
  readonly pageFolder: string;
}

const test = anyTest as TestFn<Context>;
const seen = hasBrowser ? test.serial : test.serial.skip;

test.before(async (t) => {
  if (!hasBrowser) return;
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-browser-'));
  const runsDir = join(folder, 'runs');
  const storage = join(runsDir, 'studies.db');
  await makeStudy(storage, 'parabola', 40);
  await makeStudy(storage, HOSTILE, 12);
  const epochs = Array.from({ length: 5 }, (_, epoch) => ({
    epoch,
    learningRate: 0.1 / (epoch + 1),
    trainLoss: 1 / (epoch + 1),
    validationAccuracy: 0.9 + epoch / 100,
    validationLoss: 1.1 / (epoch + 1),
  }));
  const competition = 'digit-recognizer';
  const first = { competition, epochs, file: join(folder, 'plain.csv'), csv: csvOf([1, 2, 3, 4]) };
  await recordRun(runsDir, { ...first, startedAt: '2026-01-01T00:00:00Z' });
  const second = {
    ...first,
    method: 'swa' as const,
    test: 92,
    file: join(folder, 'swa.csv'),
    csv: csvOf([1, 2, 3, 7]),
  };
  await recordRun(runsDir, { ...second, startedAt: '2026-01-02T00:00:00Z' });
  await mkdir(join(runsDir, 'experiments', 'swa-lr'), { recursive: true });
  await writeFile(join(runsDir, 'experiments', 'swa-lr', 'quick.json'), JSON.stringify(finishedJson('swa-lr')));
  const trainLoss = { ...analysisCharts.plane, name: 'plane-trainLoss', title: 'train loss', label: 'train loss' };
  const hostile = { title: HOSTILE, about: HOSTILE, says: [HOSTILE] };
  await recordAnalysis(runsDir, 'spectrum-a', { ...hostile, charts: [analysisCharts.spectrum] });
  await recordAnalysis(runsDir, 'line-b', { charts: [analysisCharts.lines] });
  await recordAnalysis(runsDir, 'rays-c', { charts: [analysisCharts.rays] });
  const run = (await readdir(runsDir)).find((name) => name.includes('-digit-recognizer-plain-'))!;
  const ofRun = { name: 'plain', run, fold: 1, solution: 1 };
  await recordAnalysis(runsDir, 'plane-d', {
    charts: [analysisCharts.plane, trainLoss],
    solutions: [ofRun, { ...ofRun, name: 'gone', run: '20260101T000000Z-digit-recognizer-swa-0badcafe' }],
  });
  const pageFolder = await builtPage();
  const dataDir = join(folder, 'digits');
  await writeSyntheticDigits(dataDir, { train: 200, test: 100 });
  t.context = {
    folder,
    storage,
    pageFolder,
    dashboard: await serveDashboard({ storage, runsDir, dataDir, port: 0, pageFolder, intervalMs: 20 }),
    browser: await launch(),
  };
});

/** A run that has hardly learnt, with its images, and a dashboard that knows where they are. */
async function trainedDashboard({ folder, pageFolder }: Context): Promise<RunningDashboard> {
  const dataDir = join(folder, 'digits');
  const runsDir = join(folder, 'trained');
  await trainDigits({ dataDir, runsDir, outDir: join(folder, 'submissions') });
  return serveDashboard({ storage: join(runsDir, 'studies.db'), runsDir, dataDir, port: 0, pageFolder });
}

test.after.always(async ({ context: { browser, dashboard, folder } }) => {
  await browser?.close();
  await dashboard?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

// That a run has no images is said on the page.
const open = (
  context: Pick<Context, 'browser' | 'dashboard'>,
  path: string,
  options?: BrowserContextOptions,
): Promise<Opened> =>
  openPage(context, path, { isExpected: (message) => message.includes('400 (Bad Request)'), options });

const study = (name: string, more: Record<string, string> = {}): string =>
  `/study?${new URLSearchParams({ name, ...more }).toString()}`;

const comparing = (...names: string[]): string =>
  `/compare?${new URLSearchParams(names.map((name) => ['study', name])).toString()}`;

/** What the address of a page names, for pages that show one thing, and charts that there must be. */
const examples: Readonly<Record<string, { readonly address?: string; readonly charts?: readonly string[] }>> = {
  '/study': {
    address: study('parabola'),
    charts: ['History', 'Importance', 'Parallel coordinates', 'Slices', 'Contour', 'Reported values', 'Timeline'],
  },
  '/compare': {
    address: comparing('parabola', HOSTILE),
    charts: ['History', 'Importance: parabola'],
  },
  '/runs': { charts: ['Learning curves', 'Learning rate'] },
  '/leaderboard': { charts: ['Gap between training and other images'] },
  '/experiments': { charts: ['Test accuracy of each arm', 'Validation accuracy'] },
  '/geometry': { address: '/geometry?analysis=plane-d', charts: ['Plane'] },
};

/** Colours of the canvas of a chart. */
const coloursOf = (canvas: Locator): Promise<number> =>
  canvas.evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const pixels = (element as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
    return new Set(new Uint32Array(pixels.data.buffer)).size;
  });

/** Looks at every panel with a chart, which is drawn then. @returns the titles of those that are charts, not sentences */
async function drawnCharts(t: ExecutionContext<Context>, page: Page): Promise<string[]> {
  const drawn: string[] = [];
  for (const region of await page.locator('.panel:not([hidden]):has(.chart)').all()) {
    await region.scrollIntoViewIfNeeded();
    await region.getByText(/^(Loading|Predicting|Computing) …/).waitFor({ state: 'hidden' });
    if (!(await region.locator('.chart').isVisible())) continue;
    const canvas = region.locator('canvas').first();
    await canvas.waitFor();
    const name = (await region.getAttribute('aria-label')) ?? '';
    t.true((await coloursOf(canvas)) > 5, name);
    drawn.push(name);
  }
  return drawn;
}

/** Prints as the browser does when a person prints. @returns what the page is then: its appearance, and what is wider than the paper or not drawn */
async function printed(page: Page): Promise<object> {
  await page.evaluate(() => {
    window.print = () => {
      dispatchEvent(new Event('beforeprint'));
      document.body.dataset.printed = '';
    };
  });
  await page.keyboard.press('Control+p');
  await page.locator('body[data-printed]').waitFor();
  const found = await page.evaluate(() => {
    const isWide = (element: Element): boolean => element.scrollWidth > element.clientWidth + 1;
    return {
      appearance: document.documentElement.dataset.appearance,
      wide: [...document.querySelectorAll('.page, .panel, .scroll')].filter(isWide).map((one) => one.outerHTML),
      waiting: [...document.querySelectorAll<HTMLElement>('.panel')].filter(
        (one) => !one.hidden && /^Loading …$/m.test(one.innerText),
      ).length,
    };
  });
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  return found;
}

for (const { path, title: name } of pages) {
  const { address = path, charts = [] } = examples[path] ?? {};
  seen(
    title(
      `${name}: printed whole, charts are drawn, little is loaded, anybody can use it, light or dark, at any width`,
    ),
    async (t) => {
      const { page, complaints, bytes, close } = await open(t.context, address, { colorScheme: 'dark' });
      // Before anybody has looked at the charts.
      t.deepEqual(await printed(page), { appearance: 'light', wide: [], waiting: 0 });
      t.is(await page.evaluate(() => document.documentElement.dataset.appearance), 'dark');
      await page.emulateMedia({ colorScheme: 'light' });
      const drawn = await drawnCharts(t, page);
      for (const chart of charts) t.true(drawn.includes(chart), chart);
      const loaded = await bytes();
      t.true(loaded < MOST_BYTES, `${loaded} bytes`);
      t.log(`${loaded} bytes`);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const width of [1440, 1024, 400]) {
          await expectFit(page, width);
          t.deepEqual(await cutTexts(page), [], `${colorScheme}, ${width}`);
          if (width !== 1440) t.deepEqual(await violationsOf(page), [], `${colorScheme}, ${width}`);
        }
      }
      t.deepEqual(complaints, []);
      await close();
    },
  );
}

seen(title('on a telephone the tables of runs and submissions show a score without scrolling'), async (t) => {
  for (const path of ['/runs', '/leaderboard', '/studies']) {
    const { page, close } = await open(t.context, path);
    await page.setViewportSize({ width: 400, height: 800 });
    const score = page
      .locator('table')
      .first()
      .locator('tbody tr')
      .first()
      .getByText(/\d\.\d\d/);
    const { x, width } = (await score.first().boundingBox())!;
    t.true(x + width <= 400, `${path}: ${x} + ${width}`);
    await close();
  }
});

seen(title('the folds of a run are seen whole, without scrolling'), async (t) => {
  const { page, close } = await open(t.context, '/runs');
  for (const width of [1440, 1120, 1024]) {
    await page.setViewportSize({ width, height: 800 });
    const boxes = page.getByRole('region', { name: 'Folds', exact: true }).locator('.scroll');
    t.is(await boxes.count(), 2);
    const rooms = await boxes.evaluateAll((all) => all.map((box) => box.clientWidth - box.scrollWidth));
    t.deepEqual(rooms, [0, 0], `${width}`);
  }
  await close();
});

seen(title('a range drawn on an axis filters the trials, survives a reload, and can be taken away'), async (t) => {
  const { page, close } = await open(t.context, study('parabola'));
  const rows = page.getByRole('table', { name: 'Trials', exact: true }).locator('tbody tr');
  const all = await rows.count();
  t.is(all, 40);
  const chart = page.getByRole('region', { name: 'Parallel coordinates' }).locator('.chart');
  await chart.scrollIntoViewIfNeeded();
  const { x, y, width } = (await chart.boundingBox())!;
  // The second of four axes, which lie between the margins of the chart.
  const axis = x + 56 + (width - 146) / 3;
  await page.mouse.move(axis, y + 70);
  await page.mouse.down();
  await page.mouse.move(axis, y + 120, { steps: 4 });
  await page.mouse.move(axis, y + 150, { steps: 4 });
  await page.mouse.up();
  const chip = page.getByRole('button', { name: /^Remove the filter x / });
  await chip.waitFor();
  const filtered = await rows.count();
  t.true(filtered > 0 && filtered < all, String(filtered));
  t.regex(page.url(), /where=x%7E/);
  await page.getByRole('checkbox', { name: 'pruned' }).uncheck();
  t.regex(page.url(), /state=COMPLETE%2CFAIL/);
  const complete = await rows.count();
  await page.reload();
  await chip.waitFor();
  t.is(await rows.count(), complete);
  t.false(await page.getByRole('checkbox', { name: 'pruned' }).isChecked());
  await chip.click();
  await page.getByRole('checkbox', { name: 'pruned' }).check();
  t.is(await rows.count(), all);
  t.notRegex(page.url(), /where|state/);
  await close();
});

seen(
  title('of ten thousand trials the page loads, draws and holds little, and the rest when it is looked at'),
  async (t) => {
    const { page, complaints, close } = await open(t.context, '/studies');
    const storage = join(t.context.folder, 'runs', 'long.db');
    await makeLongStudy(storage, 'long', 10_000);
    const dashboard = await serveDashboard({
      storage,
      runsDir: join(t.context.folder, 'runs'),
      port: 0,
      pageFolder: t.context.pageFolder,
    });
    t.teardown(() => dashboard.close());
    const asked = new Set<string>();
    let bytes = 0;
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (!pathname.startsWith('/api/study')) return;
      asked.add(pathname);
      void response.body().then(({ length }) => (bytes += length));
    });
    await page.goto(`${dashboard.address}${study('long')}`);
    const drawn = (chart: string) => page.getByRole('region', { name: chart, exact: true }).locator('canvas').first();
    await drawn('History').waitFor();
    await page.waitForSelector('main:not([aria-busy])');
    t.is(await page.locator('.count').innerText(), '10,000 of 10,000 trials');
    const rows = page.getByRole('table', { name: 'Trials', exact: true }).locator('tbody tr');
    t.is(await rows.count(), 200);
    t.true((await page.locator('*').count()) < 5_000);
    await page.getByText(/Another trial is expected to gain [\d.]+/).waitFor();
    for (const chart of ['Importance', 'Parallel coordinates']) await drawn(chart).waitFor();
    t.deepEqual([...asked].toSorted(), ['/api/study', '/api/study/gain', '/api/study/importance']);
    t.true(bytes < 2_400_000, `${bytes} bytes`);
    t.is(await page.locator('canvas').count(), 3);
    for (const chart of ['Slices', 'Contour', 'Reported values', 'Timeline']) {
      const region = page.getByRole('region', { name: chart, exact: true });
      await region.scrollIntoViewIfNeeded();
      await drawn(chart).waitFor();
      t.regex(await region.locator('.drawn').innerText(), /of (10,000|7,000|6,\d+|9,\d+) trials/i);
    }
    const later = ['contour', 'curves', 'gain', 'importance', 'slices', 'surrogate'];
    const all = ['/api/study', ...later.map((name) => `/api/study/${name}`)];
    while (!all.every((path) => asked.has(path))) await page.waitForEvent('response');
    t.deepEqual([...asked].toSorted(), all);
    await page.getByRole('button', { name: /^Show more: 200 of 10000 rows/ }).click();
    t.is(await rows.count(), 800);
    await page.getByRole('columnheader', { name: 'State' }).getByRole('button').click();
    t.regex(await rows.first().innerText(), /complete/);
    t.deepEqual(complaints, []);
    await close();
  },
);

seen(title('of several objectives the Pareto front is drawn, with the constraints in the table'), async (t) => {
  const front = await openStudy({
    storage: t.context.storage,
    name: 'front',
    directions: ['maximize', 'minimize', 'minimize'],
    metricNames: ['accuracy', HOSTILE, 'weights'],
    space: { x: { kind: 'float', low: 0, high: 1 } },
  });
  for (const [number, x] of [0.1, 0.4, 0.9].entries()) {
    await front.enqueueTrial({ x });
    const trial = await front.ask();
    trial.setConstraint('over', number === 2 ? NaN : x - 0.3);
    await front.tell(trial, [trial.suggestFloat('x', 0, 1), x, 1 - x]);
  }
  await front.close();
  const { page, complaints, close } = await open(t.context, study('front', { objectiveX: '1', objectiveY: '1' }));
  const drawn = await drawnCharts(t, page);
  t.true(drawn.includes('Pareto front'));
  const region = page.getByRole('region', { name: 'Pareto front' });
  t.regex(await region.innerText(), /On the front: 1 trial that/);
  await region.getByRole('combobox', { name: 'y', exact: true }).selectOption('weights');
  t.regex(page.url(), /objectiveY=2/);
  const replay = page.getByRole('region', { name: 'Replay' });
  await replay.getByRole('button', { name: 'Replay' }).click();
  await replay
    .getByText('Replayed study "front": 0 suggestions and 0 prunings of 3 finished trials, all the same to the digit.')
    .waitFor();
  const rows = page.getByRole('table', { name: 'Trials', exact: true }).locator('tbody tr');
  t.deepEqual(
    (await rows.allInnerTexts()).map((words) => /(not known|\S+) missed/.exec(words)?.[1] ?? null),
    ['not known', '0.1', null],
  );
  t.deepEqual(await violationsOf(page), []);
  await expectFit(page, 400);
  t.deepEqual(await violationsOf(page), []);
  await page.goto(`${t.context.dashboard.address}${study('parabola')}`);
  await page.getByRole('heading', { name: 'parabola' }).waitFor();
  t.false(await region.isVisible());
  t.deepEqual(complaints, []);
  await close();
});

seen(title('the accuracies of a search are in percent wherever a study is shown, and gains in points'), async (t) => {
  const task = { competition: 'digits', model: 'mlp', method: 'swa', engine: 'simd', epochs: 3, folds: 1, fixed: {} };
  const search = { storage: t.context.storage, direction: 'maximize', seed: 1, sampler: 'random' } as const;
  const constraints = ['accuracy>=0.97', 'seconds<=60'];
  const limited = await openStudy({
    ...search,
    name: 'limited',
    space: { x: { kind: 'float', low: 0, high: 1 } },
    task: { ...task, images: '', constraints },
  });
  const missing = await limited.ask();
  missing.setConstraint(constraints[0], 0.0125);
  missing.setConstraint(constraints[1], -12);
  await limited.tell(missing, 0.9575);
  await limited.close();
  const accurate = await openStudy({
    ...search,
    name: 'accurate',
    space: { x: { kind: 'float', low: 0, high: 1 }, y: { kind: 'float', low: 0, high: 1 } },
    task: { ...task, images: '' },
  });
  for (let i = 0; i < 24; i += 1) {
    const trial = await accurate.ask();
    const value = 0.98 - 0.04 * (trial.suggestFloat('x', 0, 1) - 0.3) ** 2 - 0.01 * trial.suggestFloat('y', 0, 1);
    for (let step = 0; step < 3; step += 1) trial.report(value - 0.01 / (step + 1), step);
    await accurate.tell(trial, value);
  }
  const best = `${(100 * accurate.bestTrial!.value!).toFixed(2)} %`;
  const { number } = accurate.bestTrial!;
  await accurate.close();

  const { page, complaints, close } = await open(t.context, '/studies');
  await page.getByText(`${best} (trial ${number})`).waitFor();
  await page.getByRole('link', { name: 'accurate' }).click();
  await page.locator('.tile', { hasText: best }).waitFor();
  await drawnCharts(t, page);
  await page
    .getByRole('img', { name: `History of 24 complete trials; the best is ${best} in trial ${number}` })
    .waitFor();
  await page.getByText(/gain [\d.e-]+ points?, and all trials to come at most [\d.e-]+ points?\.$/).waitFor();
  const table = page.getByRole('table', { name: 'Trials', exact: true });
  t.is(await table.getByText(/^9\d\.\d\d %$/).count(), 24);
  // What is brushed, typed and kept in the address is the same range.
  const form = page.getByRole('form', { name: 'Filter by a range' });
  await form.getByLabel('Filter by').selectOption('accuracy (%)');
  await form.getByLabel('From, accuracy (%)').fill('97.25');
  await form.getByRole('button', { name: 'Filter' }).click();
  await page.getByRole('button', { name: /^Remove the filter accuracy 97\.25 % … 9\d\.\d\d %/ }).click();
  const chart = page.getByRole('region', { name: 'Parallel coordinates' }).locator('.chart');
  await chart.scrollIntoViewIfNeeded();
  const { x, y } = (await chart.boundingBox())!;
  await page.mouse.move(x + 56, y + 60);
  await page.mouse.down();
  await page.mouse.move(x + 56, y + 100, { steps: 4 });
  await page.mouse.move(x + 56, y + 120, { steps: 4 });
  await page.mouse.up();
  await page.getByRole('button', { name: /^Remove the filter accuracy 9\d\.\d\d % … 9\d\.\d\d %/ }).waitFor();
  t.regex(page.url(), /where=objective\+value%7E0\.9/);
  t.notRegex(await page.locator('main').innerText(), /(^|\s)0?\.9\d/);
  await page.goto(`${t.context.dashboard.address}${comparing('accurate', 'parabola')}`);
  const facts = page.getByRole('table', { name: 'Side by side' });
  t.regex(await facts.getByRole('row', { name: /^best value/ }).innerText(), new RegExp(`${best}\\s+-`));
  await page.goto(`${t.context.dashboard.address}${study('limited')}`);
  await table.getByText('1.25 points missed').waitFor();
  t.regex(await table.locator('tbody tr').innerText(), /95\.75 %.*-12/s);
  t.deepEqual(complaints, []);
  await close();
});

seen(title('a study has the name that a person gave, and else that of its method'), async (t) => {
  const task = { competition: 'digits', model: 'mlp', method: 'swa', epochs: 3, folds: 2 };
  for (const name of ['first', 'digits/mlp/swa/5b223552']) {
    await (await openStudy({ storage: t.context.storage, name, direction: 'maximize', task })).close();
  }
  const { page, close } = await open(t.context, '/studies');
  const rowOf = (name: string) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
  t.regex(await rowOf('first').innerText(), /first\s+swa, digits, mlp, 2 folds × 3 epochs/);
  t.regex(await rowOf('swa').innerText(), /swa\s+digits, mlp, 2 folds × 3 epochs/);
  await close();
});

seen(title('three studies are chosen and compared; with one there is a sentence'), async (t) => {
  await makeStudy(t.context.storage, 'third', 3);
  const { page, complaints, close } = await open(t.context, '/studies');
  for (const name of ['parabola', HOSTILE, 'third']) {
    await page.getByRole('checkbox', { name: `Choose study ${name}`, exact: true }).check();
  }
  await page.getByRole('link', { name: 'Compare the 3 chosen studies' }).click();
  const facts = page.getByRole('table', { name: 'Side by side' });
  await facts.waitFor();
  t.is(await facts.getByRole('columnheader').count(), 3);
  t.is(await page.getByRole('heading', { level: 1 }).innerText(), `parabola, ${HOSTILE} and third`);
  const importances = page.getByRole('region', { name: /^Importance: / });
  await importances.nth(2).waitFor();
  t.is(await importances.count(), 3);
  await page.getByRole('region', { name: 'History' }).locator('canvas').first().waitFor();
  await expectFit(page, 400);
  t.deepEqual(await violationsOf(page), []);
  await page.goto(`${t.context.dashboard.address}${comparing('parabola', 'parabola')}`);
  await page.getByText('Choose two studies or more on the page Studies.').waitFor();
  t.deepEqual(complaints, []);
  await close();
});

seen(title('two trials beside each other show how they differ, and one its commands to be copied'), async (t) => {
  const { page, close } = await open(t.context, study('parabola'));
  await page.getByRole('checkbox', { name: 'Choose trial 39', exact: true }).check();
  await page.getByText('There is no command for a trial that is not complete.').waitFor();
  await page.getByRole('checkbox', { name: 'Choose trial 38', exact: true }).check();
  const difference = page.getByRole('table', { name: 'Trials 39 and 38' });
  t.regex(await difference.innerText(), /rate.*differs/);
  t.regex(page.url(), /trials=39%2C38/);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('checkbox', { name: 'Choose trial 39', exact: true }).uncheck();
  await page.getByRole('button', { name: 'Copy: Print its parameters as JSON' }).click();
  await page.getByText('Copied', { exact: true }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  t.regex(copied, /^npm run study -- best parabola --trial 38 --storage .*studies\.db$/);
  t.deepEqual(await violationsOf(page), []);
  await expectFit(page, 400);
  await close();
});

seen(title('with the keyboard alone one comes to the content, sorts a table and keeps the focus'), async (t) => {
  const { page, close } = await open(t.context, study('parabola'));
  await page.keyboard.press('Tab');
  t.is(await page.evaluate(() => document.activeElement?.textContent), 'Skip to content');
  const sort = page.getByRole('columnheader', { name: 'Value' }).getByRole('button');
  await sort.focus();
  await page.keyboard.press('Enter');
  t.is(await page.getByRole('columnheader', { name: 'Value' }).getAttribute('aria-sort'), 'descending');
  t.is(await page.evaluate(() => document.activeElement?.textContent), 'Value');
  t.not(await sort.evaluate((button) => getComputedStyle(button).outlineStyle), 'none');
  const first = page.locator('tbody tr').first();
  t.regex(await first.innerText(), /complete/);
  t.regex(page.url(), /sort=-value/);
  await close();
});

seen(title('with the keyboard alone one sets a range on an axis, of numbers or a choice'), async (t) => {
  const { page, close } = await open(t.context, study('parabola'));
  const rows = page.getByRole('table', { name: 'Trials', exact: true }).locator('tbody tr');
  const form = page.getByRole('form', { name: 'Filter by a range' });
  await form.getByLabel('To, x').fill('0.5');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Remove the filter x / }).waitFor();
  const narrow = await rows.count();
  t.true(narrow > 0 && narrow < 40, String(narrow));
  await form.getByLabel('Filter by').selectOption('size');
  await form.getByRole('combobox', { name: 'is', exact: true }).selectOption('32');
  await form.getByRole('button', { name: 'Filter' }).press('Enter');
  await page.getByRole('button', { name: /^Remove the filter size / }).waitFor();
  const both = await rows.count();
  t.true(both > 0 && both < narrow, String(both));
  t.deepEqual(await violationsOf(page), []);
  await close();
});

seen(title('a hostile study name is shown as the text that it is'), async (t) => {
  const { page, complaints, close } = await open(t.context, '/studies');
  await page.getByRole('link', { name: HOSTILE }).click();
  await page.getByRole('heading', { name: HOSTILE }).waitFor();
  await page.getByRole('button', { name: 'Add a note' }).click();
  await page.getByLabel('Note', { exact: true }).fill(`${HOSTILE} <script>window.isHacked = true</script>`);
  await page.getByLabel('Tags, separated by commas').fill(HOSTILE);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.note-text', { hasText: '<script>' }).waitFor();
  await page.goto(`${t.context.dashboard.address}/studies`);
  await page.locator('.tag', { hasText: HOSTILE }).waitFor();
  t.is(await page.evaluate(() => (window as { isHacked?: boolean }).isHacked), undefined);
  t.deepEqual(complaints, []);
  await close();
});

seen(title('what happens in a study is seen without a reload'), async (t) => {
  const { page, close } = await open(t.context, '/studies');
  const live = await openParabola(t.context.storage, 'young');
  await page.getByRole('link', { name: 'young' }).click();
  await page.getByRole('heading', { name: 'young' }).waitFor();
  const count = page.locator('.count');
  t.is(await count.innerText(), '0 of 0 trials');
  await runTrial(live);
  await runTrial(live);
  await page.locator('.count', { hasText: '2 of 2 trials' }).waitFor();
  const running = await live.ask();
  await page.locator('.tile', { hasText: '1 process alive' }).waitFor();
  await live.tell(running, { state: 'PRUNED' });
  await live.close();
  await page.locator('.tile', { hasText: 'nobody' }).waitFor();
  await page.locator('.badge', { hasText: 'pruned' }).waitFor();
  t.pass();
  await close();
});

seen(title('a new result of an experiment is seen at once, and studies are not read again for it'), async (t) => {
  const studies = await open(t.context, '/studies');
  const experiments = await open(t.context, '/experiments', {});
  const asked: string[] = [];
  studies.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const file = join(t.context.folder, 'runs', 'experiments', 'swa-lr', 'again.json');
  await writeFile(file, JSON.stringify(finishedJson('swa-lr')));
  await experiments.page.locator('.lead', { hasText: /^2 results/ }).waitFor();
  await rm(file);
  await experiments.page.locator('.lead', { hasText: /^1 result,/ }).waitFor();
  t.deepEqual(asked, []);
  await experiments.close();
  await studies.close();
});

seen(
  title('an analysis is chosen, and what is drawn of it, also those that come later; hostile texts stay texts'),
  async (t) => {
    const { page, complaints, close } = await open(t.context, '/geometry?analysis=plane-d');
    const chart = (label: string) => page.getByRole('img', { name: label, exact: true });
    await chart('test error (%) around SWA').waitFor();
    const runs = page.getByRole('table', { name: 'Solutions' }).locator('tbody tr td:nth-child(2)');
    const [name, gone] = await runs.allInnerTexts();
    t.regex(name, /^plain-[\da-f]{8}$/);
    t.is(gone, '20260101T000000Z-digit-recognizer-swa-0badcafe, deleted');
    t.is(await runs.getByRole('link').count(), 1);
    await page.getByLabel('Shown').selectOption('train loss');
    await chart('train loss').waitFor();
    t.regex(page.url(), /metric=plane-trainLoss/);
    await page.reload();
    await chart('train loss').waitFor();
    for (const id of ['line-b', 'spectrum-a']) {
      await page.getByRole('checkbox', { name: `Choose analysis ${id}`, exact: true }).check();
      await chart('test error (%) around SWA').waitFor();
      t.regex(page.url(), new RegExp(`analysis=${id}$`));
    }
    await page.locator('.findings h3', { hasText: HOSTILE }).waitFor();
    await recordAnalysis(join(t.context.folder, 'runs'), 'plane-e', { title: 'a new one' });
    await page.getByText('a new one').waitFor();
    t.true(await page.getByRole('checkbox', { name: 'Choose analysis spectrum-a', exact: true }).isChecked());
    t.is(await page.evaluate(() => (window as { isHacked?: boolean }).isHacked), undefined);
    t.deepEqual(complaints, []);
    await close();
  },
);

seen(
  title('a study that there is not is told in its place, and one without numbers has sentences for charts'),
  async (t) => {
    const { page, close } = await open(t.context, study('nonsense'));
    await page.getByText('Unknown study "nonsense". It may have been deleted.').waitFor();
    t.false((await page.locator('main').innerText()).includes('Loading'));
    const diverged = await openParabola(t.context.storage, 'diverged', 20);
    const trial = await diverged.ask();
    trial.report(NaN, 0);
    await diverged.tell(trial, NaN);
    await diverged.close();
    await page.goto(`${t.context.dashboard.address}${study('diverged')}`);
    await page.getByText('1 of 20 trials: 1 failed').waitFor();
    for (const chart of ['History', 'Slices', 'Contour', 'Reported values']) {
      await page
        .getByRole('region', { name: chart, exact: true })
        .getByText(/^No trial /)
        .waitFor();
    }
    t.is(await page.title(), 'diverged · wide-optima');
    await close();
  },
);

seen(title('light and dark follow the system until a person chooses, and the choice stays'), async (t) => {
  const { page, close } = await open(t.context, '/studies', { colorScheme: 'dark' });
  const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.getByRole('button', { name: 'Light appearance' }).click();
  t.not(await background(), dark);
  await page.reload();
  await page.getByRole('button', { name: 'Dark appearance' }).click();
  t.is(await background(), dark);
  await close();
});

seen(title('ticked runs are renamed, tagged and deleted where they are listed, with the keyboard too'), async (t) => {
  const runsDir = join(t.context.folder, 'managed');
  for (const [i, right] of [80, 95].entries()) {
    const startedAt = `2026-01-0${i + 1}T00:00:00Z`;
    await recordRun(runsDir, { test: right, startedAt, file: join(t.context.folder, `${i}.csv`), csv: csvOf([i]) });
  }
  const { pageFolder } = t.context;
  const dashboard = await serveDashboard({ storage: join(runsDir, 'studies.db'), runsDir, port: 0, pageFolder });
  t.teardown(() => dashboard.close());
  const { page, complaints, close } = await open({ ...t.context, dashboard }, '/runs');
  const rows = page.getByRole('table', { name: 'Runs', exact: true }).locator('tbody tr');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  // Both are ticked at first; the older one is left.
  await rows.first().getByRole('checkbox').uncheck();
  await button('Rename …').click();
  await page.getByLabel('New name').fill('swa');
  await page.keyboard.press('Enter');
  await page
    .getByRole('alert')
    .getByText(/means the newest run of that method/)
    .waitFor();
  t.deepEqual(await violationsOf(page), []);
  await page.getByLabel('New name').fill('first-try');
  await page.keyboard.press('Enter');
  await page.getByText('is called first-try now.').waitFor();
  await rows.filter({ hasText: 'first-try' }).waitFor();
  await button('Tag …').press('Enter');
  await page.getByLabel('Tags, separated by commas', { exact: true }).first().fill(`old, ${HOSTILE}`);
  await page.keyboard.press('Enter');
  await rows.filter({ hasText: HOSTILE }).waitFor();
  await page.getByRole('checkbox', { name: /^Choose run plain-/ }).check();
  await button('Delete …').press('Enter');
  await page.getByText(/^1 run, \d.* MB: first-try\. Deleted runs cannot be brought back/).waitFor();
  await page.getByText(/is needed: the best of small-digits\./).waitFor();
  t.deepEqual(await violationsOf(page), []);
  await expectFit(page, 400);
  await button('Delete').press('Enter');
  await page.getByText(/^Deleted: 1 run, .* Kept: .*, the best of small-digits\./).waitFor();
  t.is(await rows.count(), 1);
  t.deepEqual(complaints, []);
  await close();
});

seen(title('the newest runs are ticked until a person unticks them, and then none is'), async (t) => {
  const runsDir = join(t.context.folder, 'ticked');
  const record = (day: number) =>
    recordRun(runsDir, {
      startedAt: `2026-01-0${day}T00:00:00Z`,
      file: join(t.context.folder, `${day}.csv`),
      csv: csvOf([day]),
    });
  for (const day of [1, 2]) await record(day);
  const { pageFolder } = t.context;
  const options = { storage: join(runsDir, 'studies.db'), runsDir, port: 0, pageFolder, intervalMs: 20 };
  const dashboard = await serveDashboard(options);
  t.teardown(() => dashboard.close());
  const { page, close } = await open({ ...t.context, dashboard }, '/runs');
  const rows = page.getByRole('table', { name: 'Runs', exact: true }).locator('tbody tr');
  const ticks = (): Promise<boolean[]> =>
    rows.getByRole('checkbox').evaluateAll((boxes) => boxes.map((box) => (box as HTMLInputElement).checked));
  t.deepEqual(await ticks(), [true, true]);
  await record(3);
  await rows.nth(2).waitFor();
  t.deepEqual(await ticks(), [false, true, true], 'a run that comes later is not ticked');
  for (const row of [1, 2]) await rows.nth(row).getByRole('checkbox').uncheck();
  t.deepEqual(await ticks(), [false, false, false]);
  t.is(await page.getByRole('button', { name: 'Delete …', exact: true }).count(), 0);
  await page.reload();
  await rows.nth(2).waitFor();
  t.deepEqual(await ticks(), [false, false, false]);

  await page.goto(`${dashboard.address}/runs?run=nope`);
  await page.getByText('Unknown run "nope". It may have been deleted.').waitFor();
  t.deepEqual(await ticks(), [false, false, false]);
  await page.goto(`${dashboard.address}/errors?run=nope`);
  await page.getByText('Unknown run "nope". It may have been deleted.').waitFor();
  t.is(await page.getByLabel('Run').locator('option:checked').innerText(), 'choose one');
  await page.goto(`${t.context.dashboard.address}/data?competition=nope`);
  await page.getByText('Unknown competition "nope".').waitFor();
  await page.goto(`${t.context.dashboard.address}/data?run=nope`);
  await page.getByText('Unknown run "nope". It may have been deleted.').waitFor();
  await close();
});

seen(title('two submissions are compared, and a page that there is not says so'), async (t) => {
  const { page, close } = await open(t.context, '/leaderboard');
  for (const box of await page.getByRole('checkbox', { name: /^Choose submission/ }).all()) await box.check();
  const agreement = page.getByRole('region', { name: 'Agreement' });
  await agreement.getByText('25.00 %').waitFor();
  t.regex(await agreement.innerText(), /7 \| 4|4 \| 7/);
  await page.goto(`${t.context.dashboard.address}/nowhere`);
  await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
  await close();
});

seen(
  title('the classes of a run: sorted by F1, of the test images too, never predicted ones without a number'),
  async (t) => {
    const dashboard = await trainedDashboard(t.context);
    t.teardown(() => dashboard.close());
    const { page, complaints, close } = await open({ ...t.context, dashboard }, '/runs');
    const classes = page.getByRole('region', { name: 'Classes', exact: true });
    await classes.getByRole('columnheader', { name: 'Precision' }).waitFor();
    const rows = classes.getByRole('table', { name: 'Classes', exact: true }).locator('tbody tr');
    t.is(await rows.count(), 10);
    t.regex(await classes.innerText(), /\t0\t–\t0\.00\t0\.00/);
    t.regex(await classes.innerText(), /The 20 most often confused of \d+ pairs/);
    await classes.getByRole('columnheader', { name: 'F1' }).getByRole('button').click();
    t.regex(page.url(), /classes=-f1/);
    const measured = await rows.locator('td:last-child').allInnerTexts();
    t.deepEqual(
      measured.map(Number),
      measured.map(Number).toSorted((a, b) => b - a),
    );
    await classes.getByLabel('Images').selectOption('test');
    t.regex(await rows.first().innerText(), /^\d\t10\t/);
    t.deepEqual(await violationsOf(page), []);

    // From the run to its images.
    await page.getByRole('link', { name: 'Data', exact: true }).click();
    const panel = (name: string) => page.getByRole('region', { name, exact: true });
    const labels = panel('Labels that are probably wrong');
    await labels.getByText(/^\d+ of 200 labels; look before you change one/).waitFor();
    t.true((await labels.locator('figure').count()) > 0);
    t.is(await panel('Classes').locator('tbody tr').count(), 10);
    t.is(
      await panel('Classes')
        .getByRole('img', { name: /^Mean image of / })
        .count(),
      10,
    );
    t.is(await panel('Augmentation').getByRole('img').count(), 24);
    await panel('Duplicates').getByText('Identical: 0 groups with a training image').waitFor();
    t.deepEqual(await violationsOf(page), []);
    await expectFit(page, 400);
    t.deepEqual(complaints, []);
    await close();
  },
);

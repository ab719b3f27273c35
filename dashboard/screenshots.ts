/**
 * Takes the pictures of the documentation: `node dashboard/screenshots.ts [FOLDER] [CHROMIUM]`, and with
 * `--only studies,study,compare` these alone. The studies are the recorded ones of `results/`, in a store of their own.
 * Runs, analyses and experiments are those of the project in FOLDER, by default the root. These commands make such a
 * project:
 *
 *     npm run submit -- --competition synthetic-digits --method plain,swa,fge --epochs 12 --folds 3
 *     npm run analyze -- plane --run plain,swa,fge --quick
 *     npm run submit -- --competition synthetic-digits --method plain,swa --epochs 12 --folds 3 --seed 2 --tag mine
 *     npm run experiment -- snapshot --quick --seeds 2 --name my-snapshot --tag mine
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import { chromium, type Page } from 'playwright-core';
import { swa } from '../pipeline/index.ts';
import { type Params, openStorage, type Storage, type TrialState } from '../search/index.ts';
import { newOwner } from '../base/owner.ts';
import type { AnalysesAnswer, ExperimentsAnswer, LeaderboardAnswer } from './api.ts';
import { serveDashboard } from './server/listen.ts';

const ROOT = join(import.meta.dirname, '..');
const { values: chosen, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
const [project = ROOT, executablePath = '/usr/bin/chromium'] = positionals;
/** Those that show studies alone need no project. */
const ofStudies = new Set(['studies', 'study', 'compare']);
const only = chosen.only?.split(',');
const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const name = (method: string): string => `digit-recognizer/digit-cnn/${method}`;

/** A study as `npm run study -- export` wrote it. */
async function importStudy(storage: Storage, method: string): Promise<void> {
  const text = await readFile(join(ROOT, 'results/digit-recognizer', `${method}.csv`), 'utf8');
  const rows: Record<string, string>[] = parse(text, { columns: true });
  // Pictures must not show the name of this machine.
  const owner = { ...newOwner(), host: 'laptop', pid: 4711 };
  await storage.createStudy({
    name: name(method),
    direction: 'maximize',
    seed: 1,
    space: swa.space,
    sampler: 'tpe',
    pruner: 'folds',
    lag: rows.length,
    wantedTrials: rows.length,
    task: {
      competition: 'digit-recognizer',
      model: 'digit-cnn',
      method,
      engine: 'simd',
      epochs: 30,
      folds: 5,
      fixed: {},
      images: '',
    },
  });
  for (const row of rows) {
    const claim = { owner, running: [], limit: rows.length, revision: 0 };
    const trial = await storage.claimTrial(name(method), { ...claim, prepare: (record) => record });
    if (trial === null) throw new Error(`Expected trial ${row.number} of ${method} to begin.`);
    const steps = Object.entries(row).filter(([column, value]) => column.startsWith('intermediate_') && value !== '');
    const finished = {
      ...trial,
      state: row.state as TrialState,
      value: row.value === '' ? null : Number(row.value),
      params: numbersOf(row, 'params_'),
      distributions: swa.space,
      intermediateValues: Object.fromEntries(steps.map(([column, value]) => [column.split('_')[2], Number(value)])),
      createdAt: row.datetime_start,
      startedAt: row.datetime_start,
      finishedAt: row.datetime_complete,
    };
    await storage.saveTrials(name(method), owner, [finished]);
  }
}

const numbersOf = (row: Readonly<Record<string, string>>, prefix: string): Params =>
  Object.fromEntries(
    Object.entries(row).flatMap(([column, value]) =>
      column.startsWith(prefix) ? [[column.slice(prefix.length), Number(value)]] : [],
    ),
  );

// Paths in the page and in records are relative to the root.
process.chdir(project);
const folder = 'build/screenshots';
const file = `${folder}/studies.db`;
// What an interrupted attempt has left.
await rm(folder, { recursive: true, force: true });
const storage = await openStorage(file);
for (const method of ['swa', 'plain']) await importStudy(storage, method);
await storage.close();
await mkdir(join(ROOT, 'docs'), { recursive: true });

const { address, close } = await serveDashboard({ storage: file, runsDir: 'runs', port: 0 });
const ask = async <Answer>(path: string): Promise<Answer> => (await fetch(`${address}${path}`)).json() as Answer;
const { rows } = await ask<LeaderboardAnswer>('/api/leaderboard');
const { analyses } = await ask<AnalysesAnswer>('/api/analyses');
const { experiments } = await ask<ExperimentsAnswer>('/api/experiments');
const plane = analyses.find(({ kind }) => kind === 'plane')?.id;
// A page with nothing on it would replace a picture that shows something.
const missing = Object.entries({ runs: rows[0], 'an analysis of a plane': plane, 'an experiment': experiments[0] })
  .filter(([, found]) => found === undefined)
  .map(([what]) => what);
if (missing.length > 0 && !only?.every((picture) => ofStudies.has(picture))) {
  await close();
  await rm(folder, { recursive: true });
  throw new Error(
    `${project}: expected ${missing.join(' and ')} for the pictures, found none. No picture was replaced; ` +
      'dashboard/screenshots.ts names the commands that make them.',
  );
}
const browser = await chromium.launch({ executablePath, args: flags });
const query = (values: Readonly<Record<string, string>>): string => `?${new URLSearchParams(values).toString()}`;
const alike = rows
  .filter(({ competition }) => competition === rows[0]?.competition)
  .flatMap(({ run }) => run?.id ?? []);
const compared = alike.slice(0, 2).map((id) => `&row=${id}`);
interface Picture {
  readonly name: string;
  readonly path: string;
  readonly scheme: 'light' | 'dark';
  /** Heading of the last panel in the picture. Default: the whole page is shown. */
  readonly last?: string;
  /** Draws a seven first. */
  readonly isDrawn?: boolean;
}
const pictures: readonly Picture[] = [
  { name: 'studies', path: '/studies', scheme: 'light' },
  { name: 'study', path: `/study${query({ name: name('swa') })}`, scheme: 'light', last: 'Contour' },
  {
    name: 'compare',
    path: `/compare${query({ study: name('swa') })}&${query({ study: name('plain') }).slice(1)}`,
    scheme: 'dark',
  },
  { name: 'runs', path: '/runs', scheme: 'light', last: 'Learning rate' },
  {
    name: 'leaderboard',
    path: `/leaderboard${query({ sort: '-test', competition: rows[0]?.competition ?? '' })}${compared.join('')}`,
    scheme: 'dark',
  },
  { name: 'experiments', path: '/experiments', scheme: 'light' },
  { name: 'data', path: '/data', scheme: 'light', last: 'Duplicates' },
  { name: 'draw', path: '/draw', scheme: 'light', isDrawn: true },
  { name: 'geometry', path: `/geometry${query({ search: 'plane', analysis: plane ?? '' })}`, scheme: 'light' },
];
/** Space below the last panel, in CSS pixels: less than the distance to the next one. */
const MARGIN = 10;
/** Width of the window in CSS pixels. */
const WIDTH = 1120;
async function drawSeven(page: Page): Promise<void> {
  await page.locator('.probabilities td').first().waitFor();
  const { x, y, width, height } = (await page.locator('.pad').boundingBox())!;
  await page.mouse.move(x + 0.3 * width, y + 0.3 * height);
  await page.mouse.down();
  await page.mouse.move(x + 0.7 * width, y + 0.3 * height, { steps: 8 });
  await page.mouse.move(x + 0.45 * width, y + 0.85 * height, { steps: 8 });
  await page.mouse.up();
  await page.locator('.answer', { hasText: '%' }).waitFor();
}

try {
  for (const { name: picture, path, scheme, last, isDrawn } of pictures) {
    if (only && !only.includes(picture)) continue;
    // The policy of the page forbids to evaluate texts, as is done below.
    const page = await browser.newPage({
      viewport: { width: WIDTH, height: 800 },
      colorScheme: scheme,
      bypassCSP: true,
    });
    await page.goto(`${address}${path}`);
    await page.waitForSelector('main:not([aria-busy]) h1');
    // Charts are drawn when they are seen.
    for (const panel of await page.locator('.panel:not([hidden])').all()) await panel.scrollIntoViewIfNeeded();
    await page.evaluate('scrollTo(0, 0)');
    await page.waitForFunction(
      '!document.body.innerText.match(/Loading …|Predicting …|Reading the images|Computing the/)',
      undefined,
      {
        timeout: 240_000,
      },
    );
    if (isDrawn) await drawSeven(page);
    const end = page.locator(last === undefined ? '.page > :visible' : `[aria-label="${last}"]`).last();
    const { y, height } = (await end.boundingBox())!;
    const clip = { x: 0, y: 0, width: WIDTH, height: Math.ceil(y + height) + MARGIN };
    await page.screenshot({ path: join(ROOT, 'docs', `dashboard-${picture}.png`), fullPage: true, clip });
    await page.close();
  }
} finally {
  await browser.close();
  await close();
  await rm(folder, { recursive: true });
}

/**
 * Takes the pictures of the documentation: `node dashboard/screenshots.ts [CHROMIUM]`. The studies are the recorded
 * ones of `results/`, in a store of their own; the runs are those of `runs/`.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { chromium } from 'playwright-core';
import { swa } from '../pipeline/methods/swa.ts';
import type { Params } from '../search/distributions.ts';
import { newOwner } from '../search/owner.ts';
import { openStorage } from '../search/storage/index.ts';
import type { Storage } from '../search/storage/storage.ts';
import type { TrialState } from '../search/trial.ts';
import type { LeaderboardAnswer } from './api.ts';
import { serveDashboard } from './server/listen.ts';

const ROOT = join(import.meta.dirname, '..');
const [, , executablePath = '/usr/bin/chromium'] = process.argv;
const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const name = (method: string): string => `digit-recognizer/digit-cnn/${method}`;

/** A study as `npm run study -- export` wrote it. */
async function importStudy(storage: Storage, method: string): Promise<void> {
  const text = await readFile(join(ROOT, 'results/digit-recognizer', `${method}.csv`), 'utf8');
  const rows: Record<string, string>[] = parse(text, { columns: true });
  const owner = newOwner();
  await storage.createStudy({
    name: name(method),
    direction: 'maximize',
    seed: 1,
    space: swa.space,
    sampler: 'tpe',
    pruner: 'folds',
    lag: rows.length,
    task: { competition: 'digit-recognizer', model: 'digit-cnn', method, epochs: 30, folds: 5 },
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

// The page shows this path, and records name their submissions by such ones.
process.chdir(ROOT);
const folder = 'build/screenshots';
const file = `${folder}/studies.db`;
const storage = await openStorage(file);
for (const method of ['swa', 'plain']) await importStudy(storage, method);
await storage.close();
await mkdir(join(ROOT, 'docs'), { recursive: true });

const { address, close } = await serveDashboard({ storage: file, runsDir: join(ROOT, 'runs'), port: 0 });
const browser = await chromium.launch({ executablePath, args: flags });
const query = (values: Readonly<Record<string, string>>): string => `?${new URLSearchParams(values).toString()}`;
const answer = await fetch(`${address}/api/leaderboard`);
const { rows } = (await answer.json()) as LeaderboardAnswer;
const alike = rows
  .filter(({ competition }) => competition === rows[0]?.competition)
  .flatMap(({ run }) => run?.id ?? []);
const compared = alike.slice(0, 2).map((id) => `&row=${id}`);
const pictures: readonly (readonly [picture: string, path: string, height: number, scheme: 'light' | 'dark'])[] = [
  ['dashboard-studies', '/studies', 330, 'light'],
  ['dashboard-study', `/study${query({ name: name('swa') })}`, 1240, 'light'],
  ['dashboard-compare', `/compare${query({ first: name('swa'), second: name('plain') })}`, 1000, 'dark'],
  ['dashboard-runs', '/runs', 1130, 'light'],
  [
    'dashboard-leaderboard',
    `/leaderboard${query({ sort: '-test', competition: rows[0]?.competition ?? '' })}${compared.join('')}`,
    860,
    'dark',
  ],
];
try {
  for (const [picture, path, height, colorScheme] of pictures) {
    const page = await browser.newPage({ viewport: { width: 1280, height }, colorScheme });
    await page.goto(`${address}${path}`);
    await page.waitForSelector('main:not([aria-busy]) h1');
    await page.waitForFunction('!document.body.innerText.match(/Loading …|Predicting …/)', undefined, {
      timeout: 60_000,
    });
    await page.screenshot({ path: join(ROOT, 'docs', `${picture}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  await close();
  await rm(folder, { recursive: true });
}

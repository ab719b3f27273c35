/** A real browser for tests, where there is one. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type AxeCore from 'axe-core';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { RunningDashboard } from '../../dashboard/server/listen.ts';

/** Debian's, or whichever the environment names. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const hasBrowser = existsSync(CHROMIUM);

/** The title of a test, with the reason where it is skipped. */
export const title = (words: string): string =>
  hasBrowser ? words : `${words} (skipped: no browser at ${CHROMIUM}, and CHROMIUM names none)`;

/** In milliseconds: on a loaded machine everything takes long. The time of a test has a limit of its own. */
const PATIENCE = 150_000;

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: flags, timeout: PATIENCE });

/** A window of its own: with its own cache, storage and wishes. */
export async function newWindow(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    // Colours are looked at when they have changed.
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  return context;
}

/** The window of the pages that wish nothing: scripts are loaded and compiled once. */
const shared = new WeakMap<Browser, Promise<BrowserContext>>();

function sharedWindow(browser: Browser): Promise<BrowserContext> {
  const known = shared.get(browser) ?? newWindow(browser);
  shared.set(browser, known);
  return known;
}

export interface Opened {
  readonly page: Page;
  /** What the browser complained about, violations of the content-security policy among it. */
  readonly complaints: string[];
  /** Bytes of the files that a page in a window of its own loaded, as gzip makes them. */
  readonly bytes: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/**
 * Opens a page of the dashboard and waits until it has come to rest.
 * @param isExpected which of the browser's errors and warnings are no complaints
 * @param options of a window of its own. Default: one that all such pages of the browser share
 */
export async function openPage(
  { browser, dashboard }: { readonly browser: Browser; readonly dashboard: RunningDashboard },
  path: string,
  { isExpected, options }: { isExpected: (message: string) => boolean; options?: BrowserContextOptions },
): Promise<Opened> {
  const context = await (options === undefined ? sharedWindow(browser) : newWindow(browser, options));
  const page = await context.newPage();
  const complaints: string[] = [];
  const bodies: Promise<Buffer>[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !isExpected(message.text())) complaints.push(message.text());
  });
  page.on('response', (response) => {
    // In a shared window most files come from its cache.
    if (options === undefined || response.url().includes('/api/')) return;
    const body = response.body();
    // Bodies of a page that was reloaded cannot be read any more; only who asks for their sizes shall hear of it.
    body.catch(() => {});
    bodies.push(body);
  });
  await page.goto(`${dashboard.address}${path}`);
  await page.waitForSelector('main:not([aria-busy]) h1');
  return {
    page,
    complaints,
    bytes: async () => (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0),
    close: () => (options === undefined ? page : context).close(),
  };
}

/** Waits until nothing is wider than the window: charts follow their place a moment later. */
export async function expectFit(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  await page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth);
}

/** Texts of which a part is neither seen nor can be scrolled to: cut by a box around them, or outside of the window. */
export const cutTexts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const cut: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (texts.nextNode()) {
      const { currentNode: text } = texts;
      const parent = text.parentElement;
      if (!text.textContent?.trim() || !parent?.checkVisibility() || parent.closest('.skip')) continue;
      range.selectNodeContents(text);
      const { left, right, width } = range.getBoundingClientRect();
      if (width === 0) continue;
      let box: Element | null = parent;
      while (box !== null && getComputedStyle(box).overflowX === 'visible') box = box.parentElement;
      const { overflowX, clipPath } = getComputedStyle(box ?? parent);
      // A box that is clipped to nothing is for screen readers alone.
      const isScrolled = /auto|scroll/.test(overflowX) || clipPath !== 'none';
      const { left: from, right: to } = box?.getBoundingClientRect() ?? { left: 0, right: innerWidth };
      if (!isScrolled && (left < from - 1 || right > to + 1)) cut.push(`${parent.tagName} ${text.textContent}`);
    }
    return cut;
  });

/** What axe-core finds that keeps people from using the page. */
export async function violationsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: checker } = window as unknown as { axe: typeof AxeCore };
    // Colours on their way to others are no colours that anybody reads.
    for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish();
    const { violations } = await checker.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

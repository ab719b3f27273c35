/** A real browser for tests, where there is one. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type AxeCore from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

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

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: flags });

/** What axe-core finds that keeps people from using the page. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: checker } = window as unknown as { axe: typeof AxeCore };
    const { violations } = await checker.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

/** Exports networks as a page of one file, which runs them offline. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { visibleJson } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { readKernels } from '../models/index.ts';
import type { NetworksAnswer } from './api.ts';
import { networksOf } from './server/networks.ts';

/** Built script and style of the page. */
export const EXPORTED_SCRIPT = join(import.meta.dirname, '../build/exported-page.js');
export const EXPORTED_STYLE = join(import.meta.dirname, '../build/exported-page.css');
/** Larger pages would be slow to open and hard to share. */
const MOST_BYTES = 48 * 2 ** 20;

export interface ExportedPageTask {
  /** Folders of runs of one competition. */
  readonly folders: readonly string[];
  /** Index of the only fold to export, from 0. Default: all folds. */
  readonly fold?: number;
}

/**
 * @returns HTML of at most 48 MiB
 * @throws UserError for runs without weights or of different competitions, for an unknown fold, or for too many weights
 */
export async function exportedPage({ folders, fold }: ExportedPageTask): Promise<string> {
  const runs: NetworksAnswer[] = [];
  for (const folder of folders) runs.push(withFold(await networksOf(folder), fold));
  const other = runs.find(({ plan, classes }) => alike({ plan, classes }) !== alike(runs[0]));
  if (other !== undefined) {
    throw new UserError(
      `Expected runs of one competition, got ${runs[0].name} of ${runs[0].competition} and ${other.name} of ` +
        `${other.competition}. Write a page for each.`,
    );
  }
  const kernels = (await readKernels('kernels')).toString('base64');
  const page = pageOf(visibleJson({ runs, kernels }), await built(EXPORTED_SCRIPT), await built(EXPORTED_STYLE));
  const bytes = Buffer.byteLength(page);
  if (bytes <= MOST_BYTES) return page;
  throw new UserError(
    `Expected a page of at most ${MOST_BYTES / 2 ** 20} MiB, got ${Math.ceil(bytes / 2 ** 20)}. ` +
      'Take one run or --fold 1, or a smaller network.',
  );
}

const alike = ({ plan, classes }: Pick<NetworksAnswer, 'plan' | 'classes'>): string =>
  JSON.stringify([plan.input, classes]);

function withFold(run: NetworksAnswer, fold: number | undefined): NetworksAnswer {
  if (fold === undefined) return run;
  if (fold < run.folds.length) return { ...run, folds: [run.folds[fold]] };
  throw new UserError(
    `Expected --fold to be from 1 to ${run.folds.length}, the folds of ${run.run}, got "${fold + 1}".`,
  );
}

async function built(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('The page to draw on was not built. Build it: npm run build.', { cause });
  });
}

const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The page. Its content-security policy allows only its own script and style, and no loading. */
function pageOf(enclosed: string, script: string, style: string): string {
  const policy = [
    "default-src 'none'",
    `script-src ${digest(script)} 'wasm-unsafe-eval'`,
    `style-src ${digest(style)}`,
    'worker-src blob:',
    'img-src blob: data:',
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8" />',
    `<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}" />`,
    '<meta name="viewport" content="width=device-width, initial-scale=1" />',
    '<meta name="color-scheme" content="light dark" />',
    '<title>Draw · wide-optima</title>',
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<noscript>This page runs networks with JavaScript.</noscript>',
    // Escapes `<`, so that no text of a run can end the element.
    `<script type="application/json" id="enclosed">${enclosed.replaceAll('<', String.raw`\u003c`)}</script>`,
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

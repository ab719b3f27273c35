/** Analyses for tests of the dashboard, as `npm run analyze` leaves them behind. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Findings, type FindingsChart, writeFindings } from '../../records/findings.ts';

const about = { title: 'test error (%)', label: 'test error (%) around SWA', height: 440 };

/** One of each kind of chart. */
export const charts = {
  plane: {
    ...about,
    name: 'plane-testError',
    chart: {
      kind: 'plane',
      data: {
        x: [0, 1, 2],
        y: [0, 1],
        z: [
          [1, 2, null],
          [2, 3, 4],
        ],
        title: 'test error (%)',
        points: [{ name: 'SWA', x: 0, y: 0 }],
      },
    },
  },
  lines: {
    ...about,
    name: 'line',
    chart: {
      kind: 'lines',
      data: {
        t: [0, 1],
        title: 'from SWA (0) to plain (1)',
        axes: ['loss', 'error (%)'],
        quantities: [{ name: 'train loss', axis: 'left', values: [1, null] }],
        marks: [{ name: 'SWA', t: 0 }],
      },
    },
  },
  rays: {
    ...about,
    name: 'rays-testError',
    chart: {
      kind: 'rays',
      data: { distance: [0, 1], title: 'test error (%)', families: [{ name: 'SWA', rays: [[1, null]] }] },
    },
  },
  spectrum: {
    ...about,
    name: 'spectrum',
    chart: { kind: 'spectrum', data: { spectra: [{ name: 'SWA', eigenvalue: [0, 1], density: [1, 0.5] }] } },
  },
} as const satisfies Record<string, FindingsChart>;

export const findings: Findings = {
  kind: 'plane',
  title: 'test error (%) on a plane with SWA',
  about: 'Built-in digits, digit-cnn: 1,024 training images.',
  solutions: [{ name: 'SWA', run: '20260101T000000Z-synthetic-digits-swa-0badcafe', fold: 1, solution: 1 }],
  says: ['Lowest test error of 6 points of the plane: 1.00 % at (0, 0).'],
  tables: [{ caption: 'Named places', header: ['', 'test error'], rows: [['SWA', '1.00 %']] }],
  charts: [charts.plane],
};

/** @returns folder of the analysis */
export async function recordAnalysis(runsDir: string, id: string, more: Partial<Findings> = {}): Promise<string> {
  const folder = join(runsDir, 'analysis', id);
  mkdirSync(folder, { recursive: true });
  await writeFindings(folder, { ...findings, ...more });
  return folder;
}

/**
 * Findings of an analysis (`npm run analyze`): a file with its sentences, its tables, and the data of its charts, from
 * which the dashboard draws the same charts as the report.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { number, text } from './fields.ts';
import type { GeometryChart } from './geometry.ts';
import { writeAtomically } from '../base/output-files.ts';

export const FINDINGS_FILE = 'findings.json';

export interface Findings {
  /** Kind of the analysis, for example `plane`. */
  readonly kind: string;
  readonly title: string;
  /** The images on which points were compared, in words. */
  readonly about: string;
  readonly solutions: readonly {
    readonly name: string;
    /** Id of the run. */
    readonly run: string;
    /** Counted from 1, as `solution` is. */
    readonly fold: number;
    readonly solution: number;
  }[];
  /** The findings as sentences. */
  readonly says: readonly string[];
  readonly tables: readonly {
    readonly caption: string;
    readonly header: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
  /** Charts, of which the page shows one at a time. The chart of the report comes first. */
  readonly charts: readonly FindingsChart[];
}

export interface FindingsChart {
  /** Unique within the analysis. */
  readonly name: string;
  readonly title: string;
  /** Text alternative. */
  readonly label: string;
  /** Height in CSS pixels. */
  readonly height: number;
  readonly chart: GeometryChart;
}

const numbers = z.array(number, 'a list of numbers');
const measured = z.array(z.union([number, z.null()], 'a number or null'), 'a list of numbers');
const list = <Item extends z.ZodType>(item: Item) => z.array(item, 'a list');

const chart: z.ZodType<GeometryChart> = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('plane'),
      data: z.strictObject({
        x: numbers,
        y: numbers,
        z: list(measured),
        title: text,
        points: list(z.strictObject({ name: text, x: number, y: number })),
        path: list(z.tuple([number, number], 'a place')).optional(),
      }),
    }),
    z.strictObject({
      kind: z.literal('lines'),
      data: z.strictObject({
        t: numbers,
        title: text,
        axes: z.union([z.tuple([text]), z.tuple([text, text])], 'one axis or two'),
        quantities: list(
          z.strictObject({ name: text, axis: z.enum(['left', 'right'], '"left" or "right"'), values: measured }),
        ),
        marks: list(z.strictObject({ name: text, t: number })).optional(),
      }),
    }),
    z.strictObject({
      kind: z.literal('rays'),
      data: z.strictObject({
        distance: numbers,
        title: text,
        families: list(z.strictObject({ name: text, rays: list(measured) })),
      }),
    }),
    z.strictObject({
      kind: z.literal('spectrum'),
      data: z.strictObject({
        spectra: list(z.strictObject({ name: text, eigenvalue: numbers, density: numbers })),
      }),
    }),
  ],
  'a chart that this version knows',
);

export const findingsSchema: z.ZodType<Findings> = z.strictObject(
  {
    kind: text,
    title: text,
    about: text,
    solutions: list(z.strictObject({ name: text, run: text, fold: number, solution: number })),
    says: list(text),
    tables: list(z.strictObject({ caption: text, header: list(text), rows: list(list(text)) })),
    charts: list(z.strictObject({ name: text, title: text, label: text, height: number, chart })).min(1, 'a chart'),
  },
  'findings',
);

/**
 * Writes findings, and replaces those of an earlier state of the analysis.
 * @param folder existing folder of the analysis
 * @returns path of the file
 * @throws UserError if there is no space or no permission
 */
export async function writeFindings(folder: string, findings: Findings): Promise<string> {
  const file = join(folder, FINDINGS_FILE);
  await writeAtomically(file, `${JSON.stringify(findings)}\n`);
  return file;
}

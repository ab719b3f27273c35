/** Writes a report into a folder: one HTML file, and each figure as SVG and PNG. */
import { join } from 'node:path';
import { renderPng } from '../charts/render.ts';
import { themes } from '../charts/index.ts';
import { prepareFolder, writeAtomically } from '../base/output-files.ts';
import { type Drawing, htmlOf } from './html.ts';
import type { Figure, Report } from './report.ts';

export interface Written {
  /** Path of the HTML file. */
  readonly html: string;
  /** Paths of the SVG and PNG files of the figures, in the light theme. */
  readonly figures: readonly string[];
}

/**
 * Writes a report, and replaces the files of an earlier one with the same name.
 * @param reportsDir folder in which the folder of the report is created
 * @throws UserError if there is no space or no permission
 */
export async function writeReport(reportsDir: string, report: Report): Promise<Written> {
  const folder = join(reportsDir, report.name);
  await prepareFolder(folder);
  const drawings = new Map<string, Drawing>();
  const files: string[] = [];
  for (const figure of report.sections.flatMap(({ figures = [] }) => figures)) {
    const light = await figure.draw(themes.light);
    drawings.set(figure.name, { light, dark: await figure.draw(themes.dark) });
    files.push(...(await writeFigure(folder, figure, light)));
  }
  const html = join(folder, 'index.html');
  await writeAtomically(html, await htmlOf(report, drawings));
  return { html, figures: files };
}

async function writeFigure(folder: string, { name }: Figure, svg: string): Promise<string[]> {
  const file = join(folder, name);
  await writeAtomically(`${file}.svg`, svg);
  await writeAtomically(`${file}.png`, await renderPng(svg));
  return [`${file}.svg`, `${file}.png`];
}

/** Figures as files: SVG for pages and print, PNG for everything else, HTML with what the figure says in words. */
import type { EChartsOption } from 'echarts';
import { join } from 'node:path';
import { escapeXml, renderPng, renderSvg, type Size } from '../charts/render.ts';
import { type Theme, themes } from '../charts/theme.ts';
import { replaceFile } from '../data/replace-file.ts';

const SIZE: Size = { width: 760, height: 520 };

export interface Figure {
  /** Of its files, without an ending. */
  readonly name: string;
  /** What is to be seen, for those who do not see it. */
  readonly label: string;
  readonly draw: (theme: Theme) => EChartsOption;
}

/** @returns the paths of the written files */
export async function writeFigure(folder: string, { name, label, draw }: Figure, text: string): Promise<string[]> {
  const svg = await renderSvg(draw(themes.light), SIZE, label);
  const path = (ending: string): string => join(folder, `${name}.${ending}`);
  await replaceFile(path('svg'), svg);
  await replaceFile(path('png'), await renderPng(svg));
  await replaceFile(path('html'), page(label, svg, text));
  return ['svg', 'png', 'html'].map(path);
}

const page = (title: string, svg: string, text: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escapeXml(title)}</title>
<style>body { font: 15px/1.5 system-ui, sans-serif; max-width: 800px; margin: 2em auto; padding: 0 1em } svg { max-width: 100%; height: auto }</style>
<h1>${escapeXml(title)}</h1>
${svg}
<pre>${escapeXml(text)}</pre>
</html>
`;

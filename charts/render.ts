/** Draws charts in Node, without a browser: an option becomes SVG text, and SVG text becomes PNG bytes. */
import type * as ECharts from 'echarts';
import { fileURLToPath } from 'node:url';
import { visible } from '../base/printable.ts';

export interface Size {
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * The same option gives the same bytes. They hold no script.
 * @param label text alternative for screen readers
 */
export async function renderSvg(
  option: ECharts.EChartsOption,
  { width, height }: Size,
  label: string,
): Promise<string> {
  const { init } = await loadECharts();
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option);
    return describe(visible(tidy(chart.renderToSVGString())), label);
  } finally {
    chart.dispose();
  }
}

/**
 * Text is set in DejaVu Sans, which comes with the program, so that the bytes do not depend on the fonts of the
 * machine.
 * @param scale pixels of the PNG for each pixel of the SVG. Default: 2
 */
export async function renderPng(svg: string, scale = 2): Promise<Uint8Array> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const image = await renderAsync(withoutEmptyClips(svg), {
    font: { loadSystemFonts: false, fontFiles: fontFiles(), defaultFontFamily: 'DejaVu Sans Condensed' },
    fitTo: { mode: 'zoom', value: scale },
  });
  return image.asPng();
}

/** Adds a dot to every clipped group: resvg 2.6 aborts the process over one that lies far outside of the picture. */
const withoutEmptyClips = (svg: string): string =>
  svg.replaceAll(/<g clip-path="[^"]*">/g, '$&<rect width="1" height="1" fill-opacity="0"/>');

/** Loads ECharts from its bundle. Its thousand single modules take ten times as long. */
async function loadECharts(): Promise<{ init: typeof ECharts.init }> {
  // @ts-expect-error The bundle has no types of its own; those of the package hold.
  return import('echarts/dist/echarts.esm.min');
}

const fontFiles = (): string[] =>
  ['DejaVuSansCondensed.ttf', 'DejaVuSansCondensed-Bold.ttf'].map((file) =>
    fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${file}`)),
  );

/**
 * Removes what only serves a mouse, and from the ids the number of the chart within this process, which would make the
 * bytes depend on earlier charts. The patterns cannot match text, whose quotation marks are escaped.
 */
const tidy = (svg: string): string =>
  svg
    .replaceAll(/<style ?>.*?<\/style>\n?/gs, '')
    .replaceAll(/ (?:class|ecmeta_\w+|pointer-events|xmlns:xlink|baseProfile)="[^"]*"/g, '')
    .replaceAll(/(id="|url\(#)zr\d+-/g, '$1');

const describe = (svg: string, label: string): string =>
  svg.replace(/>/, ` role="img" aria-label="${escapeXml(label)}">`);

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for an attribute in double quotes. */
const escapeXml = (text: string): string => visible(text).replaceAll(/[&<>"]/g, (letter) => entities[letter]);

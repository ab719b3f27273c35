/**
 * Writes a report as one HTML file without scripts, which loads nothing. Names are always escaped. Figures are `data:`
 * images, light and dark, so that their ids and styles cannot clash.
 */
import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { visible } from '../base/printable.ts';
import type { CaptionedTable, Figure, Report, Section } from './report.ts';

/** The SVG texts of a figure in both themes. */
export interface Drawing {
  readonly light: string;
  readonly dark: string;
}

/** @param drawings drawings of every figure of the report, by its name */
export async function htmlOf(
  { title, lead, sections }: Report,
  drawings: ReadonlyMap<string, Drawing>,
): Promise<string> {
  const styleHash = createHash('sha256').update(STYLE).digest('base64');
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src 'sha256-${styleHash}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  // White space around the style would change its digest, and the policy would refuse it.
  const style = raw(`<style>${STYLE}</style>`);
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${raw(policy.join('; '))}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${style}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${lead.map(paragraph)}${sections.map((section) => sectionHtml(section, drawings))}
        </main>
      </body>
    </html> `;
  return visible(String(page));
}

const paragraph = (text: string) => html`<p>${text}</p> `;

const sectionHtml = (
  { title, text = [], tables = [], figures = [] }: Section,
  drawings: ReadonlyMap<string, Drawing>,
) =>
  html`<section>
    <h2>${title}</h2>
    ${text.map(paragraph)}${tables.map(tableHtml)}${figures.map((figure) => figureHtml(figure, drawings.get(figure.name)!))}
  </section> `;

const rowHtml = ([first, ...others]: readonly string[]) =>
  html`<tr>
    <th scope="row">${first}</th>
    ${others.map((cell) => html`<td>${cell}</td>`)}
  </tr> `;

/** A table in a scrollable box, which the keyboard can reach. */
const tableHtml = ({ caption, header, rows }: CaptionedTable) =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${header.map((cell) => html`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(rowHtml)}
      </tbody>
    </table>
  </div> `;

const figureHtml = ({ name, title, label, size }: Figure, { light, dark }: Drawing) =>
  html`<figure>
    <h3>${title}</h3>
    <div class="scroll" role="region" aria-label="${title}" tabindex="0">
      <img class="light" src="${dataUri(light)}" width="${size.width}" height="${size.height}" alt="${label}" />
      <img class="dark" src="${dataUri(dark)}" width="${size.width}" height="${size.height}" alt="${label}" />
    </div>
    <figcaption>
      ${label}
      <span>${['svg', 'png'].map((ending) => html`<a href="${name}.${ending}">${ending.toUpperCase()}</a> `)}</span>
    </figcaption>
  </figure> `;

const dataUri = (svg: string): string => `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;

const STYLE = `
:root { color-scheme: light dark; --text: #1a1d21; --muted: #565d66; --line: #dfe3e8; --back: #ffffff; --link: #005c91; }
@media screen and (prefers-color-scheme: dark) {
  :root { --text: #e8eaed; --muted: #a4abb4; --line: #2c3238; --back: #14171b; --link: #7cc4f0; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 50rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 0.75rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 0.75rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 0.25rem; }
p { margin: 0 0 0.75rem; max-width: 42rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; margin: 0 0 1.25rem; }
caption { text-align: left; color: var(--muted); padding: 0 0 0.4rem; }
th, td { padding: 0.3rem 0.75rem 0.3rem 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; white-space: normal; min-width: 8rem; max-width: 22rem; font-weight: 500; }
thead th { color: var(--muted); font-weight: 600; vertical-align: bottom; }
figure { margin: 0 0 2rem; }
img { display: block; }
img.dark { display: none; }
img { min-width: 36rem; max-width: 100%; height: auto; }
figcaption { color: var(--muted); font-size: 0.875rem; margin-top: 0.25rem; max-width: 42rem; }
figcaption span { white-space: nowrap; }
a { color: var(--link); }
@media screen and (prefers-color-scheme: dark) {
  img.light { display: none; }
  img.dark { display: block; }
}
@page { size: A4; margin: 12mm; }
@media print {
  :root { color-scheme: light; font-size: 11px; }
  body { font-size: 11px; }
  main { max-width: none; padding: 0; }
  h2 { margin-top: 1.25rem; }
  .scroll { overflow: visible; }
  table { font-size: 9px; }
  th, td { padding: 0.15rem 0.4rem 0.15rem 0; white-space: normal; }
  th:first-child { min-width: 4rem; }
  td { overflow-wrap: anywhere; }
  img { min-width: 0; max-height: 24cm; }
  figure, tr { break-inside: avoid; }
  h1, h2, h3, caption, thead { break-after: avoid; }
}
`;

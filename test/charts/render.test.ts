/** Charts as pictures, and the lines of their contours. */
import test from 'ava';
import { historyChart } from '../../charts/history.ts';
import { importanceChart } from '../../charts/importance.ts';
import { isolines, labelPlaces, type Surface } from '../../charts/isolines.ts';
import { renderPng, renderSvg } from '../../charts/render.ts';
import { sliceChart } from '../../charts/slice.ts';
import { themes } from '../../charts/theme.ts';
import { slice } from '../../search/analysis/slice.ts';
import { HOSTILE, study } from './studies.ts';

const ofStudy = { name: HOSTILE, direction: 'maximize', trials: study.trials } as const;
const size = { width: 400, height: 240 };

/** Width and height in the header of a PNG. */
const pngSize = (png: Uint8Array): [number, number] => {
  const bytes = Buffer.from(png);
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
};

test('the same option gives the same bytes, whatever was drawn before', async (t) => {
  const draw = (): Promise<string> => renderSvg(historyChart([ofStudy], themes.light), size, 'history');
  const first = await draw();
  await renderSvg(sliceChart([slice(study, 'momentum')], themes.dark), size, 'slice');
  t.is(await draw(), first);
  t.deepEqual(await renderPng(first), await renderPng(first));
});

test('an SVG has the names of axes and legends as text, and a label', async (t) => {
  const svg = await renderSvg(historyChart([ofStudy], themes.light), size, 'a "label" & more');
  for (const text of ['objective value', 'trial', 'best so far', 'pruned'])
    t.true(svg.includes(`>${text}</text>`), text);
  t.regex(svg, /^<svg [^>]*role="img" aria-label="a &quot;label&quot; &amp; more">/);
  t.true(svg.includes(themes.light.background), svg);
});

test('hostile names stay text', async (t) => {
  const compared = [ofStudy, { ...ofStudy, name: 'other' }];
  for (const option of [historyChart(compared, themes.light), sliceChart([slice(study, HOSTILE)], themes.light)]) {
    const svg = await renderSvg(option, size, HOSTILE);
    t.false(/<script|<img|<style/.test(svg));
    t.true(svg.includes('&lt;script&gt;'), svg);
  }
});

test('a PNG has the size that was asked for, and text although the machine may have no fonts', async (t) => {
  const svg = (text: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text x="5" y="15">${text}</text></svg>`;
  const png = await renderPng(svg('text'), 3);
  t.deepEqual(pngSize(png), [180, 60]);
  t.notDeepEqual(png, await renderPng(svg(''), 3));
});

test('a clipped line far outside of the picture does not end the process', async (t) => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50"><g clip-path="url(#c0)">\n' +
    '<path d="M10 5000L20 5100" stroke="red"/></g><clipPath id="c0"><path d="M0 0h50v50h-50Z"/></clipPath></svg>';
  t.deepEqual(pngSize(await renderPng(svg)), [100, 100]);
});

/** WCAG 2.2, relative luminance. @param colour #rrggbb */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(first: string, second: string): number {
  const [low, high] = [luminance(first), luminance(second)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

for (const [name, theme] of Object.entries(themes)) {
  test(`text and marks of the ${name} theme stand out as WCAG asks`, (t) => {
    const { background, text, mutedText, tint, series, accent, states } = theme;
    for (const colour of [text, mutedText]) t.true(contrast(colour, background) >= 4.5, colour);
    for (const colour of tint) t.true(contrast(text, colour) >= 4.5, colour);
    for (const colour of [...series, accent, states.COMPLETE, states.FAIL]) {
      t.true(contrast(colour, background) >= 3, colour);
    }
    t.is(new Set(series).size, series.length);
  });
}

test('a picture of texts that XML forbids is one that every program reads', async (t) => {
  const forbidden = 'a\x00\x1b\x0b\ufffe\ud800\u202e';
  const option = importanceChart(
    { shares: [{ parameters: [forbidden], share: 1 }], leftOut: [], trials: 9, of: 9 },
    themes.light,
  );
  const svg = await renderSvg(option, { width: 400, height: 200 }, forbidden);
  t.notRegex(svg, /[^\P{Cc}\n\t]|[\ud800\ufffe\u202e]/u);
  t.true(svg.includes(String.raw`a\u0000\u001b\u000b\ufffe\ud800\u202e`), svg);
});

/** Coordinates are sums and products of a few numbers. */
const ROUNDING = 1e-12;
/** What straight pieces between the points of the grid miss of a circle of radius 2 with cells of a quarter. */
const CHORD = 0.01;

const axis = (low: number, count: number, step: number): number[] =>
  Array.from({ length: count }, (_, i) => low + i * step);

/** A function on a grid of points. */
function surfaceOf(x: number[], y: number[], value: (x: number, y: number) => number | null): Surface {
  return { x, y, z: y.map((atY) => x.map((atX) => value(atX, atY))) };
}

test('the line of a slope is straight, at its level, and comes to the edge of the outer cells', (t) => {
  const slope = surfaceOf(axis(10, 5, 2), axis(-1, 4, 0.5), (x) => 3 * x);
  const lines = isolines(slope, [40, 47]);
  t.deepEqual(
    lines.map(({ level }) => level),
    [40, 47],
  );
  for (const { level, places } of lines) {
    for (const [x] of places) t.true(Math.abs(x - level / 3) < ROUNDING, `${x}`);
    const heights = places.map(([, y]) => y);
    t.true(Math.min(...heights) <= -1.25 && Math.max(...heights) >= 0.75, heights.join(' '));
  }
});

test('the line around a hill closes, and has the right distance from its top', (t) => {
  const hill = surfaceOf(axis(-3, 25, 0.25), axis(-3, 25, 0.25), (x, y) => -Math.hypot(x, y));
  const [line, ...others] = isolines(hill, [-2]);
  t.deepEqual(others, []);
  t.deepEqual(line.places.at(0), line.places.at(-1));
  for (const [x, y] of line.places) t.true(Math.abs(Math.hypot(x, y) - 2) < CHORD, `${x}, ${y}`);
});

test('a line ends where nothing was measured, and goes on behind it', (t) => {
  const hole = surfaceOf(axis(0, 5, 1), axis(0, 9, 1), (x, y) => (y === 4 ? null : x));
  const lines = isolines(hole, [1.5]);
  t.is(lines.length, 2);
  const places = lines.flatMap((line) => line.places);
  for (const [x, y] of places) {
    t.is(x, 1.5);
    t.true(y <= 3 || y >= 5);
  }
});

test('a level that no point reaches has no line, and a grid without cells none at all', (t) => {
  const slope = surfaceOf(axis(0, 3, 1), axis(0, 3, 1), (x) => x);
  t.deepEqual(isolines(slope, [7, -7]), []);
  t.deepEqual(isolines({ x: [0], y: [0, 1], z: [[1], [2]] }, [1.5]), []);
  t.deepEqual(
    isolines(
      surfaceOf(axis(0, 3, 1), axis(0, 3, 1), () => null),
      [0],
    ),
    [],
  );
});

test('one label for each level stands on its line, away from the others and from what is taken', (t) => {
  const hill = surfaceOf(axis(-3, 25, 0.25), axis(-3, 25, 0.25), (x, y) => -Math.hypot(x, y));
  const lines = isolines(hill, [-2, -1.5, -1]);
  const taken = [[2, 0]] as const;
  const labels = labelPlaces(lines, hill, taken);
  t.deepEqual(
    labels.map(({ line: { level } }) => level),
    [-2, -1.5, -1],
  );
  const places = [...taken, ...labels.map(({ line, index }) => line.places[index])];
  // The first is on the other side of what is taken.
  t.true(places[1][0] < -1.9);
  for (const [i, [x1, y1]] of places.entries()) {
    for (const [x2, y2] of places.slice(i + 1)) t.true(Math.hypot(x1 - x2, y1 - y2) > 0.07 * 6);
  }
  const everywhere = axis(-3, 25, 0.25).flatMap((x) => axis(-3, 25, 0.25).map((y) => [x, y] as const));
  t.deepEqual(labelPlaces(lines, hill, everywhere), []);
});

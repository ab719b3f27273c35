/**
 * Colours and fonts of all charts, light and dark.
 *
 * The palette is that of Okabe & Ito 2008, "Color Universal Design" (jfly.uni-koeln.de/color), which people with any
 * common colour blindness can tell apart. Colours too faint on their background are darkened or left out.
 * Text has a contrast of at least 4.5 : 1, the colours of series one of at least 3 : 1 (WCAG 2.2, 1.4.3 and 1.4.11).
 */

export interface Theme {
  readonly name: 'light' | 'dark';
  readonly background: string;
  readonly text: string;
  /** Colour of axis names and labels. */
  readonly mutedText: string;
  /** Grid lines and axes. */
  readonly line: string;
  /** Colours of the series of a chart, in their order. */
  readonly series: readonly string[];
  readonly states: Readonly<Record<'COMPLETE' | 'PRUNED' | 'FAIL' | 'RUNNING' | 'WAITING', string>>;
  /** Colour of the best value, and of anything else that must be seen first. */
  readonly accent: string;
  /**
   * Colours from small to large values, which stand out most. They are a part of viridis (Smith & van der Walt 2015),
   * whose lightness is even and which the colour-blind can read.
   */
  readonly scale: readonly string[];
  /** Colours of counts. `none` is close to the background, and text is legible on `many`. */
  readonly tint: readonly [none: string, many: string];
  readonly font: string;
}

// The names have no quotation marks: ECharts would write them unescaped into an attribute.
const font = 'system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans Condensed, sans-serif';
const viridis = ['#440154', '#472d7b', '#3b528b', '#2c728e', '#21918c', '#28ae80', '#5ec962', '#addc30', '#fde725'];

const light: Theme = {
  name: 'light',
  background: '#ffffff',
  text: '#1a1d21',
  mutedText: '#565d66',
  line: '#dfe3e8',
  series: ['#0072b2', '#d55e00', '#00825f', '#b0558a', '#a86f00', '#23272c', '#7f8790'],
  states: { COMPLETE: '#0072b2', PRUNED: '#8d96a0', FAIL: '#d55e00', RUNNING: '#00825f', WAITING: '#a86f00' },
  accent: '#d55e00',
  scale: viridis.slice(0, -2).toReversed(),
  tint: ['#f5f8fb', '#5fa8d6'],
  font,
};

const dark: Theme = {
  name: 'dark',
  background: '#14171b',
  text: '#e8eaed',
  mutedText: '#a4abb4',
  line: '#2c3238',
  series: ['#56b4e9', '#e69f00', '#1fbf95', '#d98fbb', '#f0e442', '#ef7a3a', '#a4abb4'],
  states: { COMPLETE: '#56b4e9', PRUNED: '#737c86', FAIL: '#ef7a3a', RUNNING: '#1fbf95', WAITING: '#f0e442' },
  accent: '#e69f00',
  scale: viridis.slice(2),
  tint: ['#1b2026', '#1c6494'],
  font,
};

export const themes = { light, dark } as const satisfies Record<Theme['name'], Theme>;

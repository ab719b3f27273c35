/** A chart in a panel. It is drawn when its data arrive, and follows the size of the panel and the appearance. */
import type { ECharts, EChartsOption } from 'echarts';
import { type Theme, themes } from '../../charts/index.ts';
import { appearance, onAppearance } from './appearance.ts';
import { fill, h, type Child } from './dom.ts';
import { whenIdle } from './idle.ts';
import { drawBeforePrint } from './print.ts';

export type ChartBuilder = (theme: Theme) => EChartsOption;

export interface ChartPanel {
  readonly element: HTMLElement;
  /**
   * Runs the work that fills the panel once the panel is in view; the first time also when the page has nothing else to
   * do, unless it is costly. Of several waiting works only the last one runs.
   */
  whenSeen(work: () => Promise<void>): Promise<void>;
  /** Draws the chart. @param label text alternative @param note a sentence below. Default: none */
  show(label: string, build: ChartBuilder, note?: string): Promise<void>;
  /** Shows a sentence in place of the chart. */
  say(sentence: string): void;
  setTitle(title: string): void;
  /** Sets the minimum height of the chart, in CSS pixels. */
  setHeight(pixels: number): void;
}

export interface ChartPanelOptions {
  readonly title: string;
  /** Minimum height of the chart, in CSS pixels. */
  readonly height: number;
  readonly isWide?: boolean;
  /** Controls of the chart, beside the heading. */
  readonly controls?: readonly Child[];
  readonly signal: AbortSignal;
  /** Whether its data are too much for a chart that nobody looks at: then an idle page does not draw it. Default: no. */
  readonly isCostly?: () => boolean;
  /** Called with the chart when it is created, and after each drawing. */
  readonly onMade?: (chart: ECharts) => void;
  readonly onDrawn?: (chart: ECharts) => void;
}

/** Loads ECharts while the page asks for the data. */
const loadCharts = () => import('./echarts.ts');

export function chartPanel(options: ChartPanelOptions): ChartPanel {
  const { title, height, isWide = false, controls = [], signal, isCostly, onMade, onDrawn } = options;
  const heading = h('h2', {}, title);
  const place = h('div', { class: 'chart', role: 'img' });
  const message = h('p', { class: 'remark' }, 'Loading …');
  const remark = h('p', { class: 'muted drawn', hidden: true });
  place.style.minHeight = `${height}px`;
  // Reserves the place of the chart. Otherwise all panels would be in view at first.
  message.style.minHeight = `${height}px`;
  const element = h(
    'section',
    { class: isWide ? 'panel wide' : 'panel', 'aria-label': title },
    h('div', { class: 'panel-head' }, heading, h('div', { class: 'controls' }, ...controls)),
    place,
    message,
    remark,
  );
  place.hidden = true;
  void loadCharts().catch(() => {});
  let chart: ECharts | null = null;
  let build: ChartBuilder | null = null;

  const draw = (): void => {
    if (chart === null || build === null) return;
    chart.resize();
    chart.setOption(build(themes[appearance()]), { notMerge: true });
    onDrawn?.(chart);
  };
  onAppearance(draw, signal);
  const observer = new ResizeObserver(() => {
    if (!place.hidden) chart?.resize();
  });
  observer.observe(place);
  let waiting: (() => Promise<void>) | null = null;
  let isPlanned = false;
  let running = Promise.resolve();
  /** Resolves when all work that was given is done. */
  const workNow = (): Promise<void> => {
    const work = waiting;
    waiting = null;
    if (work !== null) running = work();
    return running;
  };
  const sight = new IntersectionObserver((changes) => {
    if (changes.some(({ isIntersecting }) => isIntersecting)) void workNow();
  });
  sight.observe(element);
  drawBeforePrint(workNow, signal);
  const isSeen = (): boolean => {
    const { top, bottom } = element.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  };
  signal.addEventListener('abort', () => {
    observer.disconnect();
    sight.disconnect();
    chart?.dispose();
  });

  return {
    element,
    async whenSeen(work) {
      waiting = work;
      if (isSeen()) return workNow();
      // The browser's own menu prints what is drawn already, and asks nobody first.
      if (isPlanned || isCostly?.()) return undefined;
      isPlanned = true;
      return whenIdle(workNow, signal);
    },
    async show(label, builder, note = '') {
      build = builder;
      const { init } = await loadCharts();
      // A task for each chart lets the browser paint and handle clicks in between.
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) return;
      place.hidden = false;
      message.hidden = true;
      remark.textContent = note;
      remark.hidden = note === '';
      place.setAttribute('aria-label', label);
      if (chart === null) {
        chart = init(place);
        onMade?.(chart);
      }
      draw();
    },
    say(sentence) {
      build = null;
      waiting = null;
      message.style.minHeight = '';
      place.hidden = true;
      remark.hidden = true;
      message.hidden = false;
      fill(message, sentence);
    },
    setTitle(words) {
      fill(heading, words);
      element.setAttribute('aria-label', words);
    },
    setHeight(pixels) {
      place.style.minHeight = `${pixels}px`;
    },
  };
}

/** A chart in a panel: it comes when its data do, and follows the size of its place and the appearance of the page. */
import type { ECharts, EChartsOption } from 'echarts';
import { type Theme, themes } from '../../charts/index.ts';
import { appearance, onAppearance } from './appearance.ts';
import { fill, h, type Child } from './dom.ts';
import { drawBeforePrint } from './print.ts';

export type ChartBuilder = (theme: Theme) => EChartsOption;

export interface ChartPanel {
  readonly element: HTMLElement;
  /**
   * Does what fills the panel: at once if it is in view, else when it comes there. Of several that wait the last one is
   * done alone.
   */
  whenSeen(work: () => Promise<void>): Promise<void>;
  /** Draws what the builder says, with a label for those who do not see it. @param note a sentence below. Default: none */
  show(label: string, build: ChartBuilder, note?: string): Promise<void>;
  /** A sentence in place of the chart. */
  say(sentence: string): void;
  setTitle(title: string): void;
  /** Least height of the chart in CSS pixels. */
  setHeight(pixels: number): void;
}

export interface ChartPanelOptions {
  readonly title: string;
  /** CSS pixels. */
  readonly height: number;
  readonly isWide?: boolean;
  /** Beside the heading: what changes the chart. */
  readonly controls?: readonly Child[];
  readonly signal: AbortSignal;
  /** Called with the chart when it is made, and after each time it was drawn. */
  readonly onMade?: (chart: ECharts) => void;
  readonly onDrawn?: (chart: ECharts) => void;
}

/** The library of the charts comes while the page asks for what they show. */
const loadCharts = () => import('./echarts.ts');

export function chartPanel(options: ChartPanelOptions): ChartPanel {
  const { title, height, isWide = false, controls = [], signal, onMade, onDrawn } = options;
  const heading = h('h2', {}, title);
  const place = h('div', { class: 'chart', role: 'img' });
  const message = h('p', { class: 'remark' }, 'Loading …');
  const remark = h('p', { class: 'muted drawn', hidden: true });
  place.style.minHeight = `${height}px`;
  // The place of what comes: else all panels would be in view at first.
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
  const workNow = async (): Promise<void> => {
    const work = waiting;
    waiting = null;
    await work?.();
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
      waiting = isSeen() ? null : work;
      if (waiting === null) await work();
    },
    async show(label, builder, note = '') {
      build = builder;
      const { init } = await loadCharts();
      // A task of its own for each chart: what is drawn already is seen meanwhile, and clicks are heard.
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

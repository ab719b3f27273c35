/** When each trial of a study ran, and what ran beside it. */
import type { EChartsOption, SeriesOption } from 'echarts';
import type { FrozenTrial, TrialState } from '../search/trial.ts';
import { axis, base, nameAxis } from './base.ts';
import type { Theme } from './theme.ts';

export interface Timeline {
  readonly trials: readonly FrozenTrial[];
  /** Where the bars of running trials end. ISO 8601. */
  readonly now: string;
}

interface Bar {
  readonly number: number;
  readonly state: TrialState;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly lane: number;
}

const names = { COMPLETE: 'complete', PRUNED: 'pruned', FAIL: 'failed', RUNNING: 'running' } as const;
/** A number is written into bars that are at least so wide for each of its digits, in pixels. */
const DIGIT_WIDTH = 9;

/**
 * A bar for each trial that was begun, coloured by its state. Studies do not keep who ran a trial: each one is put into
 * the first lane that is free when it begins, so there are as many lanes as trials ran at once.
 */
export function timelineChart({ trials, now }: Timeline, theme: Theme): EChartsOption {
  const bars = laneBars(trials, Date.parse(now));
  const lanes = Math.max(1, ...bars.map(({ lane }) => lane + 1));
  const states = (Object.keys(names) as (keyof typeof names)[]).filter((state) =>
    bars.some((bar) => bar.state === state),
  );
  const common = axis(theme, 'time (UTC)');
  return {
    ...base(
      theme,
      states.map((state) => names[state]),
    ),
    xAxis: { ...common, type: 'time' },
    yAxis: {
      ...nameAxis(
        theme,
        '',
        Array.from({ length: lanes }, (_, lane) => `lane ${lane + 1}`),
      ),
      inverse: true,
    },
    series: states.map((state) =>
      barSeries(
        names[state],
        theme.states[state],
        theme.background,
        bars.filter((bar) => bar.state === state),
      ),
    ),
  };
}

function laneBars(trials: readonly FrozenTrial[], now: number): Bar[] {
  const begun = trials
    .filter(({ state, startedAt }) => startedAt !== null && state !== 'WAITING')
    .map(({ number, state, startedAt, finishedAt }) => {
      const start = Date.parse(startedAt!);
      return { number, state, start, end: Math.max(start, finishedAt === null ? now : Date.parse(finishedAt)) };
    })
    .toSorted((a, b) => a.start - b.start || a.number - b.number);
  const freeFrom: number[] = [];
  const bars: Bar[] = [];
  for (const bar of begun) {
    const free = freeFrom.findIndex((end) => end <= bar.start);
    const lane = free < 0 ? freeFrom.length : free;
    freeFrom[lane] = bar.end;
    bars.push({ ...bar, lane });
  }
  return bars;
}

/** Data of the series: start, end, lane, trial. */
function barSeries(name: string, colour: string, background: string, bars: readonly Bar[]): SeriesOption {
  return {
    type: 'custom',
    name,
    itemStyle: { color: colour },
    encode: { x: [0, 1], y: 2 },
    data: bars.map(({ start, end, lane, number }) => [start, end, lane, number]),
    renderItem: (_params, api) => {
      const [start, end, lane, number] = [0, 1, 2, 3].map((dimension) => Number(api.value(dimension)));
      const [left, middle] = api.coord([start, lane]);
      const width = Math.max(api.coord([end, lane])[0] - left, 2);
      const size = api.size?.([0, 1]);
      const height = 0.7 * (Array.isArray(size) ? size[1] : 20);
      const text = width >= DIGIT_WIDTH * String(number).length ? String(number) : '';
      return {
        type: 'rect',
        shape: { x: left, y: middle - height / 2, width: Math.max(width - 1, 1), height, r: 2 },
        style: { fill: colour },
        textContent: { type: 'text', style: { text, fill: background, fontSize: 10 } },
        textConfig: { position: 'inside' },
      };
    },
  };
}

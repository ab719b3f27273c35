/** Timeline: when each trial of a study ran, and in which process. */
import type { EChartsOption, SeriesOption } from 'echarts';
import type { Owner } from '../base/owner.ts';
import { offsetText, stateNames } from '../base/format.ts';
import type { FrozenTrial, TrialState } from '../search/index.ts';
import { axis, base, nameAxis } from './base.ts';
import type { Theme } from './theme.ts';

export interface Timeline {
  readonly trials: readonly FrozenTrial[];
  /** For numbers of trials the process that ran the trial last, if it is known. */
  readonly processes?: ReadonlyMap<number, Process>;
  /** Where the bars of running trials end. ISO 8601. */
  readonly now: string;
  /** Shows local time in place of UTC. Default: false */
  readonly isLocal?: boolean;
}

export type Process = Pick<Owner, 'host' | 'pid'>;

interface Bar {
  readonly number: number;
  readonly state: TrialState;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly lane: number;
}

/** A bar shows its number if it is at least so wide for each digit, in pixels. */
const DIGIT_WIDTH = 9;

/** Most bars, since more would be thinner than a pixel. The trials that began last are drawn. */
export const MOST_BARS = 500;
/** If there would be more lanes, the trials of all processes share lanes. */
const MOST_LANES = 40;
const LEAST_HEIGHT = 220;
/** Height of a lane, and of everything around the lanes, in CSS pixels. */
const LANE_HEIGHT = 24;
const FRAME_HEIGHT = 100;
/** Width of the name of a lane, in CSS pixels. */
const NAME_WIDTH = 130;

/**
 * A bar for each trial that was begun, coloured by its state. Every process has lanes of its own, and a trial is put
 * into the first lane that is free when it begins. So a process has as many lanes as it ran trials at once.
 */
export function timelineChart(timeline: Timeline, theme: Theme): EChartsOption {
  const { bars, lanes } = layOut(timeline);
  const states = (Object.keys(stateNames) as TrialState[]).filter((state) => bars.some((bar) => bar.state === state));
  const { isLocal = false, now } = timeline;
  const common = axis(theme, isLocal ? `time (UTC${offsetText(new Date(now))})` : 'time (UTC)');
  const names = nameAxis(theme, '', lanes);
  return {
    ...base(
      theme,
      states.map((state) => stateNames[state]),
    ),
    useUTC: !isLocal,
    xAxis: { ...common, type: 'time' },
    yAxis: {
      ...names,
      inverse: true,
      axisLabel: { ...names.axisLabel, width: NAME_WIDTH, overflow: 'truncate' },
    },
    series: states.map((state) =>
      barSeries(
        stateNames[state],
        theme.states[state],
        theme.background,
        bars.filter((bar) => bar.state === state),
      ),
    ),
  };
}

/** Height of the chart in CSS pixels, with room for every lane. */
export const timelineHeight = (timeline: Timeline): number =>
  Math.max(LEAST_HEIGHT, FRAME_HEIGHT + LANE_HEIGHT * layOut(timeline).lanes.length);

/** @returns the bars, and the names of their lanes */
function layOut({ trials, processes = new Map(), now }: Timeline): { bars: Bar[]; lanes: string[] } {
  const begun = trials
    .filter(({ state, startedAt }) => startedAt !== null && state !== 'WAITING')
    .map(({ number, state, startedAt, finishedAt }) => {
      const start = Date.parse(startedAt!);
      return {
        number,
        state,
        start,
        end: Math.max(start, finishedAt === null ? Date.parse(now) : Date.parse(finishedAt)),
      };
    })
    .toSorted((a, b) => a.start - b.start || a.number - b.number)
    .slice(-MOST_BARS);
  const isOneHost = new Set(processes.values().map(({ host }) => host)).size === 1;
  const nameOf = (process: Process | undefined): string =>
    process === undefined ? '' : isOneHost ? `process ${process.pid}` : `${process.host} ${process.pid}`;
  const groups = Map.groupBy(begun, ({ number }) => nameOf(processes.get(number)));
  const placed = [...groups].map(([name, bars]) => pack(name, bars));
  const count = placed.reduce((sum, group) => sum + group.count, 0);
  const shown = count > MOST_LANES ? [pack('', begun)] : placed;
  const bars: Bar[] = [];
  const lanes: string[] = [];
  for (const group of shown) {
    bars.push(...group.bars.map((bar) => ({ ...bar, lane: lanes.length + bar.lane })));
    for (let lane = 1; lane <= group.count; lane += 1) {
      lanes.push(group.name === '' ? `lane ${lane}` : lane === 1 ? group.name : `· ${lane}`);
    }
  }
  return { bars, lanes };
}

/** Assigns lanes. @param begun bars of the trials, sorted by their start */
function pack(name: string, begun: readonly Omit<Bar, 'lane'>[]): { name: string; bars: Bar[]; count: number } {
  const freeFrom: number[] = [];
  const bars = begun.map((bar) => {
    const free = freeFrom.findIndex((end) => end <= bar.start);
    const lane = free < 0 ? freeFrom.length : free;
    freeFrom[lane] = bar.end;
    return { ...bar, lane };
  });
  return { name, bars, count: freeFrom.length };
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

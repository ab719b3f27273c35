/** Ranges on the axes of the parallel coordinates, which the user draws or the page sets. */
import type { ECharts } from 'echarts';
import { type Range, VALUE } from './trials.ts';

interface AxisModel {
  readonly id: string;
  readonly activeIntervals: readonly (readonly [number, number])[];
  get(key: 'name'): string;
  get(key: 'dim'): number;
}

/** The name of the axis in a range; the first one is that of the values, whose title names their unit. */
const nameOf = (axis: AxisModel): string => (axis.get('dim') === 0 ? VALUE : axis.get('name'));

/** The event of ECharts does not say where an area was drawn; its model does. */
function axesOf(chart: ECharts): AxisModel[] {
  const inner = chart as unknown as { getModel(): { queryComponents(query: { mainType: string }): AxisModel[] } };
  return inner.getModel().queryComponents({ mainType: 'parallelAxis' });
}

/** @param onRanges called with all ranges whenever the user has drawn, moved or removed one */
export function listenToBrush(chart: ECharts, onRanges: (ranges: readonly Range[]) => void): void {
  chart.on('axisareaselected', () => {
    onRanges(
      axesOf(chart).flatMap((axis) => axis.activeIntervals.map(([low, high]) => ({ name: nameOf(axis), low, high }))),
    );
  });
}

/** Shows exactly these ranges, without an event. */
export function setBrush(chart: ECharts, ranges: readonly Range[]): void {
  for (const axis of axesOf(chart)) {
    const own = ranges.filter(({ name }) => name === nameOf(axis));
    const intervals = own.map(({ low, high }) => [low, high]);
    if (intervals.length === 0 && axis.activeIntervals.length === 0) continue;
    chart.dispatchAction({ type: 'axisAreaSelect', parallelAxisId: axis.id, intervals }, { silent: true });
  }
}

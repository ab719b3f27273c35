/** Confusion matrix. */
import type { EChartsOption } from 'echarts';
import type { Confusion } from '../submissions/index.ts';
import { base, nameAxis, plot, short } from './base.ts';
import type { Theme } from './theme.ts';
import { visible } from '../base/printable.ts';

/** Cells of more classes have no room for numbers; colours and tooltips show them. */
const MOST_NUMBERED = 30;

/** A table of counts; only the mistakes are coloured, since the right ones outnumber them a hundredfold. */
export function confusionChart({ classes, counts }: Confusion, theme: Theme): EChartsOption {
  const all = counts.flatMap((row, truth) => row.map((count, predicted) => ({ truth, predicted, count })));
  const mistakes = all.filter(({ truth, predicted }) => truth !== predicted);
  const most = Math.max(1, ...mistakes.map(({ count }) => count));
  const isNumbered = classes.length <= MOST_NUMBERED;
  const label = (colour: string, fontWeight: 'normal' | 'bold') => ({
    show: isNumbered,
    color: colour,
    fontWeight,
    fontSize: 11,
    formatter: ({ value }: { value: unknown }) => cellText(value),
  });
  const dataOf = (cells: typeof all) => cells.map(({ truth, predicted, count }) => [predicted, truth, count]);
  const names = nameAxis(theme, '', classes);
  const axisLabel = isNumbered ? names.axisLabel : { ...names.axisLabel, interval: 'auto' as const, hideOverlap: true };
  const frame = base(theme);
  return {
    ...frame,
    tooltip: {
      ...frame.tooltip,
      formatter: (cell) => {
        const [predicted, truth, count] = (Array.isArray(cell) ? cell[0] : cell).value as readonly number[];
        return visible(`${classes[truth]} → ${classes[predicted]}: ${short(count)}`);
      },
    },
    grid: plot({ left: 12, right: 12, top: 10, bottom: 10 }),
    xAxis: { ...names, axisLabel, name: 'predicted class', axisLine: { show: false } },
    yAxis: { ...names, axisLabel, name: 'true class', inverse: true, axisLine: { show: false } },
    visualMap: { show: false, min: 0, max: most, dimension: 2, seriesIndex: 0, inRange: { color: [...theme.tint] } },
    series: [
      {
        type: 'heatmap',
        name: 'mistakes',
        // Draws all cells in one frame.
        progressive: 0,
        itemStyle: { borderColor: theme.background, borderWidth: isNumbered ? 1 : 0 },
        label: label(theme.text, 'normal'),
        data: dataOf(mistakes),
      },
      {
        type: 'custom',
        name: 'right',
        silent: true,
        encode: { x: 0, y: 1 },
        data: isNumbered ? dataOf(all.filter(({ truth, predicted }) => truth === predicted)) : [],
        renderItem: (_params, api) => {
          const [x, y] = api.coord([api.value(0), api.value(1)]);
          return {
            type: 'text',
            x,
            y,
            style: {
              text: short(Number(api.value(2))),
              fill: theme.text,
              font: `bold 11px ${theme.font}`,
              align: 'center',
              verticalAlign: 'middle',
            },
          };
        },
      },
    ],
  };
}

/** Cells of 0 stay empty. */
function cellText(value: unknown): string {
  const count = (value as readonly number[])[2];
  return count === 0 ? '' : short(count);
}

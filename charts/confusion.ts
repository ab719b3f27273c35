/** Which classes are taken for which. */
import type { EChartsOption } from 'echarts';
import type { Confusion } from '../submissions/index.ts';
import { base, nameAxis, plot, short } from './base.ts';
import type { Theme } from './theme.ts';

/** A table of counts; only the mistakes are coloured, since the right ones outnumber them a hundredfold. */
export function confusionChart({ classes, counts }: Confusion, theme: Theme): EChartsOption {
  const all = counts.flatMap((row, truth) => row.map((count, predicted) => ({ truth, predicted, count })));
  const mistakes = all.filter(({ truth, predicted }) => truth !== predicted);
  const most = Math.max(1, ...mistakes.map(({ count }) => count));
  const label = (colour: string, fontWeight: 'normal' | 'bold') => ({
    show: true,
    color: colour,
    fontWeight,
    fontSize: 11,
    formatter: ({ value }: { value: unknown }) => cellText(value),
  });
  const dataOf = (cells: typeof all) => cells.map(({ truth, predicted, count }) => [predicted, truth, count]);
  const names = nameAxis(theme, '', classes);
  return {
    ...base(theme),
    grid: plot({ left: 12, right: 12, top: 10, bottom: 10 }),
    xAxis: { ...names, name: 'predicted class', axisLine: { show: false } },
    yAxis: { ...names, name: 'true class', inverse: true, axisLine: { show: false } },
    visualMap: { show: false, min: 0, max: most, dimension: 2, seriesIndex: 0, inRange: { color: [...theme.tint] } },
    series: [
      {
        type: 'heatmap',
        name: 'mistakes',
        itemStyle: { borderColor: theme.background, borderWidth: 1 },
        label: label(theme.text, 'normal'),
        data: dataOf(mistakes),
      },
      {
        type: 'custom',
        name: 'right',
        silent: true,
        encode: { x: 0, y: 1 },
        data: dataOf(all.filter(({ truth, predicted }) => truth === predicted)),
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

/** No mistakes are no news. */
function cellText(value: unknown): string {
  const count = (value as readonly number[])[2];
  return count === 0 ? '' : short(count);
}

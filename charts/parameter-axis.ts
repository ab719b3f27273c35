/** Axes of searched parameters: logarithmic, linear or categorical, as their distributions are. */
import type { Distribution, ParameterValue } from '../search/index.ts';
import { visible } from '../base/printable.ts';
import { logAxis, numberAxis, short } from './base.ts';
import type { Theme } from './theme.ts';

/** An axis of a parameter. Choices stand at 0, 1, 2 … on a numeric axis, which can show edges of cells between them. */
export function parameterAxis(theme: Theme, name: string, distribution: Distribution) {
  if (distribution.kind !== 'categorical') {
    const { low, high, log } = distribution;
    return log ? logAxis(theme, name, [low, high]) : { ...numberAxis(theme, name), min: low, max: high };
  }
  const { choices } = distribution;
  const common = numberAxis(theme, name);
  return {
    ...common,
    min: -0.5,
    max: choices.length - 0.5,
    splitLine: { show: false },
    axisLabel: {
      ...common.axisLabel,
      customValues: [...choices.keys()],
      formatter: (at: number) => (at in choices ? visible(String(choices[at])) : short(at)),
    },
  };
}

/** The coordinate of a value on that axis. */
export const axisValue = (distribution: Distribution, value: ParameterValue): number =>
  distribution.kind === 'categorical' ? distribution.choices.indexOf(value) : Number(value);

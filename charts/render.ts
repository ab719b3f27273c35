/** Charts without a browser, for Node: an option becomes an SVG text, an SVG text becomes PNG bytes. */
import type { EChartsOption } from 'echarts';

export interface Size {
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * The same option gives the same bytes.
 * @param label says what is to be seen, for those who do not see it
 */
export async function renderSvg(_option: EChartsOption, _size: Size, _label: string): Promise<string> {
  throw new Error('not yet');
}

/** @param scale pixels of the PNG for each one of the SVG. Default: 2 */
export async function renderPng(_svg: string, _scale = 2): Promise<Uint8Array> {
  throw new Error('not yet');
}

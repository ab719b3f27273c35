/** The structure of a report: text, tables and figures. */
import type { EChartsOption } from 'echarts';
import { renderSvg, type Size } from '../charts/render.ts';
import type { Theme } from '../charts/index.ts';
import type { Table } from '../submissions/index.ts';
import { sha256 } from '../base/sha256.ts';

export interface Figure {
  /** Name of its files, without extension. */
  readonly name: string;
  readonly title: string;
  /** Text alternative, and how to read the figure. */
  readonly label: string;
  readonly size: Size;
  readonly draw: (theme: Theme) => Promise<string> | string;
}

export interface CaptionedTable extends Table {
  readonly caption: string;
}

export interface Section {
  readonly title: string;
  /** Paragraphs. */
  readonly text?: readonly string[];
  readonly tables?: readonly CaptionedTable[];
  readonly figures?: readonly Figure[];
  /** Why it has no more than its text. */
  readonly problem?: string;
}

export interface Report {
  /** Name of its folder: letters, digits, dots and dashes. */
  readonly name: string;
  readonly title: string;
  /** Paragraphs below the title. */
  readonly lead: readonly string[];
  readonly sections: readonly Section[];
}

const WIDTH = 760;

/** A figure that is a chart. @param height in CSS pixels. Default: 340 */
export const chartFigure = (
  { height = 340, width = WIDTH, ...about }: Pick<Figure, 'name' | 'title' | 'label'> & Partial<Size>,
  chart: (theme: Theme) => EChartsOption,
): Figure => ({
  ...about,
  size: { width, height },
  draw: (theme) => renderSvg(chart(theme), { width, height }, about.label),
});

/** Height of a chart with this many rows, in CSS pixels. */
export const heightOfRows = (rows: number): number => 110 + 32 * rows;

/** Some file systems and tools refuse longer names. */
const LONGEST_NAME = 120;

/** Names of runs, which are also the names of their folders. */
const RUN = /^\d{8}T\d{6}(\.\d{3})?Z-[a-z\d_.-]+$/;
const PLAIN = /^(?!\.)(?!.*-[\da-f]{8}$)[a-z\d_.-]+$/;
const MARK_LENGTH = 8;

/**
 * Makes the name of a folder from any name. Characters with a meaning in paths become dashes. A changed name gets a
 * digest, so that no two names share a folder, also on a disk that ignores case.
 */
export function folderName(name: string): string {
  if (name.length <= LONGEST_NAME && (RUN.test(name) || PLAIN.test(name))) return name;
  const words = name
    .replaceAll(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, LONGEST_NAME - MARK_LENGTH - 1);
  return `${words || 'unnamed'}-${sha256(name).slice(0, MARK_LENGTH)}`;
}

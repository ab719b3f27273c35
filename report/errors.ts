/** The images that a run gets wrong, with their nearest training images, as a part of its report. */
import { dirname } from 'node:path';
import { integer, percent } from '../base/format.ts';
import { imageColumn } from '../base/image-name.ts';
import { imageAt } from '../data/index.ts';
import { type ErrorLooks, lookAtErrors, NEIGHBOURS, type RunImages } from '../submissions/index.ts';
import { type GridCell, gridSize, imageGrid, shortened } from './image-grid.ts';
import type { CaptionedTable, Figure } from './report.ts';

const SHOWN = 24;
const LINES = 2;
/** An error with its neighbours is half a line of the grid. */
const COLUMNS = 2 * (1 + NEIGHBOURS);

/** @param suffix of the name of the figure @throws UserError as `lookAtErrors` */
export async function errorParts(
  folder: string,
  source: RunImages,
  suffix: string,
): Promise<{ tables: CaptionedTable[]; figures: Figure[] }> {
  const found = await lookAtErrors(folder, { ...source, runsDir: dirname(folder), most: SHOWN });
  return found.looks.length === 0
    ? { tables: [], figures: [] }
    : { tables: [errorTable(found)], figures: [errorFigure(found, suffix)] };
}

function errorTable({ looks, others }: ErrorLooks): CaptionedTable {
  const image = imageColumn(looks);
  const asked = others.length === 0 ? '' : `; other runs: ${others.join(', ')}`;
  return {
    caption: `The ${looks.length} wrong images that the networks were surest of${asked}`,
    header: [image.title, 'label → predicted', 'probabilities', 'other runs right', 'what it points to'],
    rows: looks.map(({ label, predicted, confidence, labelProbability, votes, says }, i) => [
      image.cell(looks[i]),
      `${label} → ${predicted}`,
      `${percent(labelProbability, 0)} → ${percent(confidence, 0)}`,
      `${votes.filter((vote) => vote.predicted === label).length} of ${votes.length}`,
      says,
    ]),
  };
}

function errorFigure({ looks, train }: ErrorLooks, suffix: string): Figure {
  const label = `Wrong images, each followed by the ${NEIGHBOURS} training images whose pixels differ least: label → predicted class or label, and the row from 1.`;
  const cells = looks.flatMap(({ row, label: given, predicted, nearest }): GridCell[] => [
    { pixels: imageAt(train, row), lines: [`${shortened(given)} → ${shortened(predicted)}`, integer(row + 1)] },
    ...Array.from({ length: NEIGHBOURS }, (_, i): GridCell => {
      const one = nearest[i];
      return one === undefined
        ? { pixels: null, lines: [] }
        : { pixels: imageAt(train, one.row), lines: [shortened(one.label, 11), integer(one.row + 1)] };
    }),
  ]);
  return {
    name: `nearest${suffix}`,
    title: 'Wrong images and their nearest training images',
    label,
    size: gridSize(cells.length, LINES, COLUMNS),
    draw: (theme) => imageGrid({ shape: train.shape, cells, lines: LINES, columns: COLUMNS, label }, theme),
  };
}

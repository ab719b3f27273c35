/** The report of a data set: its classes, duplicates, suspected label errors, and augmentations. */
import { counted, integer, percent, pixelSize } from '../base/format.ts';
import {
  augmentations,
  augmentedRows,
  augmentedSamples,
  type ClassLook,
  type Competition,
  type Duplicates,
  duplicateSentences,
  type Images,
  imageAt,
  type LabelledImages,
  type Place,
  SAMPLES,
} from '../data/index.ts';
import { visible } from '../base/printable.ts';
import type { LabelErrors } from '../submissions/index.ts';
import { type GridCell, gridSize, imageGrid, shortened } from './image-grid.ts';
import { type Figure, folderName, type Report, type Section } from './report.ts';

export interface DataReport {
  readonly competition: Competition;
  readonly train: LabelledImages;
  readonly test: Images | null;
  readonly classes: readonly ClassLook[];
  readonly duplicates: Duplicates;
  /** Suspected label errors by the predictions of a run; null without a run. */
  readonly labels: (LabelErrors & { readonly run: string }) | null;
  /** Sentences about what is unusual. */
  readonly notes: readonly string[];
}

const SHOWN_PAIRS = 30;
const SHOWN_LABELS = 60;
const LONGEST_NAME = 11;

export function reportData(data: DataReport): Report {
  const { competition, train, test, notes } = data;
  return {
    name: folderName(`data-${competition.id}`),
    title: `${competition.title}: the images`,
    lead: [
      `${counted(train.count, 'training image')} and ${counted(test?.count ?? 0, 'test image')} of ` +
        `${pixelSize(train.shape)} pixels, ${train.shape.channels === 1 ? 'grey' : 'in colour'}, ` +
        `${counted(competition.classes.length, 'class').replace(/classs$/, 'classes')}.`,
      ...notes,
    ],
    sections: [classSection(data), duplicateSection(data), labelSection(data), augmentationSection(data)],
  };
}

interface Grid extends Pick<Figure, 'name' | 'title' | 'label'> {
  readonly cells: readonly GridCell[];
  readonly lines: number;
  readonly columns?: number;
}

const gridFigure = ({ shape }: Images, { name, title, label, cells, lines, columns }: Grid): Figure => ({
  name,
  title,
  label,
  size: gridSize(cells.length, lines, columns),
  draw: (theme) => imageGrid({ shape, cells, lines, columns, label }, theme),
});

function classSection({ train, classes }: DataReport): Section {
  const cells = classes.flatMap(({ name, mean, samples }): GridCell[] =>
    Array.from({ length: 1 + SAMPLES }, (_, i) =>
      i === 0
        ? { pixels: mean, lines: [shortened(name, LONGEST_NAME)] }
        : { pixels: samples[i - 1] === undefined ? null : imageAt(train, samples[i - 1]), lines: [] },
    ),
  );
  return {
    title: 'Classes',
    tables: [
      {
        caption: 'Training images',
        header: ['class', 'images', 'share'],
        rows: classes.map(({ name, count }) => [name, integer(count), percent(count / train.count)]),
      },
    ],
    figures: [
      gridFigure(train, {
        name: 'classes',
        title: 'Mean and samples of each class',
        label: 'A row for each class: the mean of its training images, and some of them, spread evenly over the file.',
        cells,
        lines: 1,
      }),
    ],
  };
}

function duplicateSection({ train, test, competition, duplicates }: DataReport): Section {
  const { exact, near } = duplicates;
  const cellOf = ({ of, row }: Place): GridCell => ({
    pixels: imageAt(of === 'train' ? train : test!, row),
    lines: [
      `${of} ${integer(row + 1)}`,
      of === 'train' ? shortened(competition.classes[train.labels[row]], LONGEST_NAME) : '',
    ],
  });
  const pairs = [
    ...exact.slice(0, SHOWN_PAIRS).map(([first, second]) => [first, second]),
    ...near.slice(0, SHOWN_PAIRS).map(({ first, second }) => [first, second]),
  ];
  return {
    title: 'Duplicates',
    text: duplicateSentences(duplicates),
    figures:
      pairs.length === 0
        ? []
        : [
            gridFigure(train, {
              name: 'duplicates',
              title: 'Pairs of images that are the same, or nearly',
              label: 'Pairs side by side, identical ones first: where each image is, its row from 1, and its class.',
              cells: pairs.flatMap((pair) => pair.map(cellOf)),
              lines: 2,
              columns: 8,
            }),
          ],
  };
}

function labelSection({ train, competition, labels }: DataReport): Section {
  const title = 'Labels that are probably wrong';
  if (labels === null) {
    return {
      title,
      text: ['Not looked for: that needs the out-of-fold predictions of a run. Train one, and look again.'],
    };
  }
  const { suspected, run, images } = labels;
  const shown = suspected.slice(0, SHOWN_LABELS);
  const label =
    `The ${shown.length} of ${integer(suspected.length)} suspected labels that the networks find the least likely: ` +
    'label → suggested class, and the row from 1.';
  return {
    title,
    text: [
      `${integer(suspected.length)} of ${integer(images)} labels are suspected by the out-of-fold predictions of run ` +
        `${run} (confident learning, Northcutt et al. 2021). Hard images are among them: look before you change one.`,
    ],
    figures:
      shown.length === 0
        ? []
        : [
            gridFigure(train, {
              name: 'labels',
              title: 'Suspected labels',
              label,
              cells: shown.map(({ row, label: given, suggested }) => ({
                pixels: imageAt(train, row),
                lines: [
                  `${shortened(competition.classes[given])} → ${shortened(competition.classes[suggested])}`,
                  integer(row + 1),
                ],
              })),
              lines: 2,
            }),
          ],
  };
}

function augmentationSection({ train, classes }: DataReport): Section {
  const rows = augmentedSamples(classes);
  const presets = Object.entries(augmentations);
  const cells = presets.flatMap(([name, amounts]): GridCell[] =>
    augmentedRows(train, rows, amounts).map((pixels, i) => ({ pixels, lines: i === 0 ? [visible(name)] : [] })),
  );
  return {
    title: 'Augmentation',
    text: [
      'A row for each value of `augment`. The training sees every image changed anew in each epoch; this is the first ' +
        'epoch of seed 1.',
    ],
    figures: [
      gridFigure(train, {
        name: 'augmentation',
        title: 'What an augmentation makes of images',
        label: `The same ${rows.length} images in every row: as they are (none), and as each preset changes them.`,
        cells,
        lines: 1,
        columns: Math.max(1, rows.length),
      }),
    ],
  };
}

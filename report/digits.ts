/** A picture of misclassified images with their true and predicted classes. */
import { percent } from '../base/format.ts';
import type { Size } from '../charts/render.ts';
import type { Theme } from '../charts/index.ts';
import { imageAt, type LabelledImages } from '../data/index.ts';
import type { Mistake } from '../submissions/index.ts';
import { gridSize, imageGrid, shortened } from './image-grid.ts';

const LINES = 2;

export interface MistakeGrid {
  readonly images: LabelledImages;
  readonly mistakes: readonly Mistake[];
  readonly classes: readonly string[];
  /** Text alternative. */
  readonly label: string;
}

export const mistakeGridSize = (mistakes: number): Size => gridSize(mistakes, LINES);

/** Draws the mistakes row by row: the image, `true → predicted`, and the probability of the predicted class. */
export function mistakeGrid({ images, mistakes, classes, label }: MistakeGrid, theme: Theme): Promise<string> {
  const cells = mistakes.map(({ row, label: truth, predicted, confidence }) => ({
    pixels: imageAt(images, row),
    lines: [`${shortened(classes[truth])} → ${shortened(classes[predicted])}`, percent(confidence, 1)],
  }));
  return imageGrid({ shape: images.shape, cells, lines: LINES, label }, theme);
}

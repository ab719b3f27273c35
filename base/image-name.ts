/** What a person finds an image by: its id, or its row where the files have no other name for it. */

import { integer } from './format.ts';

interface NamedImage {
  /** Position among the training images, from 0. */
  readonly row: number;
  /** As the files write it, or the position from 1. */
  readonly id: string;
}

export const hasOwnId = ({ row, id }: NamedImage): boolean => id !== String(row + 1);

export const imageName = (image: NamedImage): string => (hasOwnId(image) ? image.id : `row ${integer(image.row + 1)}`);

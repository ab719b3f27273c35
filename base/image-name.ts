/** What a person finds an image by: its id, or its row where the files have no other name for it. */

import { integer } from './format.ts';

interface NamedImage {
  /** Position among the training images, from 0. */
  readonly row: number;
  /** As the files write it, or the position from 1. */
  readonly id: string;
}

const hasOwnId = ({ row, id }: NamedImage): boolean => id !== String(row + 1);

/** A column that names images: by their ids if one of them has an id of its own, else by their rows from 1. */
export function imageColumn(images: readonly NamedImage[]) {
  const haveIds = images.some(hasOwnId);
  return {
    title: haveIds ? 'image' : 'row',
    align: haveIds ? 'l' : 'r',
    cell: ({ row, id }: NamedImage): string => (haveIds ? id : integer(row + 1)),
  } as const;
}

export const imageName = (image: NamedImage): string => (hasOwnId(image) ? image.id : `row ${integer(image.row + 1)}`);

/** Chooses some of many items, for charts of thousands of marks. */

/**
 * Returns all items if they are at most `most`, else about `most` of them at even distances, with the first and the
 * last.
 * @param isKept tells which items are never left out
 */
export function thinned<Item>(items: readonly Item[], most: number, isKept?: (item: Item) => boolean): readonly Item[] {
  if (items.length <= most) return items;
  const chosen = new Set(Array.from({ length: most }, (_, i) => Math.round((i * (items.length - 1)) / (most - 1))));
  return items.filter((item, i) => chosen.has(i) || isKept?.(item));
}

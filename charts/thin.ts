/** Fewer of many: what a chart of thousands of marks shows. */

/**
 * All items if they are few enough, else about `most` of them at even distances, the first and the last among them.
 * @param isKept items that are never left out
 */
export function thinned<Item>(items: readonly Item[], most: number, isKept?: (item: Item) => boolean): readonly Item[] {
  if (items.length <= most) return items;
  const chosen = new Set(Array.from({ length: most }, (_, i) => Math.round((i * (items.length - 1)) / (most - 1))));
  return items.filter((item, i) => chosen.has(i) || isKept?.(item));
}

/** How values of a column are ordered, such as classes. */

export const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

/** Numbers by their size, other texts by their letters. */
export const inOrder = (values: readonly string[]): string[] =>
  values.every(isNumber) ? values.toSorted((a, b) => Number(a) - Number(b)) : values.toSorted();

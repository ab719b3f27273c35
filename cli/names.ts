/** Finds what a name means: a full name, or a part that only one name contains. */

/** @returns the name itself if it is there, else all that have it between two slashes, else all that have it as a part */
export function meantBy(part: string, names: readonly string[]): string[] {
  if (names.includes(part)) return [part];
  const ofPath = names.filter((name) => name.split('/').includes(part));
  return ofPath.length > 0 ? ofPath : names.filter((name) => name.includes(part));
}

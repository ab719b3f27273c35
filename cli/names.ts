/** What a person means by a name: all of it, or enough that nothing else has it. */

/** @returns the name itself if it is there, else all that have it as a part */
export const meantBy = (part: string, names: readonly string[]): string[] =>
  names.includes(part) ? [part] : names.filter((name) => name.includes(part));

import type { FrozenTrial } from '../search/index.ts';

/** Whether a trial keeps all of its constraints. A value that is not known, null once it was JSON, misses them. */
export const isFeasible = ({ constraints = {} }: FrozenTrial): boolean =>
  Object.values<number | null>(constraints).every((value) => value !== null && value <= 0);

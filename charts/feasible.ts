import type { FrozenTrial } from '../search/index.ts';

/**
 * Whether a trial keeps all of its constraints; NaN misses one. It repeats the rule of `search`, since charts import
 * only types of it.
 */
export const isFeasible = ({ constraints = {} }: FrozenTrial): boolean =>
  Object.values(constraints).every((value) => value <= 0);

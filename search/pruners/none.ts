/** No pruning: every trial runs to its end. */
import type { Pruner } from './pruner.ts';

export function neverPrune(): Pruner {
  return () => false;
}

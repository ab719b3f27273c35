/** The contract of a collector: it watches the weights go by and says which ones predict. */
import type { MaybePromise, Vectors } from '../models/index.ts';

/** How well weights predict the validation images: more is better. */
export type Judge = (weights: Float32Array) => Promise<number>;

export interface Collector {
  /**
   * Sees the first weights and those after every step: `steps` are done. `weights` changes later: copy what is kept.
   * `vectors` computes; all give the same bits. Default: WebAssembly.
   */
  observe(weights: Float32Array, steps: number, vectors?: Vectors): void;
  /**
   * The weight vectors whose predictions are averaged; `last` is where training ended. A collector that asks `judge`
   * chooses by the validation images: its method says so with `choosesByValidation`.
   */
  result(last: Float32Array, judge: Judge): MaybePromise<Float32Array[]>;
  /** For collectors of several points: how many of them there are after so many steps. */
  points?(steps: number): number;
  /** Whether the last weights alone predict, so that a training which is stopped can go back to its best ones. */
  readonly isLast?: boolean;
}

/** The steps after which a collector keeps weights, such as each epoch or cycle from the first one on. */
export interface Points {
  /** Steps before the first point. */
  readonly first: number;
  /** Steps from one point to the next. */
  readonly every: number;
}

export const isPoint = ({ first, every }: Points, steps: number): boolean =>
  steps >= first && (steps - first) % every === 0;

/** How many points there are after so many steps. */
export const pointsIn = ({ first, every }: Points, steps: number): number =>
  steps < first ? 0 : Math.floor((steps - first) / every) + 1;

/** Plain training: the last weights predict. */
export const lastWeights = (): Collector => ({
  observe: () => {},
  result: (last) => [last],
  isLast: true,
});

/** The interface of a measurement: numbers about a trained network besides its scores. */
import { augmented, type Augmentation, type Images, type LabelledImages } from '../../data/index.ts';
import type { Network, Solution } from '../../models/index.ts';

/** A trained arm. */
export interface Trained {
  readonly network: Network;
  /** Weights that predict, in the order in which they were collected: one or more f32[P]. */
  readonly weights: readonly Float32Array[];
  /** Weights of the arm's second training, if it has one. */
  readonly beside?: readonly Float32Array[];
  /** Training images with their true labels. */
  readonly training: LabelledImages;
  /** That of the training. */
  readonly augment: Augmentation;
  readonly test: LabelledImages;
  /** Seed of the training, and of random numbers of a measurement. */
  readonly seed: number;
}

/** The training images as the training shows them, on which batch-norm statistics are measured. */
export const seenBy = ({ training, augment, seed }: Trained): Images => augmented(training, augment, seed);

/** The first weights with their statistics. */
export const firstSolution = async (trained: Trained): Promise<Solution> =>
  trained.network.measure(trained.weights[0], seenBy(trained));

export interface Column {
  readonly title: string;
  /** `share` is shown in percent, `seconds` with one decimal, `number` with four significant digits. */
  readonly unit: 'share' | 'seconds' | 'number';
}

export type Metrics = Readonly<Record<string, number>>;

export interface Measurement {
  /** Metrics that it yields, by name. */
  readonly columns: Readonly<Record<string, Column>>;
  /** Measures. Metrics that do not exist may be missing, such as a distance if there is only one point. */
  measure(trained: Trained): Promise<Metrics>;
}

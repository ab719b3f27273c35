/** The contract of a measurement: numbers that are taken of a trained network besides its scores. */
import type { LabelledImages } from '../../data/index.ts';
import type { Network } from '../../models/index.ts';

/** What a trained arm leaves to be measured. */
export interface Trained {
  readonly network: Network;
  /** Those that predict, in the order in which they were collected: one or more f32[P]. */
  readonly weights: readonly Float32Array[];
  /** Those of the arm's second training, if it has one. */
  readonly beside?: readonly Float32Array[];
  /** With the labels that are true. */
  readonly training: LabelledImages;
  readonly test: LabelledImages;
  /** Seed of the training; it also seeds what a measurement draws. */
  readonly seed: number;
}

export interface Column {
  readonly title: string;
  /** `share` is shown in percent, `seconds` with one digit, `number` with four significant ones. */
  readonly unit: 'share' | 'seconds' | 'number';
}

export type Metrics = Readonly<Record<string, number>>;

export interface Measurement {
  /** What it yields. */
  readonly columns: Readonly<Record<string, Column>>;
  /** May leave out what does not exist, such as a distance where there is only one point. */
  measure(trained: Trained): Promise<Metrics>;
}

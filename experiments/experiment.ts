/** The contract of an experiment: a question, what is trained to answer it, and what is claimed beforehand. */
import type { z } from 'zod';
import type { ModelName } from '../models/index.ts';
import { type Parameters, parametersSchema } from '../pipeline/index.ts';
import { validate } from '../base/validate.ts';
import type { MeasurementName } from './measurements/index.ts';
import { findMethod, type ArmMethodName } from './methods.ts';

/** How much is trained: in full, or quickly to see that all works and roughly what to expect. */
export interface Scale {
  /** Training images; each seed draws its own. */
  readonly train: number;
  /** Further training images, for learning curves and for schedules that look at scores. */
  readonly validation: number;
  /** Epochs of an arm whose budget is 1. */
  readonly epochs: number;
  readonly seeds: number;
}

/** One way to train. All arms of a seed begin with the same weights and see the same images. */
export interface Arm {
  /** Name of a method of `pipeline/methods` or of `methods.ts` here. */
  readonly method: ArmMethodName;
  /** Where they differ from those of the experiment. */
  readonly parameters?: GivenParameters;
  /** Epochs as a multiple of the scale's. Default: 1. */
  readonly budget?: number;
  /** Accuracy in percent as the source has it. */
  readonly published?: number;
  /** A second training of the same seed, for measurements that compare two solutions. */
  readonly beside?: Companion;
}

/** It begins with the same weights as the arm and sees the same batches, unless it is independent. */
export interface Companion {
  readonly method: ArmMethodName;
  /** Where they differ from those of the experiment. */
  readonly parameters?: GivenParameters;
  /** Whether it begins with other weights and sees the images in another order. Default: false. */
  readonly isIndependent?: boolean;
}

export type GivenParameters = Partial<z.input<typeof parametersSchema>>;

/** A metric of an arm. */
export interface Quantity {
  readonly arm: string;
  readonly metric: string;
}

/** That one quantity is above or below `times` another one or a number, over the seeds. */
export interface Claim {
  readonly says: string;
  readonly value: Quantity;
  readonly relation: 'above' | 'below';
  readonly than: Quantity | number;
  /** Default: 1. */
  readonly times?: number;
  /** The sign test asks only in how many seeds it is so. Default: `t`, a paired t test. */
  readonly test?: 't' | 'sign';
  /** Added to the right side: an "above" with less than 0 claims no more than "not worse". Default: 0. */
  readonly plus?: number;
}

/** A number of the arms, and which arms make a line along it. */
export interface ArmSweep {
  /** A parameter, or the epochs. */
  readonly over: 'epochs' | 'learningRate' | 'swaRate' | 'rho' | 'labelNoise';
  readonly lines: Readonly<Record<string, readonly string[]>>;
}

export interface Experiment {
  readonly question: string;
  /** Papers that the claims and the published numbers come from. */
  readonly sources: readonly string[];
  /** What the published accuracies were measured on, where that is something else. */
  readonly publishedOn?: string;
  readonly competition: string;
  readonly model: ModelName;
  /** Images that score the end of a training: the labelled test file, or so many training images of each seed's own. */
  readonly test: 'file' | number;
  /** Parameters of all arms that differ from the method's defaults. */
  readonly parameters?: GivenParameters;
  readonly arms: Readonly<Record<string, Arm>>;
  /** Taken of every trained arm besides its scores. Default: none. */
  readonly measurements?: readonly MeasurementName[];
  readonly claims: readonly Claim[];
  /** What the arms vary step by step, to be drawn along it. Default: nothing. */
  readonly sweep?: ArmSweep;
  readonly full: Scale;
  readonly quick: Scale;
  /** Expected of the full scale on two cores. */
  readonly minutes: number;
}

/** @param metric Default: the accuracy on the test images */
export const of = (arm: string, metric = 'accuracy'): Quantity => ({ arm, metric });

interface ResolvedArm {
  readonly method: ArmMethodName;
  readonly parameters: Parameters;
  readonly epochs: number;
  readonly beside?: Pick<ResolvedArm, 'method' | 'parameters'> & { readonly isIndependent: boolean };
}

/**
 * All parameters of an arm, and its epochs.
 * @throws UserError when a parameter is unknown or out of range
 */
export function resolveArm(
  { parameters: common, arms }: Pick<Experiment, 'parameters' | 'arms'>,
  name: string,
  { epochs }: Pick<Scale, 'epochs'>,
): ResolvedArm {
  const { budget = 1, beside, ...arm } = arms[name];
  const resolve = ({ method, parameters: own }: Pick<Arm, 'method' | 'parameters'>) => {
    const given = { ...findMethod(method).defaults, ...common, ...own };
    return { method, parameters: validate(parametersSchema, given, `the parameters of arm ${name}`) };
  };
  return {
    ...resolve(arm),
    epochs: Math.round(budget * epochs),
    ...(beside && { beside: { ...resolve(beside), isIndependent: beside.isIndependent ?? false } }),
  };
}

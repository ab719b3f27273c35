/** The interface of an experiment: a question, the arms that are trained to answer it, and claims made beforehand. */
import type { z } from 'zod';
import type { ModelName } from '../models/index.ts';
import { type Parameters, parametersSchema } from '../pipeline/index.ts';
import { validate } from '../base/validate.ts';
import type { MeasurementName } from './measurements/index.ts';
import { findMethod, type ArmMethodName } from './methods.ts';

/** The sizes of an experiment: in full, or a quick version that shows that it works and roughly what to expect. */
export interface Scale {
  /** Training images; each seed draws its own. */
  readonly train: number;
  /** Validation images from the training file, for learning curves and for schedules that use scores. */
  readonly validation: number;
  /** Epochs of an arm with budget 1. */
  readonly epochs: number;
  readonly seeds: number;
}

/** One training configuration. All arms of a seed start from the same weights and use the same images. */
export interface Arm {
  /** Name of a method of `pipeline/methods` or of `methods.ts` here. */
  readonly method: ArmMethodName;
  /** Parameters that differ from those of the experiment. */
  readonly parameters?: GivenParameters;
  /** Epochs as a multiple of those of the scale. Default: 1 */
  readonly budget?: number;
  /** Accuracy in percent that the source reports. */
  readonly published?: number;
  /**
   * Networks that predict together. They share the epochs, and each has its own initial weights and order of images.
   * Default: 1
   */
  readonly networks?: number;
  /** A second training of the same seed, for measurements that compare two solutions. */
  readonly beside?: Companion;
}

/** The second training of an arm. It has the same initial weights and batches, unless it is independent. */
export interface Companion {
  readonly method: ArmMethodName;
  /** Parameters that differ from those of the experiment. */
  readonly parameters?: GivenParameters;
  /** Whether it has other initial weights and another order of images. Default: false */
  readonly isIndependent?: boolean;
}

export type GivenParameters = Partial<z.input<typeof parametersSchema>>;

/** A metric of an arm. */
export interface Quantity {
  readonly arm: string;
  readonly metric: string;
}

/** Claims that a quantity is above or below `times` another quantity or number, over the seeds. */
export interface Claim {
  readonly says: string;
  readonly value: Quantity;
  readonly relation: 'above' | 'below';
  readonly than: Quantity | number;
  /** Default: 1. */
  readonly times?: number;
  /** `sign` tests only in how many seeds it holds. Default: `t`, a paired t test */
  readonly test?: 't' | 'sign';
  /** Added to the right side. "above" with a negative value claims non-inferiority. Default: 0 */
  readonly plus?: number;
}

/** A parameter that varies between arms, and the arms of each line along it. */
export interface ArmSweep {
  /** A parameter, or the epochs. */
  readonly over: 'epochs' | 'learningRate' | 'swaRate' | 'rho' | 'labelNoise';
  readonly lines: Readonly<Record<string, readonly string[]>>;
}

export interface Experiment {
  readonly question: string;
  /** Papers of the claims and the published numbers. */
  readonly sources: readonly string[];
  /** Images of the published accuracies, if they are not those of the experiment. */
  readonly publishedOn?: string;
  readonly competition: string;
  readonly model: ModelName;
  /** Images for the final scores: the labelled test file, or a number of training images drawn for each seed. */
  readonly test: 'file' | number;
  /** Parameters of all arms that differ from the defaults of the method. */
  readonly parameters?: GivenParameters;
  readonly arms: Readonly<Record<string, Arm>>;
  /** Measurements of every trained arm besides its scores. Default: none */
  readonly measurements?: readonly MeasurementName[];
  readonly claims: readonly Claim[];
  /** The sweep of the arms, for charts. Default: none */
  readonly sweep?: ArmSweep;
  readonly full: Scale;
  readonly quick: Scale;
  /** Expected duration of the full scale on two cores. */
  readonly minutes: number;
}

/** A quantity. @param metric Default: the accuracy on the test images */
export const of = (arm: string, metric = 'accuracy'): Quantity => ({ arm, metric });

const claims =
  (relation: Claim['relation']) =>
  (
    says: string,
    value: Quantity,
    than: Claim['than'],
    options: Pick<Claim, 'times' | 'test' | 'plus'> = {},
  ): Claim => ({ says, value, relation, than, ...options });

/** A claim that a quantity is above another one. */
export const above = claims('above');
export const below = claims('below');

interface ResolvedArm {
  readonly method: ArmMethodName;
  readonly parameters: Parameters;
  /** Epochs of each network. */
  readonly epochs: number;
  readonly networks: number;
  readonly beside?: Pick<ResolvedArm, 'method' | 'parameters'> & { readonly isIndependent: boolean };
}

/**
 * Resolves all parameters of an arm, and its epochs.
 * @throws UserError when a parameter is unknown or out of range
 */
export function resolveArm(
  { parameters: common, arms }: Pick<Experiment, 'parameters' | 'arms'>,
  name: string,
  { epochs }: Pick<Scale, 'epochs'>,
): ResolvedArm {
  const { budget = 1, networks = 1, beside, ...arm } = arms[name];
  const resolve = ({ method, parameters: own }: Pick<Arm, 'method' | 'parameters'>) => {
    const given = { ...findMethod(method).defaults, ...common, ...own };
    return { method, parameters: validate(parametersSchema, given, `the parameters of arm ${name}`) };
  };
  return {
    ...resolve(arm),
    epochs: Math.round((budget * epochs) / networks),
    networks,
    ...(beside && { beside: { ...resolve(beside), isIndependent: beside.isIndependent ?? false } }),
  };
}

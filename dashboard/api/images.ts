/** Answers with images: data sets, errors of networks, and suspected labels. */
import type { ImageShape, Place } from '../../data/index.ts';
import type { Calibration } from '../../pipeline/index.ts';
import type { ClassReports, Confusion, ErrorLook, ErrorLooks, SuspectedLabel } from '../../submissions/index.ts';

export interface PicturedMistake {
  readonly row: number;
  /** As the files write it, or the position from 1. */
  readonly id: string;
  readonly label: string;
  readonly predicted: string;
  /** Probability of the predicted class. */
  readonly confidence: number;
  /** u8[height × width × channels] in base 64. */
  readonly pixels: string;
}

/** Errors of the networks of a run on images that they were not trained on. */
export interface DiagnosisAnswer {
  readonly images: number;
  readonly confusion: Confusion;
  readonly calibration: Calibration;
  readonly classes: ClassReports;
  readonly mistakes: readonly PicturedMistake[];
  /** All of them; the list may be shorter. */
  readonly mistakeCount: number;
  readonly shape: ImageShape;
}

/** The images that a run gets wrong out of fold, each with what helps to decide why. */
export interface ErrorsAnswer extends Omit<ErrorLooks, 'train' | 'looks'> {
  readonly shape: ImageShape;
  readonly looks: readonly PicturedError[];
}

export interface PicturedError extends ErrorLook {
  readonly pixels: string;
  readonly nearest: readonly (ErrorLook['nearest'][number] & { readonly pixels: string })[];
}

/** Competitions whose images are on this machine. */
export interface DataSetsAnswer {
  readonly sets: readonly { readonly id: string; readonly title: string }[];
}

/** Images of a competition. Rows count from 0. Pixels are u8[height × width × channels] in base 64. */
export interface DataAnswer {
  readonly id: string;
  readonly title: string;
  readonly folder: string;
  readonly shape: ImageShape;
  /** Number of images. */
  readonly train: number;
  readonly test: number;
  /** Sentences about what is unusual. */
  readonly notes: readonly string[];
  readonly classes: readonly {
    readonly name: string;
    readonly count: number;
    /** Pixels of the mean image; null for a class without images. */
    readonly mean: string | null;
    readonly samples: readonly { readonly row: number; readonly pixels: string }[];
  }[];
  readonly duplicates: {
    readonly says: readonly string[];
    readonly pairs: readonly PicturedPair[];
    /** All of them; the list may be shorter. */
    readonly count: number;
  };
  /** The same eight images under each augmentation preset. */
  readonly augmentations: readonly { readonly name: string; readonly pixels: readonly string[] }[];
}

export interface PicturedPair {
  readonly first: PicturedPlace;
  readonly second: PicturedPlace;
  /** Correlation of their pixels; 1 if they are identical. */
  readonly similarity: number;
  /** Number of identical images, of which two are shown. */
  readonly images: number;
}

export interface PicturedPlace extends Place {
  /** Name of the class; null for test images. */
  readonly label: string | null;
  readonly pixels: string;
}

/** Labels that the out-of-fold predictions of a run suspect. */
export interface LabelErrorsAnswer {
  readonly run: string;
  readonly shape: ImageShape;
  readonly images: number;
  /** All suspected labels; the list may be shorter. */
  readonly count: number;
  readonly suspected: readonly (Omit<SuspectedLabel, 'label' | 'suggested'> &
    Readonly<Record<'label' | 'suggested' | 'pixels', string>>)[];
}

/**
 * SWA as one would use it today: beside what competes with it at equal training time. SAM takes two gradients a step
 * and so has half of the epochs; the networks of an ensemble share them. The same rate and weight decay serve all arms.
 */
import { augmentations } from '../../data/index.ts';
import { above, below, type Arm, type Claim, type Experiment, of } from '../experiment.ts';
import { descent, onFashion } from './common.ts';

const sources = [
  'Izmailov et al. 2018, arXiv:1803.05407',
  'Foret et al. 2021, arXiv:2010.01412',
  'Wortsman et al. 2022, arXiv:2203.05482',
  'Lakshminarayanan et al. 2017, arXiv:1612.01474',
  'Smith and Topin 2018, arXiv:1708.07120',
];

const EPOCHS = 24;

/** The schedules of all arms but SWA and the soup fall to a thousandth of the rate, which is as good as zero. */
const fallen = { finalRate: 0.001 };

const arms: Readonly<Record<string, Arm>> = {
  // As in the paper: the rate falls linearly to half, at which the last quarter of the epochs is averaged.
  swa: { method: 'swa', parameters: { schedule: 'linear', finalRate: 0.5, swaRate: 0.5, swaCycle: 0, swaStart: 0.75 } },
  ema: { method: 'ema', parameters: { ...fallen, schedule: 'cosine', emaEpochs: 1 } },
  cosine: { method: 'plain', parameters: { ...fallen, schedule: 'cosine' } },
  'one-cycle': { method: 'plain', parameters: { ...fallen, schedule: 'one-cycle' } },
  sam: { method: 'sam', budget: 0.5, parameters: { ...fallen, schedule: 'cosine', rho: 0.05 } },
  // Three cycles follow on the first half. The soup averages those of their ends that lower no validation score.
  'soup-3': {
    method: 'soup',
    parameters: { schedule: 'linear', finalRate: 0.5, swaRate: 0.5, swaCycle: EPOCHS / 6, swaStart: 0.5 },
  },
  'ensemble-3': { method: 'plain', networks: 3, parameters: { ...fallen, schedule: 'cosine' } },
};

const rivals = Object.keys(arms).filter((arm) => arm !== 'swa');

const claims: readonly Claim[] = [
  ...rivals.map((arm) => above(`SWA is more accurate than ${arm}`, of('swa'), of(arm))),
  ...rivals.map((arm) => below(`SWA has a lower log loss than ${arm}`, of('swa', 'loss'), of(arm, 'loss'))),
  below(
    'SWA has a smaller calibration error than cosine',
    of('swa', 'calibrationError'),
    of('cosine', 'calibrationError'),
  ),
];

type Own = Pick<Experiment, 'competition' | 'model' | 'test' | 'minutes'> &
  Required<Pick<Experiment, 'parameters'>> & { readonly train: number; readonly seeds: number };

const today = ({ train, seeds, parameters, ...own }: Own): Experiment => ({
  ...own,
  question: 'At equal training time, is SWA better than what one would use in its place today?',
  sources,
  parameters: { batchSize: 128, momentum: 0.9, validateEvery: 4, ...parameters },
  arms,
  measurements: ['prediction'],
  claims,
  full: { train, validation: 2000, epochs: EPOCHS, seeds },
  quick: { train: 1920, validation: 500, epochs: EPOCHS, seeds: 2 },
});

/** The network of the study. It cannot memorize the images, so it needs no augmentation. */
export const swaTodayDigits = today({
  competition: 'digit-recognizer',
  model: 'digit-cnn',
  test: 10_000,
  parameters: { learningRate: 0.05, weightDecay: 0.0005 },
  train: 29_952,
  seeds: 5,
  minutes: 4,
});

export const swaTodayFashion = today({
  ...onFashion,
  parameters: { learningRate: descent.learningRate, weightDecay: descent.weightDecay },
  train: 9984,
  seeds: 5,
  minutes: 5,
});

export const swaTodayCifar = today({
  competition: 'cifar-10',
  model: 'resnet-small',
  test: 'file',
  parameters: { learningRate: 0.1, weightDecay: 0.0005, augment: { ...augmentations.none, crop: 4, flip: true } },
  train: 4992,
  seeds: 3,
  minutes: 40,
});

/** What each ingredient of a training is worth by itself, beside a training that has the usual ones. */
import { augmentations } from '../../data/index.ts';
import { above, type Arm, type Claim, type Experiment, of } from '../experiment.ts';

const { digits } = augmentations;

/** Without it these schedules begin at the highest rate, and a warm-up is what would be seen: one cycle has one. */
const warmUp = { warmUpEpochs: 2 };

/** Each changes one thing of `base`. */
const changes: Readonly<Record<string, Arm>> = {
  'no-augmentation': { method: 'plain', parameters: { augment: 'none' } },
  'stronger-augmentation': {
    method: 'plain',
    parameters: { augment: { ...digits, shift: 2.5, rotate: 15, shear: 12, zoom: 0.15 } },
  },
  cutout: { method: 'plain', parameters: { augment: { ...digits, cutout: 8 } } },
  mixup: { method: 'plain', parameters: { augment: { ...digits, mixup: 0.2 } } },
  'label-smoothing': { method: 'plain', parameters: { labelSmoothing: 0.1 } },
  cosine: { method: 'plain', parameters: { schedule: 'cosine', ...warmUp } },
  ema: { method: 'ema', parameters: { emaEpochs: 1 } },
  swa: {
    method: 'swa',
    parameters: { schedule: 'linear', finalRate: 0.5, swaRate: 0.5, swaCycle: 0, swaStart: 0.75, ...warmUp },
  },
  sam: { method: 'sam', budget: 0.5, parameters: { rho: 0.05 } },
  distilled: { method: 'distill', parameters: { teachers: 2 } },
  'two-networks': { method: 'plain', networks: 2 },
  'twice-as-long': { method: 'plain', budget: 2 },
};

const claims: readonly Claim[] = Object.keys(changes).map((arm) =>
  above(`${arm} is more accurate than base`, of(arm), of('base')),
);

/**
 * The defaults of `deep-cnn`, in a training of an equal number of gradients but for `twice-as-long` and `distilled`: SAM
 * has half of the epochs, and two networks share them. `distilled` has two teachers with as many epochs each.
 */
export const ingredientsDigits: Experiment = {
  question: 'Which ingredients of a training raise its accuracy on handwritten digits?',
  sources: [
    'Zhang et al. 2018, arXiv:1710.09412',
    'Szegedy et al. 2016, arXiv:1512.00567',
    'DeVries and Taylor 2017, arXiv:1708.04552',
    'Izmailov et al. 2018, arXiv:1803.05407',
    'Foret et al. 2021, arXiv:2010.01412',
    'Beyer et al. 2022, arXiv:2106.05237',
  ],
  competition: 'digit-recognizer',
  model: 'deep-cnn',
  test: 10_000,
  parameters: {
    learningRate: 0.1,
    momentum: 0.9,
    batchSize: 64,
    weightDecay: 0.0005,
    schedule: 'one-cycle',
    augment: 'digits',
    validateEvery: 4,
  },
  arms: { base: { method: 'plain' }, ...changes },
  claims,
  full: { train: 4992, validation: 500, epochs: 16, seeds: 3 },
  quick: { train: 960, validation: 200, epochs: 8, seeds: 2 },
  minutes: 20,
};

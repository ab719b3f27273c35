/** Reproduces a published study: SWA against plain training, with its parameters and with those found here. */
import { above, type Experiment, type GivenParameters, of } from '../experiment.ts';

/** The study gives the exponent of η = 10^−x, and used no weight decay. */
const published = (exponent: number): GivenParameters => ({ learningRate: 10 ** -exponent, weightDecay: 0 });

export const digitStudy: Experiment = {
  question: 'Does SWA beat plain training on Digit Recognizer, with the published parameters and with tuned ones?',
  sources: ['the published study: 97.74 and 95.77 on the leaderboard'],
  competition: 'digit-recognizer',
  model: 'digit-cnn',
  // The defaults of both methods were chosen on folds of the same images, which favours neither.
  test: 8400,
  arms: {
    'swa-published': {
      method: 'swa',
      parameters: { ...published(7.992390252758013), batchSize: 128, patience: 5, momentum: 0.8380950070538395 },
      published: 97.74,
    },
    'plain-published': {
      method: 'plain',
      parameters: { ...published(2.714460153443568), batchSize: 512, patience: 3, momentum: 0.34345263068415116 },
      published: 95.77,
    },
    'swa-tuned': { method: 'swa' },
    'plain-tuned': { method: 'plain' },
  },
  claims: [
    above('With the published parameters SWA is more accurate', of('swa-published'), of('plain-published')),
    above('With tuned parameters SWA is more accurate', of('swa-tuned'), of('plain-tuned')),
    above(
      'Tuning helps plain training more than the published gain of SWA, 1.97 points',
      of('plain-tuned'),
      of('plain-published'),
      { plus: 0.0197 },
    ),
  ],
  full: { train: 30_000, validation: 3600, epochs: 50, seeds: 5 },
  quick: { train: 9984, validation: 2000, epochs: 15, seeds: 3 },
  minutes: 3,
};

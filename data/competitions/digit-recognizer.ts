/** Kaggle's Digit Recognizer: 42,000 + 28,000 handwritten digits of MNIST. */

import type { Competition } from '../competition.ts';
import { csv, pixelColumns } from '../formats/csv.ts';

const shape = { height: 28, width: 28, channels: 1 };
const columns = { label: 'label', pixels: pixelColumns(shape, 0) };

export const digitRecognizer: Competition = {
  id: 'digit-recognizer',
  title: 'Digit Recognizer',
  page: 'https://www.kaggle.com/competitions/digit-recognizer/data',
  shape,
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  files: {
    train: [csv('train.csv', columns)],
    test: [csv('test.csv', columns)],
    sampleSubmission: 'sample_submission.csv',
    solution: null,
  },
  testIsLabelled: false,
  submission: { id: 'ImageId', label: 'Label', firstId: 1, labels: 'index' },
};

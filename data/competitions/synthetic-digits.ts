/** The built-in default: digits drawn from strokes, made on first use, in the files and columns of Digit Recognizer. */

import type { Competition } from '../competition.ts';
import { csv, pixelColumns } from '../formats/csv.ts';
import { writeSyntheticDigits } from '../synthetic.ts';

const shape = { height: 28, width: 28, channels: 1 };
const columns = { label: 'label', pixels: pixelColumns(shape, 0) };

export const syntheticDigits: Competition = {
  id: 'synthetic-digits',
  title: 'Synthetic digits',
  page: null,
  shape,
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  files: {
    train: [csv('train.csv', columns)],
    test: [csv('test.csv', columns)],
    sampleSubmission: 'sample_submission.csv',
    solution: 'solution.csv',
  },
  testIsLabelled: false,
  submission: { id: 'ImageId', label: 'Label', firstId: 1, labels: 'index' },
  generate: (directory) => writeSyntheticDigits(directory),
};

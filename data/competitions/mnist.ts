/** MNIST: 60,000 + 10,000 handwritten digits (LeCun, Bottou, Bengio and Haffner 1998, Proc. IEEE 86). */

import type { Competition } from '../competition.ts';
import { idx } from '../formats/idx.ts';

export const mnist: Competition = {
  id: 'mnist',
  title: 'MNIST',
  page: 'https://www.kaggle.com/datasets/hojjatk/mnist-dataset',
  shape: { height: 28, width: 28, channels: 1 },
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  files: { train: [idx('train')], test: [idx('t10k')], sampleSubmission: null, solution: null },
  testIsLabelled: true,
  submission: { id: 'ImageId', label: 'Label', firstId: 1, labels: 'index' },
};

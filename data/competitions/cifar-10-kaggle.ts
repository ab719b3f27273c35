/** Kaggle's CIFAR-10: the 50,000 training images, and the 10,000 test images among 290,000 that do not count. */

import type { Competition } from '../competition.ts';
import { png } from '../formats/png.ts';
import type { LabelTable } from '../label-table.ts';
import { cifar10 } from './cifar-10.ts';

const columns: LabelTable = { id: 'id', label: 'label', firstId: 1, labels: 'name' };

export const cifar10Kaggle: Competition = {
  id: 'cifar-10-kaggle',
  title: 'CIFAR-10 on Kaggle',
  page: 'https://www.kaggle.com/competitions/cifar-10/data',
  shape: cifar10.shape,
  classes: cifar10.classes,
  files: {
    train: [png('train', { file: 'trainLabels.csv', columns })],
    test: [png('test', null)],
    sampleSubmission: 'sampleSubmission.csv',
    solution: null,
  },
  testIsLabelled: false,
  submission: columns,
};

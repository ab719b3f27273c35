/** Fashion-MNIST: 60,000 + 10,000 photographs of clothes (Xiao et al. 2017, arXiv:1708.07747). */

import type { Competition } from '../competition.ts';
import { csv, pixelColumns } from '../formats/csv.ts';
import { idx } from '../formats/idx.ts';

const shape = { height: 28, width: 28, channels: 1 };
const columns = { label: 'label', pixels: pixelColumns(shape, 1) };

export const fashionMnist: Competition = {
  id: 'fashion-mnist',
  title: 'Fashion-MNIST',
  page: 'https://www.kaggle.com/datasets/zalando-research/fashionmnist',
  shape,
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  files: {
    train: [csv('fashion-mnist_train.csv', columns), idx('train')],
    test: [csv('fashion-mnist_test.csv', columns), idx('t10k')],
    sampleSubmission: null,
    solution: null,
  },
  testIsLabelled: true,
  submission: { id: 'ImageId', label: 'Label', firstId: 1, labels: 'index' },
};

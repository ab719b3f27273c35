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
  download: {
    mirrors: [
      'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        bytes: 26_421_880,
        sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
      },
      {
        name: 'train-labels-idx1-ubyte.gz',
        bytes: 29_515,
        sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        bytes: 4_422_102,
        sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
      },
      {
        name: 't10k-labels-idx1-ubyte.gz',
        bytes: 5148,
        sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
      },
    ],
  },
};

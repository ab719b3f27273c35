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
  download: {
    mirrors: ['https://storage.googleapis.com/cvdf-datasets/mnist/', 'https://ossci-datasets.s3.amazonaws.com/mnist/'],
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        bytes: 9_912_422,
        sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
      },
      {
        name: 'train-labels-idx1-ubyte.gz',
        bytes: 28_881,
        sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        bytes: 1_648_877,
        sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
      },
      {
        name: 't10k-labels-idx1-ubyte.gz',
        bytes: 4542,
        sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
      },
    ],
  },
};

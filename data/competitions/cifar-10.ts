/** CIFAR-10: 50,000 + 10,000 small colour photographs (Krizhevsky 2009, Learning multiple layers of features from tiny images). */

import type { Competition } from '../competition.ts';
import { cifar } from '../formats/cifar.ts';

export const cifar10: Competition = {
  id: 'cifar-10',
  title: 'CIFAR-10',
  page: 'https://www.cs.toronto.edu/~kriz/cifar.html',
  shape: { height: 32, width: 32, channels: 3 },
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  files: {
    train: [cifar([1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`))],
    test: [cifar(['test_batch.bin'])],
    sampleSubmission: null,
    solution: null,
  },
  testIsLabelled: true,
  submission: { id: 'ImageId', label: 'Label', firstId: 1, labels: 'index' },
  download: {
    mirrors: ['https://www.cs.toronto.edu/~kriz/'],
    files: [
      {
        name: 'cifar-10-binary.tar.gz',
        bytes: 170_052_171,
        sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9dddda3db29a59bca1dd',
      },
    ],
  },
};

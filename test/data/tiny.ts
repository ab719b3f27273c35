/** A competition small enough to write by hand, and folders to write it into. */

import type { ExecutionContext } from 'ava';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Competition } from '../../data/competition.ts';
import { csv, pixelColumns } from '../../data/formats/csv.ts';

const shape = { height: 1, width: 2, channels: 1 };
const columns = { label: 'label', pixels: pixelColumns(shape, { first: 0 }) };

/** Two pixels, three classes: `label,pixel0,pixel1`. */
export const tiny: Competition = {
  id: 'tiny',
  title: 'Tiny',
  page: 'https://example.org/tiny',
  shape,
  metric: 'accuracy',
  classes: ['a', 'b', 'c'],
  files: {
    train: [csv('train.csv', columns)],
    test: [csv('test.csv', columns)],
    sampleSubmission: 'sample_submission.csv',
    solution: 'solution.csv',
  },
  testIsLabelled: false,
  submission: { id: 'ImageId', label: 'Label', firstId: 1, labels: 'index' },
};

export const trainText = 'label,pixel0,pixel1\n0,1,2\n2,255,0\n';

/** A folder that is removed after the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wide-optima-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

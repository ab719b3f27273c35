/** The images that the networks of a run get wrong, each with what helps to decide why. */
import { dirname } from 'node:path';
import { lookAtErrors } from '../../submissions/index.ts';
import type { ErrorsAnswer, Progress } from '../api.ts';
import { pictureOf } from './diagnosis.ts';

/** More would make the page slow. */
const MOST = 120;

/** @param folder of the run, among the other runs @throws UserError if its images or weights are missing or not those of the run */
export async function errorsOf(
  folder: string,
  dataDir: string | undefined,
  tell: (progress: Progress) => void,
): Promise<ErrorsAnswer> {
  const onShare = (share: number): void => tell({ step: 'Looking for the nearest images', done: 0, total: 1, share });
  const found = await lookAtErrors(folder, { runsDir: dirname(folder), dataDir, most: MOST, onShare });
  const { train, looks, ...about } = found;
  return {
    ...about,
    shape: train.shape,
    looks: looks.map((look) =>
      Object.assign(look, {
        pixels: pictureOf(train, look.row),
        nearest: look.nearest.map((one) => Object.assign(one, { pixels: pictureOf(train, one.row) })),
      }),
    ),
  };
}

/** Every competition that the program knows: a new one is a file beside this one and a line in the list. */

import type { Competition } from '../competition.ts';
import { UserError } from '../../base/user-error.ts';
import { cifar10Kaggle } from './cifar-10-kaggle.ts';
import { cifar10 } from './cifar-10.ts';
import { digitRecognizer } from './digit-recognizer.ts';
import { fashionMnist } from './fashion-mnist.ts';
import { mnist } from './mnist.ts';
import { syntheticDigits } from './synthetic-digits.ts';
import { unknownName } from '../../base/own-value.ts';

export const competitions: readonly Competition[] = [
  cifar10,
  cifar10Kaggle,
  digitRecognizer,
  fashionMnist,
  mnist,
  syntheticDigits,
];

/**
 * The competition of that id.
 * @throws UserError if no competition has that id
 */
export function findCompetition(id: string): Competition {
  const found = competitions.find((competition) => competition.id === id);
  if (found) return found;
  const known = competitions.map((competition) => competition.id);
  throw new UserError(unknownName('competition', id, known));
}

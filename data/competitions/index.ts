/** Every competition that the program knows by name: a new one is a description beside this file and a line in the list. */

import { quoted } from '../../base/printable.ts';
import { unknownName } from '../../base/own-value.ts';
import { UserError } from '../../base/user-error.ts';
import { validate } from '../../base/validate.ts';
import type { Competition } from '../competition.ts';
import { competitionOf, readDescription } from '../described.ts';
import { descriptionSchema } from '../description.ts';
import cifar10Kaggle from './cifar-10-kaggle.json' with { type: 'json' };
import cifar10 from './cifar-10.json' with { type: 'json' };
import digits from './digit-recognizer.json' with { type: 'json' };
import fashionMnist from './fashion-mnist.json' with { type: 'json' };
import mnist from './mnist.json' with { type: 'json' };
import drawn from './synthetic-digits.json' with { type: 'json' };

/** As they are written, in alphabetical order. */
export const descriptions = [cifar10, cifar10Kaggle, digits, fashionMnist, mnist, drawn].map((description) =>
  validate(descriptionSchema, description, `the description of ${description.id}`),
);

export const competitions: readonly Competition[] = descriptions.map((description) => competitionOf(description));

/** Those that were read from descriptions of their own, by their ids. */
const described = new Map<string, Competition>();

/** Those that the program works with when nobody names one. */
export const digitRecognizer = findCompetition('digit-recognizer');
export const syntheticDigits = findCompetition('synthetic-digits');

/**
 * The competition of that id, or that which a file describes.
 * @param name id, or path of a description, whose folder then holds the data
 * @throws UserError if there is none, or the description does not hold
 */
export function findCompetition(name: string): Competition {
  const found = competitions.find((competition) => competition.id === name) ?? described.get(name);
  if (found) return found;
  if (/\.json$|[/\\]/i.test(name)) return describe(name);
  const known = competitions.map((competition) => competition.id);
  throw new UserError(unknownName('competition', name, known));
}

/**
 * Reads a description, and knows the competition by its id from then on.
 * @param path of a file
 * @throws UserError if it does not hold, or has the id of a competition that the program knows
 */
export function describe(path: string): Competition {
  const competition = readDescription(path);
  if (competitions.some(({ id }) => id === competition.id)) {
    throw new UserError(
      `Expected \`id\` in ${path} to be another one, got ${quoted(competition.id)}, which the program has itself. Rename it.`,
    );
  }
  described.set(competition.id, competition);
  return competition;
}

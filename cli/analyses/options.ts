/** The options of the analyses. */
import { findCompetition } from '../../data/index.ts';
import { metricNames, normalisations } from '../../analysis/index.ts';
import { LARGEST_COUNT, option, optional, type OptionValues } from '../option.ts';
import { nameList, oneOf, positive, someText, wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';

/** Options that all analyses have. */
export const commonOptions = {
  runs: option({
    flags: '--runs <list>',
    description:
      'solutions: a method (its newest run), a run or a part of its name, or a folder; with @2 of fold 2, with @2.3 its third',
    parse: nameList,
    fallback: ['swa', 'plain'],
    shownFallback: 'swa,plain',
  }),
  competition: optional({
    flags: '--competition <id>',
    description: 'competition whose newest runs a method means',
    parse: (text) => findCompetition(text),
    shownFallback: 'the newest that all of these methods have runs of, with one model',
  }),
  ...shared('dataDir'),
  images: optional({
    flags: '--images <n>',
    description: 'training images, and at most as many test images, on which points are compared',
    parse: wholeNumber(1, LARGEST_COUNT),
    shownFallback: '8192, 1024 with --quick',
  }),
  ...shared('quick', 'seed', 'workers', 'engine'),
  out: optional({
    flags: '--out <folder>',
    description: 'where the folder of the analysis goes',
    parse: someText,
    shownFallback: 'runs/analysis',
  }),
};
export type CommonValues = OptionValues<typeof commonOptions>;

export const pointsOption = optional({
  flags: '--points <n>',
  description: 'points along each axis',
  parse: wholeNumber(3, 1001),
  shownFallback: '41, 11 with --quick',
});

export const metricOption = option({
  flags: '--metric <name>',
  description: `what the figure shows: ${metricNames.join(', ')}; the JSON has all of them`,
  parse: oneOf('metric', metricNames),
  fallback: 'testError',
});

/** How random directions are made, and how far they are followed. */
export const directionOptions = {
  directions: option({
    flags: '--directions <kind>',
    description: 'random directions of length 1 (unit), or as long as each filter of the weights (filter)',
    parse: oneOf('kind of directions', normalisations),
    fallback: 'unit',
  }),
  radius: optional({
    flags: '--radius <r>',
    description: 'how far random directions are followed, in units of their length',
    parse: positive,
    shownFallback: 'half of the length of the first solution; 1 with filter',
  }),
};
export type DirectionValues = OptionValues<typeof directionOptions>;

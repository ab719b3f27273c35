/** The options of the analyses. */
import { findCompetition } from '../../data/index.ts';
import { metricNames, normalisations } from '../../analysis/index.ts';
import { LARGEST_COUNT, option, optional, type OptionValues } from '../option.ts';
import { nameList, oneOf, positive, someText, wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';

/** Options that all analyses have. */
export const commonOptions = {
  run: option({
    flags: '--run <list>',
    description:
      'networks, separated by commas: a method (its newest run), the name of a run or a part of it, or a folder; swa@2 is its second fold, swa@2.3 the third network of that fold',
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
    description: 'number of training images on which each point is measured, and the most test images',
    parse: wholeNumber(1, LARGEST_COUNT),
    shownFallback: '8192, 1024 with --quick',
  }),
  ...shared('quick', 'seed', 'workers', 'engine'),
  out: optional({
    flags: '--out <folder>',
    description: 'folder in which each analysis gets a folder of its own',
    parse: someText,
    shownFallback: 'runs/analysis',
  }),
};
export type CommonValues = OptionValues<typeof commonOptions>;

export const pointsOption = optional({
  flags: '--points <n>',
  description: 'number of points along each axis',
  parse: wholeNumber(3, 1001),
  shownFallback: '41, 11 with --quick',
});

export const metricOption = option({
  flags: '--metric <name>',
  description: `what the figure shows: ${metricNames.join(', ')}; --json prints all of them`,
  parse: oneOf('metric', metricNames),
  fallback: 'testError',
});

/** How random directions are made, and how far they are followed. */
export const directionOptions = {
  directions: optional({
    flags: '--directions <kind>',
    description: 'how long random directions are: 1 (unit), or each filter as long as that of the weights (filter)',
    parse: oneOf('kind of directions', normalisations),
    shownFallback: 'unit',
  }),
  radius: optional({
    flags: '--radius <r>',
    description: 'how far to go along random directions, in units of their length',
    parse: positive,
    shownFallback: 'half the length of the first network; 1 with filter',
  }),
};
export type DirectionValues = OptionValues<typeof directionOptions>;

/** `npm run study -- best`: the parameters of the best trial, or of another one. */
import { commandLine } from '../../base/command-line.ts';
import { stateNames } from '../../base/format.ts';
import { quoted, visibleJson } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import {
  bestByMean,
  confirmedBestOf,
  type FrozenTrial,
  leastTrialsOfMean,
  type StudySnapshot,
} from '../../search/index.ts';
import { trainedParams } from '../../tuning/index.ts';
import { defineCommand } from '../command.ts';
import { LARGEST_COUNT, option, optional } from '../option.ts';
import { oneOf, wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';
import * as studies from '../studies.ts';
import { trialJson } from '../study-words.ts';

/** How the best trial is chosen. */
const choices = ['confirmed', 'value', 'posterior-mean'] as const;

export const best = defineCommand({
  name: 'best',
  summary: 'the parameters of the best trial as JSON, for submit --params',
  options: {
    trial: optional({
      flags: '--trial <n>',
      description: 'number of another trial, such as one of the front of several objectives',
      parse: wholeNumber(0, LARGEST_COUNT),
      shownFallback: 'the best by the score',
    }),
    by: option({
      flags: '--by <choice>',
      description: `how the best trial is chosen: ${choices.join(', ')}; confirmed is the value where no trial was confirmed, and the posterior mean of a Gaussian process trusts no lucky trial`,
      parse: oneOf('choice', choices),
      fallback: 'confirmed',
    }),
    ...shared('storage'),
  },
  files: studies.studyArgument,
  examples: [
    ['swa > my.json', `then: ${commandLine('submit', '--params my.json')}`],
    ['swa --by posterior-mean', 'the best by what all trials say of its surroundings'],
    ['swa --trial 12 > small.json', 'another trial of the front'],
  ],
  stopped: 'Nothing was changed; start again with',
  async run({ trial: number, by, storage: location }, session, [part = '']) {
    const study = await studies.meantStudy(location, part, session);
    const chosen = number === undefined ? bestOrReason(study, by) : completeTrial(study, number);
    const params = trainedParams(study.definition, chosen);
    return {
      json: { study: study.definition.name, ...trialJson(chosen), params },
      text: visibleJson(params, 2),
    };
  },
});

/** @throws UserError if there is none */
function bestOrReason(snapshot: StudySnapshot, by: (typeof choices)[number]): FrozenTrial {
  const { definition, trials: all, bestTrial } = snapshot;
  if (bestTrial !== null) {
    if (by === 'value') return bestTrial;
    const chosen = by === 'confirmed' ? confirmedBestOf(definition, all) : bestByMean(snapshot);
    if (chosen !== null) return chosen;
    throw new UserError(
      `Study ${quoted(definition.name)}: expected one objective, parameters that all trials have, and at least ` +
        `${leastTrialsOfMean} finished trials for --by posterior-mean, found less. Search longer, or use --by value.`,
    );
  }
  const isMissed = all.some(({ state }) => state === 'COMPLETE');
  throw new UserError(
    `Study ${quoted(definition.name)}: expected a complete trial${isMissed ? ' that keeps all constraints' : ''}, ` +
      `found none. Search longer${isMissed ? ', or name one with --trial' : ''}.`,
  );
}

/** @throws UserError if there is no such trial, or it is not complete */
function completeTrial({ definition, trials: all }: StudySnapshot, number: number): FrozenTrial {
  const trial = all[number];
  if (trial?.state === 'COMPLETE') return trial;
  const found = trial === undefined ? `the trials 0 to ${all.length - 1}` : `one that is ${stateNames[trial.state]}`;
  throw new UserError(`Study ${quoted(definition.name)}: expected trial ${number} to be complete, found ${found}.`);
}

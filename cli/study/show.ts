/** `npm run study -- show`: one study with its best trial and the importance of its parameters. */
import { counted, differenceText, duration } from '../../base/format.ts';
import { printable, quoted } from '../../base/printable.ts';
import {
  bestSoFar,
  confirmedOf,
  gainOf,
  type ImportanceMethodName,
  importanceMethods,
  importanceWithRanges,
  lastUsed,
  type Storage,
  StudyError,
  type StudySnapshot,
} from '../../search/index.ts';
import { measuredIn, readTask } from '../../tuning/index.ts';
import { defineCommand } from '../command.ts';
import { heading } from '../format.ts';
import { option } from '../option.ts';
import { oneOf } from '../option-parsers.ts';
import { shared } from '../options.ts';
import { luckText, withError } from '../search-tables.ts';
import * as studies from '../studies.ts';
import * as words from '../study-words.ts';

export const show = defineCommand({
  name: 'show',
  summary: 'one study: its history, its best trial, and the importance of its parameters',
  options: {
    importance: option({
      flags: '--importance <method>',
      description: `method that measures the importance of parameters: ${Object.keys(importanceMethods).join(', ')}`,
      parse: oneOf('importance method', Object.keys(importanceMethods) as ImportanceMethodName[]),
      fallback: 'ped-anova',
    }),
    ...shared('storage'),
  },
  files: studies.studyArgument,
  examples: [
    ['swa', 'the study with "swa" in its name'],
    ['plain --importance fanova', 'shares of the variance, also for pairs of parameters'],
  ],
  stopped: 'Nothing was changed; start again with',
  async run({ importance: method, storage: location }, session, [part = '']) {
    const read = async (storage: Storage) => {
      const found = await studies.findStudy(storage, part, session.progress);
      return [found, await studies.readProgress(storage, found)] as const;
    };
    const [study, progress] = await studies.withStorage(location, read, session);
    const { definition, trials, bestTrial } = study;
    const seconds = words.trialSeconds(trials);
    const importance = importanceOrReason(study, method);
    const measured = measuredIn(definition);
    const { name, seed, sampler, pruner, lag, earlyStop } = definition;
    const gain = gainOf(study);
    const constraints = readTask(definition)?.constraints ?? [];
    const lines = [
      heading(printable(name)),
      Object.entries({ ...words.directionsInWords(definition), seed, sampler, pruner, lag })
        .map(([key, value]) => `${key} ${printable(String(value))}`)
        .join(', '),
      ...(definition.prior
        ? [`Prior: ${counted(definition.prior.trials.length, 'trial')} of ${quoted(definition.prior.study)}`]
        : []),
      ...(constraints.length === 0 ? [] : [`Constraints: ${constraints.map((one) => printable(one)).join(', ')}`]),
      ...(words.lengthsInWords(definition) === ''
        ? []
        : [`Folds × epochs of a trial: ${words.lengthsInWords(definition)}`]),
      `Trials: ${words.trialsInWords(trials, progress) || 'none yet'}`,
      ...(seconds === null ? [] : [`Time: ${duration(seconds.total)}, median trial ${duration(seconds.median)}`]),
      ...bestLines(study),
      ...(gain === null
        ? []
        : [
            `Next: another trial is expected to gain ${differenceText(gain.expected, measured)}, and all trials to come at most ${differenceText(gain.bound, measured)}.`,
          ]),
      ...(earlyStop && earlyStop.finished >= progress.finished ? [words.stopInWords(earlyStop)] : []),
      '',
      ...(definition.directions ? [`Importance for ${words.objectiveNames(definition)[0]}:`] : []),
      typeof importance === 'string' ? importance : words.importanceTable(importance, study),
    ];
    return {
      json: {
        definition,
        trials: words.countStates(trials),
        progress,
        best: words.trialJson(bestTrial),
        ...(definition.directions && { front: words.frontOf(study).map(words.trialJson) }),
        seconds,
        gain,
        lastUsed: lastUsed(trials),
        bestSoFar: bestSoFar(study),
        importance: typeof importance === 'string' ? null : importance,
      },
      text: lines.join('\n'),
    };
  },
});

/** The best trial and how it was found; with several objectives the front. */
function bestLines(snapshot: StudySnapshot): readonly string[] {
  const { definition, trials: all, bestTrial } = snapshot;
  if (bestTrial === null) {
    const isMissed = all.some(({ state }) => state === 'COMPLETE');
    return isMissed ? ['Best: none, since no complete trial keeps all constraints.'] : [];
  }
  if (definition.directions === undefined)
    return [
      `Best: ${words.bestInWords(bestTrial, measuredIn(definition))}`,
      ...confirmedLines(snapshot),
      `So far: ${words.historyLine(snapshot)}`,
    ];
  return [
    '',
    'Front, trials that no other beats in everything:',
    words.frontTable(words.frontOf(snapshot), words.objectiveNames(definition), measuredIn(definition)),
  ];
}

/** Confirmed: 97.00 % ± 0.40 % in trial 7, the best of 5; luck in the best value: 1.20 ± 0.50 points */
function confirmedLines({ definition, trials: all }: StudySnapshot): readonly string[] {
  const confirmed = confirmedOf(definition, all);
  if (confirmed === null) return [];
  const measured = measuredIn(definition);
  const [{ trial, confirmation }] = confirmed.trials;
  return [
    `Confirmed: ${withError(confirmation.value, confirmation.standardError, measured)} in trial ${trial.number}, the best of ` +
      `${confirmed.trials.length}; luck in the best value: ${luckText(confirmed.luck, confirmed.standardError, measured)}`,
  ];
}

/** A young study has no importances yet; the rest is shown all the same. */
function importanceOrReason(snapshot: StudySnapshot, method: keyof typeof importanceMethods) {
  try {
    return importanceWithRanges(method, snapshot);
  } catch (error) {
    if (error instanceof StudyError) return error.message;
    throw error;
  }
}

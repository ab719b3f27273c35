/** `npm run study`: looks into the studies that a search has left, takes them elsewhere, and clears them away. */
import { printable, quoted, visibleJson } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import {
  bestByMean,
  bestSoFar,
  confirmedBestOf,
  confirmedOf,
  gainOf,
  type ImportanceMethodName,
  importanceMethods,
  importanceWithRanges,
  leastTrialsOfMean,
  type StudyProgress,
  StudyError,
  readStudy,
  type StudySnapshot,
  byValue,
  type FrozenTrial,
  lastUsed,
  type Storage,
} from '../../search/index.ts';
import { readTask, trainedParams } from '../../tuning/index.ts';
import { type CommandGroup, defineCommand, type Report } from '../command.ts';
import { canAsk, confirm } from '../confirm.ts';
import { counted, duration, localTime, shortNumber, stateNames } from '../../base/format.ts';
import { heading } from '../format.ts';
import * as studies from '../studies.ts';
import * as words from '../study-words.ts';
import { add } from '../study/add.ts';
import { exportStudy } from '../study/export.ts';
import { importStudy } from '../study/import.ts';
import { copy, merge, rename } from '../study/manage.ts';
import { optimizeStudy } from '../study/optimize.ts';
import { replay } from '../study/replay.ts';
import { table } from '../table.ts';
import { commandLine } from '../../base/command-line.ts';
import { LARGEST_COUNT, option, optional } from '../option.ts';
import { oneOf, wholeNumber } from '../option-parsers.ts';
import { shared } from '../options.ts';

const trialOrders = ['number', 'value'] as const;

const stopped = 'Nothing was changed; start again with';

const list = defineCommand({
  name: 'list',
  summary: 'all studies with their best values',
  options: shared('storage'),
  examples: [
    ['', 'all studies so far'],
    ['--storage other.db --json', 'the studies in another file, for scripts'],
  ],
  stopped,
  async run({ storage: location }, { signal }) {
    const read = async (storage: Storage): Promise<Report> => {
      const found: (StudySnapshot & { readonly progress: StudyProgress })[] = [];
      const damaged: { readonly name: string; readonly problem: string }[] = [];
      const onDamage = (name: string, { message }: StudyError): void => void damaged.push({ name, problem: message });
      for (const { name } of await storage.listStudies(onDamage)) {
        try {
          const snapshot = await readStudy(storage, name);
          found.push({ ...snapshot, progress: await studies.readProgress(storage, snapshot) });
        } catch (error) {
          if (!(error instanceof StudyError)) throw error;
          onDamage(name, error);
        }
      }
      const json = found.map(({ definition: { name, direction, directions }, trials, bestTrial, progress }) => ({
        name,
        direction,
        directions,
        trials: words.countStates(trials),
        progress,
        best: bestJson(bestTrial),
        lastUsed: lastUsed(trials),
      }));
      const rows = found.map(({ definition, trials, bestTrial, progress }) => [
        printable(definition.name),
        lengthsOf(definition),
        words.trialsInWords(trials, progress),
        bestTrial === null ? '' : shortNumber(bestTrial.value),
        localTime(lastUsed(trials)),
      ]);
      const place = studies.displayStorage(storage.location);
      rows.push(...damaged.map(({ name }) => [printable(name), '', 'damaged', '', '']));
      const text =
        rows.length === 0
          ? `No studies in ${place}.`
          : table(['study', 'folds × epochs', 'trials', 'best', 'used'], rows, 'lllrl', {
              optional: ['used', 'folds × epochs'],
            });
      const problem = damaged.length === 0 ? undefined : damaged.map(({ problem: reason }) => reason).join('\n');
      return { json: { storage: place, studies: json, damaged }, text, problem };
    };
    return studies.withStorage(location, read, { signal });
  },
});

const show = defineCommand({
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
  stopped,
  async run({ importance: method, storage: location }, session, [part = '']) {
    const read = async (storage: Storage) => {
      const found = await studies.findStudy(storage, part, session.progress);
      return [found, await studies.readProgress(storage, found)] as const;
    };
    const [study, progress] = await studies.withStorage(location, read, session);
    const { definition, trials, bestTrial } = study;
    const seconds = words.trialSeconds(trials);
    const importance = importanceOrReason(study, method);
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
      ...(lengthsOf(definition) === '' ? [] : [`Folds × epochs of a trial: ${lengthsOf(definition)}`]),
      `Trials: ${words.trialsInWords(trials, progress) || 'none yet'}`,
      ...(seconds === null ? [] : [`Time: ${duration(seconds.total)}, median trial ${duration(seconds.median)}`]),
      ...bestLines(study),
      ...(gain === null
        ? []
        : [
            `Next: another trial is expected to gain ${shortNumber(gain.expected)}, and all trials to come at most ${shortNumber(gain.bound)}.`,
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
        best: bestJson(bestTrial),
        ...(definition.directions && { front: words.frontOf(study).map(bestJson) }),
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

/** How the best trial is chosen. */
const choices = ['confirmed', 'value', 'posterior-mean'] as const;

const best = defineCommand({
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
  stopped,
  async run({ trial: number, by, storage: location }, session, [part = '']) {
    const study = await studies.meantStudy(location, part, session);
    const chosen = number === undefined ? bestOrReason(study, by) : completeTrial(study, number);
    const params = trainedParams(study.definition, chosen);
    return {
      json: { study: study.definition.name, ...bestJson(chosen), params },
      text: visibleJson(params, 2),
    };
  },
});

const trials = defineCommand({
  name: 'trials',
  summary: 'the trials of a study as a table',
  options: {
    sort: option({
      flags: '--sort <order>',
      description: `order of the trials: ${trialOrders.join(', ')} (the best first)`,
      parse: oneOf('order', trialOrders),
      fallback: 'number',
    }),
    ...shared('top', 'storage'),
  },
  files: studies.studyArgument,
  examples: [['swa --sort value --top 5', 'the best five']],
  stopped,
  async run({ sort, top, storage: location }, session, [part = '']) {
    const study = await studies.meantStudy(location, part, session);
    const all = sort === 'value' ? bestFirst(study) : study.trials;
    const shown = all.slice(0, top);
    const text =
      shown.length === 0
        ? `Study ${quoted(study.definition.name)} has no trials.`
        : [words.trialTable(shown, study.definition), words.failureLines(shown)].filter(Boolean).join('\n\n');
    return { json: { study: study.definition.name, trials: shown }, text };
  },
});

const deleteStudy = defineCommand({
  name: 'delete',
  summary: 'delete a study and all its trials',
  options: shared('yes', 'storage'),
  files: { syntax: '<study>', description: 'name of the study, or a part of it that no other study has' },
  examples: [['seed-7 --yes', 'delete it without a question']],
  stopped,
  async run({ yes, storage: location }, { signal }, [part]) {
    const work = async (storage: Storage): Promise<Report> => {
      const { name, what } = await studies.findToDelete(storage, part);
      const shown = quoted(name);
      if (!yes && !canAsk()) throw new UserError(`Expected --yes to delete study ${shown} without a terminal.`);
      if (!yes && !(await confirm(`Delete study ${shown} with ${what}?`, signal))) {
        return { json: { study: name, deleted: false }, text: 'Nothing was deleted.' };
      }
      await storage.deleteStudy(name);
      return { json: { study: name, deleted: true }, text: `Deleted study ${shown} with ${what}.` };
    };
    return studies.withStorage(location, work, { readOnly: false, signal });
  },
});

export const study: CommandGroup = {
  name: 'study',
  summary: 'list, show, replay, import, merge, export and delete studies, and search the parameters of any program',
  commands: [
    list,
    show,
    best,
    trials,
    replay,
    add,
    exportStudy,
    importStudy,
    copy,
    merge,
    rename,
    deleteStudy,
    optimizeStudy,
  ],
};

/** 5 × 50; empty for a study that is not a search. */
function lengthsOf(definition: StudySnapshot['definition']): string {
  const task = readTask(definition);
  return task === null ? '' : `${task.folds} × ${task.epochs}`;
}

const bestJson = (trial: FrozenTrial | null): object | null =>
  trial && {
    number: trial.number,
    value: trial.value,
    ...(trial.values && { values: trial.values }),
    ...(trial.constraints && { constraints: trial.constraints }),
    params: trial.params,
  };

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

/** The best trial and how it was found; with several objectives the front. */
function bestLines(snapshot: StudySnapshot): readonly string[] {
  const { definition, trials: all, bestTrial } = snapshot;
  if (bestTrial === null) {
    const isMissed = all.some(({ state }) => state === 'COMPLETE');
    return isMissed ? ['Best: none, since no complete trial keeps all constraints.'] : [];
  }
  if (definition.directions === undefined)
    return [
      `Best: ${words.bestInWords(bestTrial)}`,
      ...confirmedLines(snapshot),
      `So far: ${words.historyLine(snapshot)}`,
    ];
  return [
    '',
    'Front, trials that no other beats in everything:',
    words.frontTable(words.frontOf(snapshot), words.objectiveNames(definition)),
  ];
}

/** Confirmed: 0.97 ± 0.004 in trial 7, the best of 5; luck in the best value: 0.012 ± 0.005 */
function confirmedLines({ definition, trials: all }: StudySnapshot): readonly string[] {
  const confirmed = confirmedOf(definition, all);
  if (confirmed === null) return [];
  const error = (value: number | null): string => (value === null ? '' : ` ± ${shortNumber(value)}`);
  const [{ trial, confirmation }] = confirmed.trials;
  return [
    `Confirmed: ${shortNumber(confirmation.value)}${error(confirmation.standardError)} in trial ${trial.number}, the best of ` +
      `${confirmed.trials.length}; luck in the best value: ${shortNumber(confirmed.luck)}${error(confirmed.standardError)}`,
  ];
}

/** Trials without a value come last. */
function bestFirst({ definition, trials: all }: StudySnapshot): FrozenTrial[] {
  const better = byValue(definition.direction);
  const [valued, others] = [true, false].map((has) => all.filter(({ value }) => (value !== null) === has));
  return [...valued.toSorted(better), ...others];
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

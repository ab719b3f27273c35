/** `npm run study`: looks into the studies that a search has left, takes them elsewhere, and clears them away. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { printable, quoted, visibleJson } from '../../base/printable.ts';
import { displayPath } from '../../base/paths.ts';
import { makeFolder } from '../../base/make-folder.ts';
import { replaceFile } from '../../base/replace-file.ts';
import { UserError } from '../../base/user-error.ts';
import {
  bestSoFar,
  type ExportFormat,
  type ImportanceMethodName,
  importanceMethods,
  type StudyProgress,
  exporters,
  replayStudy,
  type ReplayDifference,
  StudyError,
  readStudy,
  type StudySnapshot,
  byValue,
  type FrozenTrial,
  lastUsed,
  type Storage,
} from '../../search/index.ts';
import { readTask } from '../../tuning/index.ts';
import { type CommandGroup, defineCommand, type Report, type Session } from '../command.ts';
import { canAsk, confirm } from '../confirm.ts';
import { counted, duration, localTime, shortNumber } from '../../base/format.ts';
import { heading } from '../format.ts';
import * as studies from '../studies.ts';
import * as words from '../study-words.ts';
import { table } from '../table.ts';
import { commandLine } from '../../base/command-line.ts';
import { option, optional } from '../option.ts';
import { oneOf, someText } from '../option-parsers.ts';
import { shared } from '../options.ts';

const trialOrders = ['number', 'value'] as const;

const one = { syntax: '[study]', description: 'name of the study, or a part of it; of several the one used last' };
const nothingChanged = 'Nothing was changed; start again with';

const list = defineCommand({
  name: 'list',
  summary: 'all studies with their best values',
  options: shared('storage'),
  examples: [
    ['', 'what has been searched so far'],
    ['--storage other.db --json', 'of another file, for scripts'],
  ],
  stopped: nothingChanged,
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
      const json = found.map(({ definition: { name, direction }, trials, bestTrial, progress }) => ({
        name,
        direction,
        trials: words.countStates(trials),
        progress,
        best: bestJson(bestTrial),
        lastUsed: lastUsed(trials),
      }));
      const rows = found.map(({ definition, trials, bestTrial, progress }) => [
        printable(definition.name),
        words.trialsInWords(trials, progress),
        bestTrial === null ? '' : shortNumber(bestTrial.value),
        localTime(lastUsed(trials)),
      ]);
      const place = studies.displayStorage(storage.location);
      rows.push(...damaged.map(({ name }) => [printable(name), 'damaged', '', '']));
      const text =
        rows.length === 0
          ? `No studies in ${place}.`
          : table(['study', 'trials', 'best', 'used'], rows, 'llrl', { optional: ['used'] });
      const problem = damaged.length === 0 ? undefined : damaged.map(({ problem: reason }) => reason).join('\n');
      return { json: { storage: place, studies: json, damaged }, text, problem };
    };
    return studies.withStorage(location, read, { signal });
  },
});

const show = defineCommand({
  name: 'show',
  summary: 'one study: its course, its best trial, and which parameters mattered',
  options: {
    importance: option({
      flags: '--importance <method>',
      description: `how the importance of parameters is measured: ${Object.keys(importanceMethods).join(', ')}`,
      parse: oneOf('importance method', Object.keys(importanceMethods) as ImportanceMethodName[]),
      fallback: 'ped-anova',
    }),
    ...shared('storage'),
  },
  files: one,
  examples: [
    ['swa', 'the study with "swa" in its name'],
    ['plain --importance fanova', 'parts of the variance, pairs of parameters too'],
  ],
  stopped: nothingChanged,
  async run({ importance: method, storage: location }, session, [part = '']) {
    const read = async (storage: Storage) => {
      const found = await studies.findStudy(storage, part, session.progress);
      return [found, await studies.readProgress(storage, found)] as const;
    };
    const [study, progress] = await studies.withStorage(location, read, session);
    const { definition, trials, bestTrial } = study;
    const seconds = words.trialSeconds(trials);
    const importance = importanceOrReason(study, method);
    const { name, space: _space, wantedTrials: _wanted, task: _task, ...settings } = definition;
    const lines = [
      heading(printable(name)),
      Object.entries(settings)
        .map(([key, value]) => `${key} ${printable(String(value))}`)
        .join(', '),
      `Trials: ${words.trialsInWords(trials, progress) || 'none yet'}`,
      ...(seconds === null ? [] : [`Time: ${duration(seconds.total)}, median trial ${duration(seconds.median)}`]),
      ...(bestTrial === null ? [] : [`Best: ${words.bestInWords(bestTrial)}`, `So far: ${words.historyLine(study)}`]),
      '',
      typeof importance === 'string' ? importance : words.importanceTable(importance, study),
    ];
    return {
      json: {
        definition,
        trials: words.countStates(trials),
        progress,
        best: bestJson(bestTrial),
        seconds,
        lastUsed: lastUsed(trials),
        bestSoFar: bestSoFar(study),
        importance: typeof importance === 'string' ? null : { method, ...importance },
      },
      text: lines.join('\n'),
    };
  },
});

const best = defineCommand({
  name: 'best',
  summary: 'the parameters of the best trial as JSON, for submit --params',
  options: shared('storage'),
  files: one,
  examples: [['swa > my.json', `then: ${commandLine('submit', '--params my.json')}`]],
  stopped: nothingChanged,
  async run({ storage: location }, session, [part = '']) {
    const { definition, bestTrial } = await meantStudy(location, part, session);
    if (bestTrial === null) {
      throw new UserError(`Study ${quoted(definition.name)}: expected a complete trial, found none. Search longer.`);
    }
    return {
      json: { study: definition.name, ...bestJson(bestTrial) },
      text: visibleJson(bestTrial.params, 2),
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
  files: one,
  examples: [['swa --sort value --top 5', 'the best five']],
  stopped: nothingChanged,
  async run({ sort, top, storage: location }, session, [part = '']) {
    const study = await meantStudy(location, part, session);
    const all = sort === 'value' ? bestFirst(study) : study.trials;
    const shown = all.slice(0, top);
    const text =
      shown.length === 0
        ? `Study ${quoted(study.definition.name)} has no trials.`
        : [words.trialTable(shown), words.failureLines(shown)].filter(Boolean).join('\n\n');
    return { json: { study: study.definition.name, trials: shown }, text };
  },
});

const exportStudy = defineCommand({
  name: 'export',
  summary: 'write a study as CSV, as JSON, or as a journal that Optuna goes on with',
  options: {
    format: option({
      flags: '--format <name>',
      description: `form of the exported study: ${Object.keys(exporters).join(', ')}; csv puts ' before texts that a spreadsheet takes for formulas`,
      parse: oneOf('format', Object.keys(exporters) as ExportFormat[]),
      fallback: 'csv',
    }),
    out: optional({
      flags: '--out <file>',
      description: 'file to write',
      parse: someText,
      shownFallback: 'print it',
    }),
    ...shared('force', 'storage'),
  },
  files: one,
  examples: [
    ['swa --out swa.csv', 'a table for pandas or a spreadsheet'],
    ['swa --format optuna-journal --out swa.log', 'for JournalStorage(JournalFileStorage("swa.log")) in Python'],
  ],
  stopped: 'Nothing was written; start again with',
  async run({ format, out: file, force, storage: location }, session, [part = '']) {
    const study = await meantStudy(location, part, session);
    const content = exporters[format](study);
    const about = { study: study.definition.name, format, trials: study.trials.length };
    if (file === undefined) return { json: { ...about, content }, text: content.trimEnd() };
    await writeFile(file, content, force);
    const text = `Written: ${displayPath(file)}, ${counted(study.trials.length, 'trial')} of ${printable(about.study)}.`;
    return { json: { ...about, file }, text };
  },
});

const replay = defineCommand({
  name: 'replay',
  summary: 'draw all parameters of a study again from its record, and see that they are the same',
  options: shared('storage'),
  files: one,
  examples: [
    ['swa', 'whether each suggestion and each pruning follows from the seed and from what its trial has seen'],
  ],
  stopped: nothingChanged,
  async run({ storage: location }, session, [part = '']) {
    const found = await meantStudy(location, part, session);
    const { name } = found.definition;
    const task = readTask(found.definition);
    const bar = session.progress.bar('replay', found.trials.length, 'trials', 0);
    const result = replayStudy(found, {
      ...(task && { shape: { folds: task.folds, stepsPerFold: task.epochs } }),
      onTrial: (count) => bar.update(count),
    });
    session.progress.clear();
    const { trials: count, suggestions, prunings, differences } = result;
    const what = `${counted(suggestions, 'suggestion')} and ${counted(prunings, 'pruning')} of ${counted(count, 'finished trial')}`;
    return {
      json: { study: name, ...result },
      text: `Replayed study ${quoted(name)}: ${what}, ${differences.length === 0 ? 'all the same to the digit' : 'with differences'}.`,
      problem:
        differences.length === 0
          ? undefined
          : differences.slice(0, SHOWN_DIFFERENCES).map(differenceInWords).join('\n'),
    };
  },
});

/** Most differences of a replay that are shown; --json has all. */
const SHOWN_DIFFERENCES = 10;

function differenceInWords({ trial, parameter, recorded, replayed }: ReplayDifference): string {
  return parameter === null
    ? `Trial ${trial} was pruned, which the pruner would not do: its record was changed, or the objective has ended it.`
    : `Trial ${trial}: \`${printable(parameter)}\` is ${visibleJson(recorded)} in the record, and ${visibleJson(replayed)} when it is drawn again.`;
}

const deleteStudy = defineCommand({
  name: 'delete',
  summary: 'remove a study and all its trials',
  options: shared('yes', 'storage'),
  files: { syntax: '<study>', description: 'name of the study, or a part of it that no other has' },
  examples: [['seed-7 --yes', 'without a question']],
  stopped: nothingChanged,
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
  summary: 'look into the studies of the search, replay, export or delete them',
  commands: [list, show, best, trials, replay, exportStudy, deleteStudy],
};

const meantStudy = (location: string, part: string, session: Session): Promise<StudySnapshot> =>
  studies.withStorage(location, (storage) => studies.findStudy(storage, part, session.progress), session);

const bestJson = (trial: FrozenTrial | null): object | null =>
  trial && { number: trial.number, value: trial.value, params: trial.params };

/** Trials without a value come last. */
function bestFirst({ definition, trials: all }: StudySnapshot): FrozenTrial[] {
  const better = byValue(definition.direction);
  const [valued, others] = [true, false].map((has) => all.filter(({ value }) => (value !== null) === has));
  return [...valued.toSorted(better), ...others];
}

/** A young study has no importances yet; the rest is shown all the same. */
function importanceOrReason(snapshot: StudySnapshot, method: keyof typeof importanceMethods) {
  try {
    return importanceMethods[method](snapshot);
  } catch (error) {
    if (error instanceof StudyError) return error.message;
    throw error;
  }
}

/** @throws UserError if the file is there already, or cannot be written */
async function writeFile(file: string, content: string, force: boolean): Promise<void> {
  const name = displayPath(file);
  if (!force && existsSync(file)) {
    throw new UserError(`${name}: expected no such file, found one. Name another file, or use --force to replace it.`);
  }
  try {
    await makeFolder(dirname(file));
    await replaceFile(file, content);
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new UserError(`${name}: cannot be written (${cause.message}). Name another file, or make room.`, { cause });
  }
}

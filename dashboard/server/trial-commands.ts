/** Command lines that use the parameters of a trial. */
import { commandLine, shellWord } from '../../base/command-line.ts';
import type { StudyDefinition, StudySnapshot } from '../../search/index.ts';
import { readTask, type StudyTask } from '../../tuning/index.ts';
import type { CommandsAnswer } from '../api.ts';
import { UnknownError } from './answer.ts';

/** Leaves room for the other words of a name. */
const LONGEST = 40;

/**
 * @param places.storage store of the study as it was typed; a database without its password
 * @param places.dataDir folder of the images, if it is not the competition's own
 * @param places.dataDirOf the only competition that it holds for
 * @throws UnknownError if the study has no such trial
 */
export function commandsOf(
  { definition, trials }: Pick<StudySnapshot, 'definition' | 'trials'>,
  number: number,
  { storage, dataDir, dataDirOf }: { readonly storage: string; readonly dataDir?: string; readonly dataDirOf?: string },
): CommandsAnswer['commands'] {
  const trial = trials[number];
  if (trial === undefined) throw new UnknownError(`Unknown trial ${number}. The study has ${trials.length}.`);
  const line = (command: string, ...words: readonly string[]): string => commandLine(command, ...words.map(shellWord));
  const place = ['--trial', String(number), '--storage', storage];
  const { name } = definition;
  const isComplete = trial.state === 'COMPLETE';
  const task = readTask(definition);
  const of = task === null ? [] : ['--competition', task.competition, '--model', task.model, '--method', task.method];
  const isFolderOf = (competition: string): boolean => dataDirOf === undefined || dataDirOf === competition;
  const images = dataDir !== undefined && task !== null && isFolderOf(task.competition) ? ['--data-dir', dataDir] : [];
  const params = JSON.stringify(trial.params);
  return [
    ...(isComplete && task !== null
      ? [{ what: 'Train it for a submission', command: line('submit', ...of, ...images, '--study', name, ...place) }]
      : []),
    ...(task !== null && params !== '{}'
      ? [
          {
            what: 'Begin another search with it',
            command: line(
              'search',
              ...of,
              ...images,
              ...searchedWith(definition, task, number),
              '--storage',
              storage,
              '--enqueue',
              params,
            ),
          },
        ]
      : []),
    ...(isComplete ? [{ what: 'Print its parameters as JSON', command: line('study', 'best', name, ...place) }] : []),
  ];
}

/** As the study was searched, but under a name of its own: without one the search would go on with the study. */
function searchedWith(definition: StudyDefinition, task: StudyTask, trial: number): string[] {
  const { name, seed, sampler, pruner } = definition;
  const { epochs, folds, metric = 'accuracy', objectives = [], constraints = [] } = task;
  const counts = { epochs, folds, seed };
  return [
    ...Object.entries(counts).flatMap(([option, count]) => [`--${option}`, String(count)]),
    '--sampler',
    sampler,
    '--pruner',
    pruner,
    ...(objectives.length === 0 ? [] : ['--objective', [metric, ...objectives].join()]),
    ...(constraints.length === 0 ? [] : ['--constraint', constraints.join()]),
    '--name',
    `again-${asName(name)}-${trial}`,
  ];
}

/** The last part of a study's name, with the characters that a typed name may have. */
const asName = (study: string): string =>
  Array.from(study.slice(study.lastIndexOf('/') + 1).replaceAll(/[^\p{L}\p{N}._+-]+/gu, '-'))
    .slice(0, LONGEST)
    .join('');

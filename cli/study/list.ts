/** `npm run study -- list`: all studies of a storage. */
import { localTime, valueText } from '../../base/format.ts';
import { printable } from '../../base/printable.ts';
import {
  lastUsed,
  readStudy,
  type Storage,
  StudyError,
  type StudyProgress,
  type StudySnapshot,
} from '../../search/index.ts';
import { measuredIn } from '../../tuning/index.ts';
import { defineCommand, type Report } from '../command.ts';
import { shared } from '../options.ts';
import * as studies from '../studies.ts';
import * as words from '../study-words.ts';
import { table } from '../table.ts';

export const list = defineCommand({
  name: 'list',
  summary: 'all studies with their best values',
  options: shared('storage'),
  spare: 'storage',
  examples: [
    ['', 'all studies so far'],
    ['--storage other.db --json', 'the studies in another file, for scripts'],
  ],
  stopped: 'Nothing was changed; start again with',
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
        best: words.trialJson(bestTrial),
        lastUsed: lastUsed(trials),
      }));
      const rows = found.map(({ definition, trials, bestTrial, progress }) => [
        printable(definition.name),
        words.lengthsInWords(definition),
        words.trialsInWords(trials, progress),
        bestTrial === null ? '' : valueText(bestTrial.value, measuredIn(definition)),
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

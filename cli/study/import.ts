/** `npm run study -- import`: takes studies of Optuna over. */
import { isDeepStrictEqual } from 'node:util';
import { checkedName } from '../../base/checked-name.ts';
import { counted } from '../../base/format.ts';
import { displayPath } from '../../base/paths.ts';
import { printable, quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import {
  importStudies,
  openStorage,
  readStudy,
  StudyError,
  type ImportedStudy,
  type Storage,
} from '../../search/index.ts';
import { defineCommand } from '../command.ts';
import { meantBy } from '../names.ts';
import { optional } from '../option.ts';
import { someText } from '../option-parsers.ts';
import { shared } from '../options.ts';
import { displayStorage } from '../studies.ts';
import { table } from '../table.ts';

export const importStudy = defineCommand({
  name: 'import',
  summary: 'take studies over from a journal or an SQLite file of Optuna',
  options: {
    study: optional({
      flags: '--study <name>',
      description: 'the study in the file: its name, or a part of it that no other study has',
      parse: someText,
      shownFallback: 'all studies',
    }),
    name: optional({
      flags: '--name <name>',
      description: 'what the study is called here',
      parse: checkedName,
      shownFallback: 'as in the file',
    }),
    ...shared('storage'),
  },
  files: { syntax: '<file>', description: 'a file of JournalStorage, or of RDBStorage in SQLite (Optuna 3 and 4)' },
  spare: 'name',
  examples: [
    ['journal.log', 'all studies of a journal'],
    ['optuna.db --study mnist --name first', 'one study, under another name'],
  ],
  stopped: 'Studies that were taken over are kept; start again with',
  async run({ study: part, name, storage: location }, { signal, progress }, [file]) {
    const wanted = chosen(await importStudies(file, (sentence) => progress.note(sentence)), part, name, file);
    const storage = await openStorage(location, { signal });
    try {
      const place = displayStorage(storage.location);
      const there = new Set<string>();
      for (const one of await storage.listStudies((damaged) => there.add(damaged))) there.add(one.name);
      const same: string[] = [];
      for (const one of wanted) {
        const { name: called } = one.definition;
        if (there.has(called) && (await isSame(storage, one))) same.push(called);
      }
      // What an import that was cut short has taken over need not come again.
      const found =
        same.length === wanted.length ? wanted : wanted.filter(({ definition }) => !same.includes(definition.name));
      const taken = found.find(({ definition }) => there.has(definition.name))?.definition.name;
      const inFile = name === undefined ? taken : part;
      if (taken !== undefined) {
        throw new UserError(
          `There is a study ${quoted(taken)} in ${place} already. Import it under another name ` +
            `(${inFile === undefined ? '' : `--study ${quoted(inFile)} `}--name NAME), or into another storage.`,
        );
      }
      for (const { definition, trials } of found) await storage.addStudy(definition, trials);
      const rows = found.map(({ definition, trials, running }) => [
        printable(definition.name),
        String(trials.length),
        running === 0 ? '' : String(running),
        definition.space === null
          ? 'named by the objective'
          : counted(Object.keys(definition.space).length, 'parameter'),
      ]);
      return {
        json: {
          storage: place,
          studies: found.map(({ definition, trials, running, diverged, leftOut }) => ({
            name: definition.name,
            trials: trials.length,
            running,
            diverged,
            leftOut,
          })),
        },
        text: [
          ...(same.length === 0 || found === wanted
            ? []
            : [`There already, with the same trials: ${same.map((one) => printable(one)).join(', ')}.`]),
          table(['study', 'trials', 'running, left out', 'search space'], rows, 'lrrl'),
          [...found.flatMap(changesOf), `Imported into ${place}.`].join('\n'),
        ].join('\n\n'),
      };
    } finally {
      await storage.close();
    }
  },
});

/** What of the study is not as it was in the file, as sentences. */
function changesOf({ definition, diverged, leftOut }: ImportedStudy): readonly string[] {
  const study = `study ${quoted(definition.name)}`;
  const failed = diverged === 1 ? '1 trial with a value that is' : `${diverged} trials with values that are`;
  const names = leftOut.map((one) => printable(one)).join(', ');
  return [
    ...(diverged === 0 ? [] : [`Taken as failed in ${study}: ${failed} not finite.`]),
    ...(leftOut.length === 0 ? [] : [`Left out of ${study}, as attributes of the study itself: ${names}.`]),
  ];
}

/** Whether the storage has the study as it is in the file. */
async function isSame(storage: Storage, { definition, trials }: ImportedStudy): Promise<boolean> {
  const there = await readStudy(storage, definition.name).catch((error: unknown) => {
    if (error instanceof StudyError) return null;
    throw error;
  });
  // A trial that waits was created when it was imported.
  const stored = (of: Pick<ImportedStudy, 'definition' | 'trials'>): unknown =>
    JSON.parse(JSON.stringify([of.definition, of.trials], (key, value) => (key === 'createdAt' ? undefined : value)));
  return there !== null && isDeepStrictEqual(stored(there), stored({ definition, trials }));
}

function chosen(
  studies: readonly ImportedStudy[],
  part: string | undefined,
  name: string | undefined,
  file: string,
): readonly ImportedStudy[] {
  const names = studies.map(({ definition }) => definition.name);
  const meant = part === undefined ? names : meantBy(part, names);
  const listed = names.map((one) => `\n  ${printable(one)}`).join('');
  if (meant.length === 0 || (meant.length > 1 && (part !== undefined || name !== undefined))) {
    throw new UserError(
      `${displayPath(file)}: expected one study for ${part === undefined ? '--name' : `--study ${quoted(part)}`}, ` +
        `found ${meant.length}. There are:${listed}`,
    );
  }
  const found = studies.filter(({ definition }) => meant.includes(definition.name));
  if (name === undefined) return found;
  const [{ definition, ...study }] = found;
  return [{ ...study, definition: { ...definition, name } }];
}

/** `npm run study -- copy`, `merge`, `rename`: studies under other names and in other places. */
import { checkedName } from '../../base/checked-name.ts';
import { counted } from '../../base/format.ts';
import { quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { copyStudy, mergeStudies, openStorage } from '../../search/index.ts';
import { defineCommand } from '../command.ts';
import { optional } from '../option.ts';
import { storagePlace } from '../option-parsers.ts';
import { shared } from '../options.ts';
import { displayStorage, findStudy, meantStudy, oneStudyArgument, studyArgument, withStorage } from '../studies.ts';
import { renameNote } from '../tags.ts';

const newName = optional({
  flags: '--name <name>',
  description: 'name of the study that is made',
  parse: checkedName,
  shownFallback: 'none: it must be given',
});

const stopped = 'Nothing was changed; start again with';

export const copy = defineCommand({
  name: 'copy',
  summary: 'copy a study, with all its trials, under another name or into another storage',
  options: {
    name: newName,
    to: optional({
      flags: '--to <place>',
      description: 'storage of the copy: a file, which is made if it is missing, or the URL of a database',
      parse: storagePlace,
      shownFallback: 'the same storage',
    }),
    ...shared('storage'),
  },
  files: studyArgument,
  spare: 'name',
  examples: [
    ['swa --name swa-2', 'to go on in another direction, and keep the first study as it is'],
    ['swa --to shared.db', 'under the same name in another storage'],
  ],
  stopped,
  async run({ name: given, to, storage: location }, session, [part = '']) {
    const found = await meantStudy(location, part, session);
    const name = given ?? (to === undefined ? expectNewName(given) : found.definition.name);
    const target = await openStorage(to ?? location, { mustExist: to === undefined, signal: session.signal });
    try {
      await copyStudy(found, target, name);
      const place = displayStorage(target.location);
      const what = `${counted(found.trials.length, 'trial')} of study ${quoted(found.definition.name)}`;
      return {
        json: { study: found.definition.name, copy: name, storage: place, trials: found.trials.length },
        text: `Copied ${what} to study ${quoted(name)} in ${place}.`,
      };
    } finally {
      await target.close();
    }
  },
});

export const rename = defineCommand({
  name: 'rename',
  summary: 'give a study another name',
  options: { name: newName, ...shared('storage') },
  files: oneStudyArgument,
  spare: 'name',
  examples: [['5b223552 --name first', 'the study with 5b223552 in its name is called first']],
  stopped,
  async run({ name: given, storage: location }, { signal }, [part]) {
    const name = expectNewName(given);
    return withStorage(
      location,
      async (storage) => {
        const { definition } = await findStudy(storage, part);
        await storage.renameStudy(definition.name, name);
        await renameNote('study', definition.name, name);
        return {
          json: { study: name, before: definition.name },
          text: `Study ${quoted(definition.name)} is called ${quoted(name)} now.`,
        };
      },
      { readOnly: false, signal },
    );
  },
});

export const merge = defineCommand({
  name: 'merge',
  summary: 'make one study of several: the first as it is, with the finished trials of the others',
  options: { name: newName, ...shared('storage') },
  files: { syntax: '<studies...>', description: 'names of two or more studies, or parts that no other study has' },
  examples: [['seed-1 seed-2 --name both', 'a study that has learnt from both']],
  stopped,
  async run({ name: given, storage: location }, { signal }, parts) {
    const name = expectNewName(given);
    return withStorage(
      location,
      async (storage) => {
        const meant: string[] = [];
        for (const part of parts) {
          meant.push((await findStudy(storage, part)).definition.name);
        }
        const names = [...new Set(meant)];
        if (names.length < 2) {
          const got = meant.length === 1 ? quoted(meant[0]) : `${quoted(meant[0])} ${meant.length} times`;
          throw new UserError(`Expected two or more different studies to merge, got ${got}. Name another one too.`);
        }
        const { added, alreadyThere } = await mergeStudies(storage, names, name);
        const known =
          alreadyThere === 0
            ? ''
            : ` ${counted(alreadyThere, 'trial')} of copies ${alreadyThere === 1 ? 'was' : 'were'} there already.`;
        return {
          json: { study: name, of: names, added, alreadyThere },
          text: `Study ${quoted(name)} has the trials of ${quoted(names[0])}, and ${counted(added, 'more trial')} of the others.${known}`,
        };
      },
      { readOnly: false, signal },
    );
  },
});

function expectNewName(name: string | undefined): string {
  if (name !== undefined) return name;
  throw new UserError('Expected a name for the study that is made, got none. Add --name NAME.');
}

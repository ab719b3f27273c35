/**
 * Keeps trials that were finished after the store was lost: they are written to files, and saved when their study is
 * opened again. The store accepts a trial from its owner only, so a trial that another process ran meanwhile stays as
 * it is.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { StudyError } from '../study-error.ts';
import { isFinished } from '../frozen-trial.ts';
import { LeaseLostError, StoreLostError } from './refusals.ts';
import type { Storage } from './storage.ts';

const namePattern = /^trial-\d+-[\da-f]{16}\.json$/;

/**
 * @param folder for the files, made when a trial has to be kept
 * @param onNotice gets a sentence about every trial that is kept or saved later
 */
export function keepingUnsaved(storage: Storage, folder: string, onNotice?: (sentence: string) => void): Storage {
  return {
    ...storage,
    get location() {
      return storage.location;
    },
    async createStudy(definition) {
      const stored = await storage.createStudy(definition);
      for (const file of await kept(folder)) await handIn(storage, stored.name, file, onNotice);
      return stored;
    },
    async saveTrials(study, owner, trials) {
      try {
        await storage.saveTrials(study, owner, trials);
      } catch (error) {
        if (!(error instanceof StoreLostError)) throw error;
        const { location } = storage;
        for (const trial of trials.filter(isFinished)) {
          const { writeUnsaved } = await import('./unsaved-file.ts');
          const file = await writeUnsaved(folder, study, { location, owner, trial });
          onNotice?.(
            `Trial ${trial.number} of study ${quoted(study)} could not be saved: it is kept in ${displayPath(file)}, ` +
              'and the next start hands it in.',
          );
        }
        throw error;
      }
    },
  };
}

async function kept(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => namePattern.test(name)).map((name) => join(folder, name));
}

/** A file that cannot be read is left where it is, and said. */
async function handIn(storage: Storage, study: string, file: string, onNotice?: (sentence: string) => void) {
  const place = displayPath(file);
  try {
    const { readUnsaved } = await import('./unsaved-file.ts');
    const unsaved = await readUnsaved(file, study);
    if (unsaved === null) return;
    const { location, owner, trial } = unsaved;
    try {
      await storage.saveTrials(study, owner, [trial]);
      onNotice?.(`Trial ${trial.number} of study ${quoted(study)} was handed in from ${place}.`);
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
      // There may be a study of that name in another store.
      if (location !== storage.location) return;
      onNotice?.(`Trial ${trial.number} of study ${quoted(study)} was run again meanwhile: ${place} is removed.`);
    }
    await rm(file, { force: true });
  } catch (error) {
    if (error instanceof StoreLostError || !(error instanceof UserError || error instanceof StudyError)) throw error;
    onNotice?.(error.message);
  }
}

/**
 * Trials that were finished while the store was away for good: they are kept in files, and handed in when their study
 * is opened again. The store takes one from its owner alone, so a trial that others ran meanwhile stays as they left it.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonIfThere } from '../../base/json.ts';
import { displayPath } from '../../base/paths.ts';
import { quoted } from '../../base/printable.ts';
import { replaceFile } from '../../base/replace-file.ts';
import { UserError } from '../../base/user-error.ts';
import { StudyError } from '../study-error.ts';
import { isFinished } from '../trial.ts';
import { ownerOf, toRow, toTrial } from './rows.ts';
import { LeaseLostError, StoreLostError } from './storage.ts';
import type { Storage } from './storage.ts';

const unsavedSchema = z.strictObject({
  study: z.string(),
  location: z.string(),
  row: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});

const namePattern = /^trial-\d+-[\da-f]{16}\.json$/;

/**
 * @param folder of the files, made when there is one
 * @param onNotice told in a sentence what became of a trial that was kept
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
          const row = toRow(0, trial, owner, 0);
          const digest = createHash('sha256')
            .update(JSON.stringify([location, study, owner.token]))
            .digest('hex');
          const file = join(folder, `trial-${trial.number}-${digest.slice(0, 16)}.json`);
          await mkdir(folder, { recursive: true });
          await replaceFile(file, `${JSON.stringify({ study, location, row })}\n`);
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
    const unsaved = await readJsonIfThere(file, unsavedSchema);
    if (unsaved?.study !== study) return;
    const trial = toTrial(unsaved.row, { study, location: place });
    const owner = ownerOf(unsaved.row.owner);
    if (owner === null || !isFinished(trial)) throw new UserError(`${place}: expected a finished trial. Remove it.`);
    try {
      await storage.saveTrials(study, owner, [trial]);
      onNotice?.(`Trial ${trial.number} of study ${quoted(study)} was handed in from ${place}.`);
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
      // There may be a study of that name in another store.
      if (unsaved.location !== storage.location) return;
      onNotice?.(`Trial ${trial.number} of study ${quoted(study)} was run again meanwhile: ${place} is removed.`);
    }
    await rm(file, { force: true });
  } catch (error) {
    if (error instanceof StoreLostError || !(error instanceof UserError || error instanceof StudyError)) throw error;
    onNotice?.(error.message);
  }
}

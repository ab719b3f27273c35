/** `npm run study -- delete`: removes a study with its trials. */
import { quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import type { Storage } from '../../search/index.ts';
import { defineCommand, type Report } from '../command.ts';
import { canAsk, confirm } from '../confirm.ts';
import { shared } from '../options.ts';
import * as studies from '../studies.ts';

export const deleteStudy = defineCommand({
  name: 'delete',
  summary: 'delete a study and all its trials',
  options: shared('yes', 'storage'),
  files: { syntax: '<study>', description: 'name of the study, or a part of it that no other study has' },
  examples: [['seed-7 --yes', 'delete it without a question']],
  stopped: 'Nothing was changed; start again with',
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

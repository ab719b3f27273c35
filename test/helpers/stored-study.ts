/** Studies as older versions may have stored them, with names that nobody can give any more. */
import { newOwner } from '../../base/owner.ts';
import { openStorage } from '../../search/storage/index.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';

/** Stores the study once more under another name. @param changed each trial as it shall be stored */
export async function storeStudyAs(
  location: string,
  study: string,
  name: string,
  changed: (trial: FrozenTrial) => FrozenTrial = (trial) => trial,
): Promise<void> {
  const storage = await openStorage(location);
  const definition = (await storage.listStudies()).find((one) => one.name === study)!;
  await storage.createStudy({ ...definition, name });
  const owner = newOwner();
  for (const trial of (await storage.readTrials(study)).trials) {
    const claim = { owner, running: [], limit: Infinity, revision: 0 };
    await storage.claimTrial(name, { ...claim, prepare: () => changed({ ...trial, state: 'RUNNING' }) });
    await storage.saveTrials(name, owner, [changed(trial)]);
  }
  await storage.close();
}

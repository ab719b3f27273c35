/** A study with everything that an export has to carry: all states, kinds of parameters, reports and attributes. */
import type { ParameterValue } from '../../search/distributions.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { readStudy } from '../../search/read-study.ts';
import { openStudy } from '../../search/open-study.ts';
import type { StudySnapshot } from '../../search/read-study.ts';
import type { Trial } from '../../search/trial.ts';

const choices: readonly ParameterValue[] = ['a,b', null, true, 2.5, 'größer "als"'];

function suggestAll(trial: Trial): void {
  trial.suggestFloat('rate', 1e-5, 1, { log: true });
  trial.suggestFloat('momentum', 0, 0.99);
  trial.suggestFloat('drop', 0, 0.5, { step: 0.1 });
  trial.suggestInt('patience', 1, 9, { step: 4 });
  trial.suggestInt('units', 1, 256, { log: true });
  trial.suggestCategorical('mode', choices);
}

export async function exportedStudy(): Promise<StudySnapshot> {
  const storage = memoryStorage();
  const study = await openStudy({ storage, name: 'digits/swa "1"', direction: 'maximize', seed: 7 });
  for (let n = 0; n < 12; n++) {
    const trial = await study.ask();
    suggestAll(trial);
    // Conditional.
    if (n % 3 === 0) trial.suggestFloat('width', 0, 2);
    trial.report(n === 5 ? NaN : n / 10, 0);
    trial.report(n / 7, n === 6 ? 10 : 1);
    if (n === 2) trial.setUserAttribute('folds', { scores: [1, 2.5], note: 'a "b", c' });
    await study.tell(trial, n === 5 ? NaN : n === 6 ? { state: 'PRUNED' } : 1 / (n + 1));
  }
  await study.enqueueTrial({ rate: 0.5, mode: null });
  const running = await study.ask();
  suggestAll(running);
  running.report(0.25, 0);
  await study.renew();
  const last = await study.enqueueTrial({ units: 3 });
  const snapshot = await readStudy(storage, study.definition.name);
  await study.close();
  if (last.number !== snapshot.trials.length - 1) throw new Error('Expected the WAITING trial to be the last one.');
  return snapshot;
}

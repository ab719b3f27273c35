/** A study of very many trials, put into its file at once: running them would take minutes. */
import { DatabaseSync } from 'node:sqlite';
import { newOwner } from '../../base/owner.ts';
import { openStorage, type FrozenTrial, type SearchSpace, type StudyDefinition } from '../../search/index.ts';
import { toRow } from '../../search/storage/rows.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const space: SearchSpace = {
  ...Object.fromEntries(NAMES.map((name) => [name, { kind: 'float', low: 0, high: 1 } as const])),
  size: { kind: 'categorical', choices: [16, 32, 64] },
};
const BEGAN = Date.parse('2026-01-01T00:00:00Z');

/** Eight parameters; every fourth trial is pruned, every tenth fails, each reports five times. */
export const longTrial = (number: number): FrozenTrial => {
  const share = (by: number): number => (number * by) % 1;
  const params = Object.fromEntries(NAMES.map((name, i) => [name, share(Math.SQRT2 * (i + 1))]));
  const value = 0.9 - (share(Math.SQRT2) - 0.3) ** 2;
  const state = number % 10 === 9 ? 'FAIL' : number % 4 === 3 ? 'PRUNED' : 'COMPLETE';
  const startedAt = new Date(BEGAN + 15_000 * number).toISOString();
  return {
    number,
    state,
    value: state === 'COMPLETE' ? value : null,
    params: { ...params, size: [16, 32, 64][number % 3] },
    distributions: space,
    intermediateValues: Object.fromEntries([0, 1, 2, 3, 4].map((step) => [step, value - 1 / (step + 1)])),
    userAttributes: state === 'FAIL' ? { failure: 'fold 1 diverged' } : {},
    createdAt: startedAt,
    startedAt,
    finishedAt: new Date(BEGAN + 15_000 * number + 40_000).toISOString(),
  };
};

export async function makeLongStudy(file: string, name: string, trials: number): Promise<void> {
  const storage = await openStorage(file);
  const definition: StudyDefinition = {
    name,
    direction: 'maximize',
    seed: 1,
    space,
    sampler: 'random',
    pruner: 'median',
    lag: 4,
    task: null,
  };
  await storage.createStudy(definition);
  await storage.close();
  const database = new DatabaseSync(file);
  const id = Number(database.prepare('SELECT id FROM studies WHERE name = ?').get(name)?.id);
  const columns = Object.keys(toRow(id, longTrial(0), null, 1));
  const values = columns.map((column) => `:${column}`);
  const put = database.prepare(`INSERT INTO trials (${columns.join(', ')}) VALUES (${values.join(', ')})`);
  const owner = newOwner();
  database.exec('BEGIN');
  for (let number = 0; number < trials; number += 1) {
    put.run(toRow(id, longTrial(number), owner, number + 1));
  }
  database.prepare('UPDATE studies SET revision = ? WHERE id = ?').run(trials, id);
  database.exec('COMMIT');
  database.close();
}

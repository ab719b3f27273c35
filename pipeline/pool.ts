/** Worker threads that train and predict. Each runs one task at a time on one core. */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { moduleBeside } from '../base/modules.ts';

export const defaultWorkers = (): number => availableParallelism();

/**
 * @param workers threads; results do not depend on their number
 * @throws RangeError unless `workers` is a positive integer
 */
export function createPool(workers: number): Piscina {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(`Expected \`workers\` to be a whole number of at least 1, got ${workers}.`);
  }
  const pool = new Piscina({
    filename: moduleBeside(import.meta.url, 'worker'),
    minThreads: workers,
    maxThreads: workers,
    // Fewer threads would idle while a task is pulled; more would only queue in the thread.
    concurrentTasksPerWorker: 1,
  });
  pool.on('error', (error: Error) => {
    // A thread had answered already when its task was aborted.
    if (!error.message.startsWith('Unexpected message from Worker')) throw error;
  });
  return pool;
}

/** Gives `work` the threads of a new pool and ends them when it is done or has failed. */
export async function withPool<T>(workers: number, work: (pool: Piscina) => Promise<T>): Promise<T> {
  const pool = createPool(workers);
  try {
    return await work(pool);
  } finally {
    await pool.destroy();
  }
}

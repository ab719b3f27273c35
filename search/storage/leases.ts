/**
 * Keeps the leases of an owner's running trials from a thread of its own: an objective may keep the main one busy for
 * longer than a lease lasts. If the process is stopped, so is the thread, and the leases end.
 */
import { Worker } from 'node:worker_threads';
import { moduleBeside } from '../../base/modules.ts';
import { leaseMs, renewalMs } from '../../base/owner.ts';
import type { Owner } from '../../base/owner.ts';
import type { SqliteFile } from './sqlite-file.ts';
import type { SqlitePlace } from './sqlite-place.ts';
import type { LeaseKeeper } from './storage.ts';

/** What the thread needs to know. */
export interface LeaseTask {
  readonly store:
    | { readonly kind: 'sqlite'; readonly place: SqlitePlace }
    | { readonly kind: 'postgres'; readonly address: string };
  readonly study: string;
  readonly token: string;
  readonly leaseMs: number;
  readonly renewalMs: number;
}

type Timing = Pick<LeaseTask, 'leaseMs' | 'renewalMs'>;
const usual: Timing = { leaseMs, renewalMs };

/** Keeps leases in a file, which may move meanwhile. */
export function keepLeasesIn(file: SqliteFile, study: string, owner: Owner, timing = usual): LeaseKeeper {
  let thread: Worker | undefined;
  const leave = file.follow((place) => {
    if (thread === undefined) thread = startThread({ kind: 'sqlite', place }, study, owner, timing);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the rule means windows
    else thread.postMessage(place);
  });
  return {
    async close() {
      leave();
      await thread?.terminate();
    },
  };
}

/** Keeps leases in a PostgreSQL database. */
export function keepLeasesAt(address: string, study: string, owner: Owner, timing = usual): LeaseKeeper {
  const thread = startThread({ kind: 'postgres', address }, study, owner, timing);
  return { close: async () => void (await thread.terminate()) };
}

/**
 * The thread keeps no process from ending. What it cannot renew it tries again; failures that last show up when the
 * trial is saved.
 */
function startThread(store: LeaseTask['store'], study: string, { token }: Owner, timing: Timing): Worker {
  const task: LeaseTask = { store, study, token, ...timing };
  const thread = new Worker(new URL(moduleBeside(import.meta.url, 'lease-thread')), { workerData: task });
  thread.on('error', () => {});
  thread.unref();
  return thread;
}

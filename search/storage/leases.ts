/**
 * Keeps the leases of an owner's running trials from a thread of its own: an objective may keep the main one busy for
 * longer than a lease lasts. If the process is stopped, so is the thread, and the leases end.
 */
import { Worker } from 'node:worker_threads';
import { moduleBeside } from '../../base/modules.ts';
import { leaseMs, renewalMs } from '../../base/owner.ts';
import type { Owner } from '../../base/owner.ts';

export interface LeaseKeeper {
  close(): Promise<void>;
}

/** What the thread needs to know. */
export interface LeaseTask {
  readonly store:
    | { readonly kind: 'sqlite'; readonly path: string }
    | { readonly kind: 'postgres'; readonly address: string };
  readonly study: string;
  readonly token: string;
  readonly leaseMs: number;
  readonly renewalMs: number;
}

/** For stores whose trials need no lease. */
export const noLeases: LeaseKeeper = { close: async () => {} };

/**
 * Starts the thread, which keeps no process from ending. What it cannot renew it tries again; failures that last show up
 * when the trial is saved.
 */
export function keepLeases(
  store: LeaseTask['store'],
  study: string,
  { token }: Owner,
  timing: { readonly leaseMs: number; readonly renewalMs: number } = { leaseMs, renewalMs },
): LeaseKeeper {
  const task: LeaseTask = { store, study, token, ...timing };
  const thread = new Worker(new URL(moduleBeside(import.meta.url, 'lease-thread')), { workerData: task });
  thread.on('error', () => {});
  thread.unref();
  return { close: async () => void (await thread.terminate()) };
}

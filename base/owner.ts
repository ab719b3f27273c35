/** Who runs a study: the process that opened it, for as long as it lives. */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface Owner {
  /** Of this opening alone: one process may open several studies, but none twice. */
  readonly token: string;
  readonly host: string;
  /** Of the process ids, which mean nothing in another container; empty where the system has none. */
  readonly namespace: string;
  readonly pid: number;
  /** Tells a process from a later one with the same id; empty where the system does not say. */
  readonly processStart: string;
}

/** An owner on another host counts as alive for this long after it was last heard of. */
export const leaseMs = 60_000;
/** How often an owner says that it lives. */
export const renewalMs = 15_000;

export function newOwner(): Owner {
  return {
    token: randomUUID(),
    host: hostname(),
    namespace: processNamespace(),
    pid: process.pid,
    processStart: readProcess(process.pid)?.start ?? '',
  };
}

/**
 * Whether the owner still runs. On this host the system knows; of other hosts the lease decides.
 * @param leaseLasts by the clock of the store
 */
export function isAlive(owner: Owner, leaseLasts: boolean): boolean {
  if (owner.host !== hostname() || owner.namespace !== processNamespace()) return leaseLasts;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // Without permission to signal it the process is there all the same.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const found = readProcess(owner.pid);
  if (found === undefined || owner.processStart === '') return true;
  return found.start === owner.processStart && !found.isZombie;
}

export function describeOwner({ pid, host }: Owner): string {
  return `process ${pid} on ${host}`;
}

/** From /proc/PID/stat: the third field is the state, the 22nd the start in ticks since boot. Linux only. */
function readProcess(pid: number): { start: string; isZombie: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The second field, the name, may hold spaces; it ends with the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { start: `${boot}/${fields[19]}`, isZombie: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return undefined;
  }
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

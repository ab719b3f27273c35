/** Owners of trials: the process that opened a study, as long as it renews its leases. */
import { printable } from './printable.ts';

/** A page of a browser has neither files nor processes, and so knows nobody but itself. */
const here = globalThis.process;
const fs = here?.getBuiltinModule?.('node:fs');
const hostname = (): string => here?.getBuiltinModule?.('node:os').hostname() ?? 'a browser';

export interface Owner {
  /** Identifies one opening of a study. A process may open several studies. */
  readonly token: string;
  readonly host: string;
  /** Namespace of process ids: ids are unique only within a machine or container. Empty if unknown. */
  readonly namespace: string;
  readonly pid: number;
  /** Distinguishes the process from a later one with the same id, and from one of another boot. Empty if unknown. */
  readonly processStart: string;
}

/** A trial belongs to its owner for this long after the last renewal. */
export const leaseMs = 60_000;
/** Interval of renewals. */
export const renewalMs = 15_000;

export function newOwner(): Owner {
  return {
    token: newToken(),
    host: hostname(),
    namespace: processNamespace(),
    pid: here?.pid ?? 0,
    processStart: (here && readProcess(here.pid)?.start) ?? '',
  };
}

/** Not `randomUUID`, which pages without encryption do not have. */
const newToken = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Whether the owner still holds its trials: until its lease ends, or its process is known to have ended. A stopped
 * process does not renew its lease, and so loses it.
 * @param leaseLasts whether the lease is valid by the clock of the store
 */
export function isAlive(owner: Owner, leaseLasts: boolean): boolean {
  return leaseLasts && fateOf(owner) !== 'ended';
}

/**
 * Whether the owner's process still runs. This is known only for processes of this machine, of its current boot and of
 * the same namespace of process ids, since host names and process ids are reused. If two sources disagree, the result
 * is 'unknown'.
 */
export function fateOf(owner: Owner): 'runs' | 'ended' | 'unknown' {
  const boot = bootId();
  const isHere =
    boot !== '' &&
    owner.processStart.startsWith(`${boot}/`) &&
    owner.host === hostname() &&
    owner.namespace === processNamespace();
  if (!isHere) return 'unknown';
  const found = readProcess(owner.pid);
  if (found !== undefined && (found.start !== owner.processStart || found.isZombie)) return 'ended';
  const answers = isSignallable(owner.pid);
  if ((found !== undefined) !== answers) return 'unknown';
  return answers ? 'runs' : 'ended';
}

export function describeOwner({ pid, host }: Owner): string {
  return `process ${pid} on ${printable(host)}`;
}

function isSignallable(pid: number): boolean {
  try {
    here.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process exists, but may not be signalled.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** From /proc/PID/stat: the third field is the state, the 22nd the start in ticks since boot. Linux only. */
function readProcess(pid: number): { start: string; isZombie: boolean } | undefined {
  const stat = contentOf(`/proc/${pid}/stat`);
  const boot = bootId();
  if (stat === '' || boot === '') return undefined;
  // The second field, the name, may hold spaces; it ends with the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { start: `${boot}/${fields[19]}`, isZombie: fields[0] === 'Z' || fields[0] === 'X' };
}

/** Id of the current boot. Linux only. */
const bootId = (): string => contentOf('/proc/sys/kernel/random/boot_id').trim();

/** Id of the machine and its namespace of process ids: copies of a virtual machine may share the id of the boot. */
function processNamespace(): string {
  try {
    return [fs.readlinkSync('/proc/self/ns/pid'), contentOf('/etc/machine-id').trim()].filter(Boolean).join(' ');
  } catch {
    return '';
  }
}

function contentOf(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

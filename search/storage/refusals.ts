/** What all stores refuse, in words. */
import { describeOwner } from '../../base/owner.ts';
import { printable, quoted } from '../../base/printable.ts';
import { NoStudyError, StudyError } from '../study-error.ts';
import type { RunningTrial } from './storage.ts';

/** Another process runs the trial now, because its owner did not renew its lease in time. */
export class LeaseLostError extends StudyError {
  constructor(study: string, trial: number) {
    super(`Trial ${trial} of study ${quoted(study)} was taken over by another process, which runs it again.`);
  }
}

/** The store does not answer any more, and is not waited for any longer. */
export class StoreLostError extends StudyError {}

export function stillRunning(study: string, location: string, running: RunningTrial): StudyError {
  const { number, owner, leaseLeftMs } = running;
  const until =
    leaseLeftMs === null ? '' : ` If it does not go on, it holds trial ${number} until ${clockTime(leaseLeftMs)}.`;
  return new StudyError(
    `Study ${quoted(study)} in ${location} is being run by ${describeOwner(owner)}: wait until it ends, or stop it.` +
      until,
  );
}

/** The time of day in so many milliseconds, as a clock on the wall shows it: 14:05:10 */
export const clockTime = (inMs: number): string => new Date(Date.now() + inMs).toTimeString().slice(0, 8);

export function studyIsThere(study: string, location: string): StudyError {
  return new StudyError(`There is a study ${quoted(study)} in ${location} already: choose another name, or delete it.`);
}

export const storeIsClosed = (location: string): StudyError => new StudyError(`${location} is closed: open it again.`);

export function unknownStudy(study: string, location: string, known: readonly string[]): NoStudyError {
  const names = known.length === 0 ? 'There is none' : `Known: ${listed(known)}`;
  return new NoStudyError(`There is no study ${quoted(study)} in ${location}. ${names}.`);
}

const MOST_NAMES = 20;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => printable(name, 100));
  return shown.join(', ') + (names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : '');
}

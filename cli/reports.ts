/** Writes reports at the end of other work. A report that fails does not fail that work. */
import { join } from 'node:path';
import { type Report, type Written, writeReport } from '../report/index.ts';
import type { Progress } from './progress.ts';

export const REPORTS_DIRECTORY = join('runs', 'reports');

/** @returns null if the report could not be written; the reason is shown */
export async function tryToReport(progress: Progress, make: () => Promise<Report>): Promise<Written | null> {
  try {
    return await writeReport(REPORTS_DIRECTORY, await make());
  } catch (error) {
    progress.note(`No report: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

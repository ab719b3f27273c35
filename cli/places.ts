/** Where the commands keep what they make, in the folder in which they are typed. */
import { join } from 'node:path';

export const RUNS_DIRECTORY = 'runs';
export const SUBMISSIONS_DIRECTORY = 'submissions';

/** The usual output folder of a competition. @param id of the competition */
export const submissionsOf = (id: string): string => join(SUBMISSIONS_DIRECTORY, id);

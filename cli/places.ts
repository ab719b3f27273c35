/** Where the commands keep what they make, in the folder in which they are typed. */

export const RUNS_DIRECTORY = 'runs';

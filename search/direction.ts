/** Which values of a study are better. */
export type Direction = 'maximize' | 'minimize';

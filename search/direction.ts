/** Which values of a study are better. */
export type Direction = 'maximize' | 'minimize';

/** What says how the trials of a study are compared. */
export interface Directed {
  /** The direction of the only objective or of the first one. */
  readonly direction: Direction;
  /** One for each objective; absent if there is one. */
  readonly directions?: readonly Direction[];
}

/** One direction for each objective. */
export const directionsOf = ({ direction, directions }: Directed): readonly Direction[] => directions ?? [direction];

/** What a value is multiplied with so that less is better. */
export const signOf = (direction: Direction): 1 | -1 => (direction === 'minimize' ? 1 : -1);

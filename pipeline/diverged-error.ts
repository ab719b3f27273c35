/** A training whose loss or weights stopped being finite: the parameters were valid, but not good. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
}

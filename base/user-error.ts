/** An error that the user can fix. Its sentence says what was expected, what was found where, and what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** Something does not fit where it would be kept. */
export class TooLargeError extends UserError {}

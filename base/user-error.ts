/** An error that the user can fix. Its sentence says what was expected, what was found where, and what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** A mistake that the user can fix: one sentence with what was expected, what was found where, and what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** A mistake with a study or its file that the user can fix: one sentence with what was found and what to do. */
export class StudyError extends Error {
  override readonly name = 'StudyError';
}

/** There is no such file, database or study. */
export class NoStudyError extends StudyError {}

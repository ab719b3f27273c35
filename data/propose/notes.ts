/** What a proposal tells a person, in sentences. */
export interface Notes {
  /** What was recognised. */
  readonly understood: string[];
  /** What a person should look at. */
  readonly unclear: string[];
}

/** Records: the file formats of runs, analyses, submissions and notes. */
export { averagesSentences } from './averages.ts';
export {
  COMPARISON_JSON,
  COMPARISON_MARKDOWN,
  LARGEST_SUBMISSION_BYTES,
  changedSubmissions,
  readComparison,
  resultJson,
  resultJsonBeginning,
  type MethodResult,
  type SubmitResult,
  writtenFiles,
} from './comparison.ts';
export { epochSchema } from './epoch.ts';
export { FINDINGS_FILE, findingsSchema, writeFindings, type Findings, type FindingsChart } from './findings.ts';
export type { GeometryChart, Lines, Plane, Rays, Spectra } from './geometry.ts';
export {
  dropEntry,
  entryKey,
  findEntry,
  HIGHEST_SCORE,
  keepEntry,
  type LedgerEntry,
  LOWEST_SCORE,
  prepareLedger,
  readLedger,
  sentCopy,
  type EntryKey,
} from './ledger.ts';
export { readLiveRuns, writeLiveRun, type LiveRun, type LiveRunWriter } from './live-run.ts';
export { MOST_TAGS, Notes, noteSchema, type KeptNotes, type Note, type NoteKind } from './notes.ts';
export { deleteRun, deleteRuns, renameRun, sizeOfRun } from './manage-runs.ts';
export type { Probabilities } from './probabilities.ts';
export {
  foldsText,
  keepsWeights,
  RECIPE_FILE,
  RECORD_FILE,
  listRuns,
  nameOfRun,
  readProbabilities,
  readRecord,
  readRun,
  type RecordedRun,
  type RunRecord,
} from './run.ts';
export { type Run, writeRun } from './write-run.ts';

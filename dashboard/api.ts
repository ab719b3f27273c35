/** Types of all answers of `/api/…`. The server and the page import them, and neither imports the other. */
import type { Unreadable } from '../base/read-each.ts';
import type { Findings, KeptNotes, Note, NoteKind } from '../records/index.ts';

export type * from './api/experiments.ts';
export type * from './api/images.ts';
export type * from './api/runs.ts';
export type * from './api/studies.ts';
export type { Note, NoteKind };

/** Body of an answer with an HTTP status of 400 or more. */
export interface Refusal {
  readonly error: string;
}

/** Progress of a long computation. */
export interface Progress {
  readonly step: string;
  /** Number of finished parts, which take about equally long. */
  readonly done: number;
  readonly total: number;
  /** Share of the part after these that is done, 0 … 1, where it is known. */
  readonly share?: number;
}

export interface ProgressAnswer {
  /** Null if no computation runs for that address, or it has not reported yet. */
  readonly progress: Progress | null;
}

export interface AnalysesAnswer extends Unreadable {
  /** Analyses without their charts, newest first. */
  readonly analyses: readonly AnalysisSummary[];
}

export interface AnalysisSummary extends Pick<Findings, 'kind' | 'title' | 'about'> {
  /** Name of its folder. */
  readonly id: string;
  /** Time of the last change; a plane is rewritten while it is refined. ISO 8601. */
  readonly writtenAt: string;
}

export interface AnalysisAnswer extends AnalysisSummary, Findings {
  /** Names of its runs by their ids; deleted ones are left out. */
  readonly runNames: Readonly<Record<string, string>>;
}

export type NotesAnswer = KeptNotes;

/** An event of `/api/events`: something changed. The page then asks for what it shows. */
export type Happening =
  | { readonly kind: 'studies' }
  | { readonly kind: 'study'; readonly name: string; readonly revision: number }
  | { readonly kind: 'runs' }
  | { readonly kind: 'notes' }
  | { readonly kind: 'analyses' }
  | { readonly kind: 'experiments' }
  /** Events were lost: the page must ask for everything. */
  | { readonly kind: 'reset' };

/**
 * Reads and caches studies, runs, analyses, submissions and notes. It works in a thread of its own
 * (`reader-worker.ts`), since a long study takes seconds to read, and answers one question at a time.
 */
import {
  contourTrials,
  gainTask,
  type GainTask,
  importanceTrials,
  type ImportanceMethodName,
  variedParameters,
  slice,
  surrogateTask,
  type SurrogateTask,
  type Slice,
} from '../../search/index.ts';
import { nextTurn } from '../../base/next-turn.ts';
import { quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { MOST_CURVES, MOST_POINTS, thinned } from '../../charts/index.ts';
import type * as api from '../api.ts';
import { keptAnalyses, readAnalysis } from './analyses.ts';
import { keptResults, summaryOf } from './experiments.ts';
import { Notes } from '../../records/index.ts';
import { deleteKept, keptRuns, rename } from './manage-runs.ts';
import { readRanked } from './ranked.ts';
import { RunReader } from './runs.ts';
import { StudyReader } from './studies.ts';
import { packTrials, type PackedStudy } from './packed-study.ts';
import { columnsOf } from './trial-columns.ts';
import { Watcher } from './watch.ts';

export interface ReaderOptions {
  readonly storage: string;
  readonly runsDir: string;
  readonly intervalMs: number;
}

/** The questions. Answers are plain data. @param tell called with each event */
export function createReader(
  { storage, runsDir, intervalMs }: ReaderOptions,
  tell: (happening: api.Happening) => void,
) {
  const log = { add: tell };
  const studies = new StudyReader(storage, log);
  const runs = new RunReader(runsDir);
  const notes = new Notes(runsDir);
  const analyses = keptAnalyses(runsDir);
  const experiments = keptResults(runsDir);
  const foundResult = (id: string) => experiments.find(id, `result ${quoted(id)} of an experiment`);
  const watcher = new Watcher({
    log,
    studies,
    fingerprints: {
      runs: () => runs.fingerprint(),
      notes: () => notes.fingerprint(),
      analyses: () => analyses.fingerprint(),
      experiments: () => experiments.fingerprint(),
    },
    intervalMs,
  });
  const found = async (name: string) => {
    await studies.refresh();
    return studies.find(name);
  };
  return {
    async studies(): Promise<api.StudiesAnswer> {
      await studies.refresh();
      const { location, problem, summaries } = studies;
      return { location, problem, studies: summaries };
    },
    async study({ name, after }: { name: string; after?: number }): Promise<api.StudyAnswer> {
      const { summary, trials, owners } = await found(name);
      const changed = after === undefined ? trials : studies.changedSince(name, after);
      const columns = columnsOf(changed, owners);
      // Others need not wait until it is JSON as well.
      await nextTurn();
      return { summary, trials: columns };
    },
    async curves({ name }: { name: string }): Promise<api.CurvesAnswer> {
      const { trials, summary } = await found(name);
      const begun = trials.filter(({ intermediateValues }) => Object.keys(intermediateValues).length > 0);
      const best = summary.best?.number;
      const shown = begun.filter(({ number }, i) => number === best || i >= begun.length - MOST_CURVES);
      const curves = Object.fromEntries(shown.map(({ number, intermediateValues }) => [number, intermediateValues]));
      return { curves, leftOut: begun.length - shown.length };
    },
    async slices({ name }: { name: string }): Promise<api.SlicesAnswer> {
      const study = await found(name);
      const parameters = variedParameters(study.trials.filter(({ state }) => state === 'COMPLETE'));
      const best = study.bestTrial?.number;
      const shown = (parameter: string): Slice => {
        const { points, distribution } = slice(study, parameter);
        return { parameter, distribution, points: thinned(points, MOST_POINTS, ({ number }) => number === best) };
      };
      const slices: Slice[] = [];
      for (const parameter of parameters) {
        slices.push(shown(parameter));
        // Others wait for no longer than one takes.
        await nextTurn();
      }
      return { slices };
    },
    /** A key that is unique for each state of a study. */
    async version({ name }: { name: string }): Promise<readonly (string | number)[]> {
      const { trials, summary } = await found(name);
      return [name, summary.revision, trials[0]?.createdAt ?? ''];
    },
    async importanceTrials({ name, method }: { name: string; method: ImportanceMethodName }): Promise<PackedStudy> {
      const study = await found(name);
      return packTrials(study, importanceTrials[method](study));
    },
    async commands(asked: {
      name: string;
      trial: number;
      dataDir?: string;
      dataDirOf?: string;
    }): Promise<api.CommandsAnswer> {
      const study = await found(asked.name);
      // Loaded on demand, since it imports much.
      const { commandsOf } = await import('./trial-commands.ts');
      const { trial, dataDir, dataDirOf } = asked;
      return { commands: commandsOf(study, trial, { storage: studies.location, dataDir, dataDirOf }) };
    },
    async gainTask({ name }: { name: string }): Promise<GainTask | null> {
      return gainTask(await found(name));
    },
    async surrogateTask({ name }: { name: string }): Promise<SurrogateTask | null> {
      return surrogateTask(await found(name));
    },
    async contourTrials({ name, x, y }: { name: string; x: string; y: string }): Promise<PackedStudy> {
      const study = await found(name);
      return packTrials(study, contourTrials(study, x, y));
    },
    runs: (): Promise<api.RunsAnswer> => runs.list(),
    run: ({ id }: { id: string }): Promise<api.RunAnswer> => runs.find(id),
    /** Path of its folder. */
    runFolder: ({ id }: { id: string }): Promise<string> => runs.folderOf(id),
    async keptRuns({ ids }: { ids: readonly string[] }): Promise<api.KeptRunsAnswer> {
      // Text from a request becomes part of a path only if it is the name of a run.
      for (const id of ids) await runs.folderOf(id);
      return { runs: await keptRuns(runsDir, ids) };
    },
    async renameRun(order: api.RenameOrder): Promise<api.RenameOrder> {
      await runs.folderOf(order.id);
      const renamed = await rename(runsDir, order);
      tell({ kind: 'runs' });
      return renamed;
    },
    async deleteRuns(order: api.DeleteOrder): Promise<api.DeletedAnswer> {
      for (const id of order.ids) await runs.folderOf(id);
      const answer = await deleteKept(runsDir, order);
      tell({ kind: 'runs' });
      tell({ kind: 'notes' });
      return answer;
    },
    leaderboard: (): Promise<api.LeaderboardAnswer> => readRanked(runsDir),
    async analyses(): Promise<api.AnalysesAnswer> {
      const { found: summaries, unreadable } = await analyses.list();
      return { analyses: summaries, unreadable };
    },
    async analysis({ id }: { id: string }): Promise<api.AnalysisAnswer> {
      const analysis = await readAnalysis(await analyses.find(id, `analysis ${quoted(id)}`));
      return { ...analysis, runNames: await runs.namesOf(analysis.solutions.map(({ run }) => run)) };
    },
    async experiments(): Promise<api.ExperimentsAnswer> {
      const { found: results, unreadable } = await experiments.list();
      return { experiments: results.map(summaryOf), unreadable };
    },
    experiment: async ({ id }: { id: string }): Promise<api.ExperimentAnswer> =>
      experiments.read(await foundResult(id)),
    /** A sentence is returned for each note that cannot be read, so that pages are shown all the same. */
    notes: (): Promise<api.NotesAnswer> =>
      notes.read().catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        return { notes: [], unreadable: [error.message] };
      }),
    async keepNote({ note }: { note: api.Note }): Promise<api.Note> {
      if (note.kind === 'study') await found(note.id);
      else if (note.kind === 'experiment') await foundResult(note.id);
      else await runs.folderOf(note.id);
      await notes.keep(note);
      tell({ kind: 'notes' });
      return note;
    },
    /** Starts or stops the checks for changes. */
    watch: async ({ isOn }: { isOn: boolean }): Promise<void> => watcher.watch(isOn),
    async close(): Promise<void> {
      watcher.watch(false);
      await studies.close();
    },
  };
}

export type Reader = ReturnType<typeof createReader>;

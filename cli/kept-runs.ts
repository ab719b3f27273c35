/** The runs that are kept: each with its place on the leaderboard, and whether something needs it. */
import { join, resolve } from 'node:path';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import type { Competition } from '../data/index.ts';
import { sizeOfRun } from '../records/index.ts';
import { type LeaderboardRow, neededRuns, rankBoards, readLeaderboard } from '../submissions/index.ts';
import { findRun } from './runs.ts';
import { RUNS_DIRECTORY } from './submissions.ts';
import type { Progress } from './progress.ts';
import { tagsToShow } from './tags.ts';

export interface KeptRun {
  readonly id: string;
  readonly name: string;
  readonly row: LeaderboardRow;
  /** Place on the leaderboard of its competition, from 1. */
  readonly rank: number;
  readonly bytes: number;
  readonly tags: readonly string[];
  /** Why it is not deleted unless somebody asks for it; null if nothing needs it. */
  readonly needed: string | null;
}

/** All runs that can be read, the newest first, and what cannot be read. */
export async function readRuns(progress: Progress): Promise<{ runs: KeptRun[]; unreadable: readonly string[] }> {
  const { rows, unreadable } = await readLeaderboard(RUNS_DIRECTORY);
  const tags = await tagsToShow('run', progress);
  const needed = neededRuns(rows);
  const runs: KeptRun[] = [];
  for (const { submissions } of rankBoards(rows, 'best')) {
    for (const [place, row] of submissions.entries()) {
      if (row.run === null) continue;
      const { id, name } = row.run;
      const bytes = await sizeOfRun(join(RUNS_DIRECTORY, id));
      runs.push({ id, name, row, rank: place + 1, bytes, tags: tags.get(id) ?? [], needed: needed.get(id) ?? null });
    }
  }
  return { runs: runs.toSorted((a, b) => (a.id < b.id ? 1 : -1)), unreadable };
}

interface Selection {
  /** In milliseconds. */
  readonly older: number | undefined;
  readonly beyond: number | undefined;
  readonly competition: Competition | undefined;
}

/** The runs with these names, or all runs if no name is given, that are old enough and ranked low enough. */
export async function selectRuns(
  runs: readonly KeptRun[],
  { older, beyond, competition }: Selection,
  names: readonly string[],
): Promise<KeptRun[]> {
  const ids = new Set<string>();
  for (const name of names) {
    const folder = await findRun(name);
    const found = runs.find(({ id }) => resolve(RUNS_DIRECTORY, id) === resolve(folder));
    if (found === undefined) {
      throw new UserError(
        `${displayPath(folder)}: expected a run in ${RUNS_DIRECTORY} with a record that can be read. Delete other folders by hand.`,
      );
    }
    ids.add(found.id);
  }
  return runs.filter(({ id, row, rank }) => {
    if (names.length > 0 && !ids.has(id)) return false;
    if (competition !== undefined && row.competition !== competition.id) return false;
    if (older !== undefined && !(Date.now() - Date.parse(row.date ?? '') > older)) return false;
    return beyond === undefined || rank > beyond;
  });
}

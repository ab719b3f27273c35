/** The sorted leaderboard, with the settings in which its rows differ. */
import { findMetric } from '../../data/index.ts';
import { differingSettings, rankBoards, readLeaderboard, settingsOf } from '../../submissions/index.ts';
import type { LeaderboardAnswer } from '../api.ts';

export async function readRanked(runsDir: string): Promise<LeaderboardAnswer> {
  const { rows, unreadable } = await readLeaderboard(runsDir);
  const boards = rankBoards(rows, 'best');
  const differing = boards.flatMap(({ submissions }) => differingSettings(submissions.flatMap(({ run }) => run ?? [])));
  return {
    rows: boards.flatMap(({ submissions }) =>
      submissions.map((row, place) => ({
        ...row,
        rank: place + 1,
        settings: row.run === null ? {} : settingsOf(row.run),
        metric: findMetric(row.run?.outOfFold.metric?.name ?? 'accuracy').title,
      })),
    ),
    differing: [...new Set(differing)],
    unreadable,
  };
}

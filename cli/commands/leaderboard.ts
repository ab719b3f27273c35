/** `npm run leaderboard`: all submissions that were made here, the best first, and the scores that Kaggle gave them. */
import { displayPath } from '../../data/archive.ts';
import { UserError } from '../../data/user-error.ts';
import type { Score } from '../../pipeline/evaluate.ts';
import { addPublicScore, type LeaderboardRow, rankRows, readLeaderboard } from '../../submissions/leaderboard.ts';
import { defineCommand } from '../command.ts';
import { counted, percent, table } from '../format.ts';
import { heading } from '../studies.ts';
import { RUNS_DIRECTORY } from '../submissions.ts';

export const leaderboard = defineCommand({
  name: 'leaderboard',
  summary: 'show all submissions with their scores, or keep a score that Kaggle showed',
  options: ['leaderboardCompetition', 'leaderboardSort', 'top', 'add', 'submission'],
  examples: [
    ['', 'all competitions, the best test score first'],
    ['--competition digit-recognizer --sort kaggle', "by Kaggle's public score"],
    ['--add 0.98742 --submission submissions/digit-recognizer/swa.csv', 'keep what Kaggle showed'],
  ],
  stopped: 'Nothing was changed; start again with',
  async run({ leaderboardCompetition: competition, leaderboardSort: order, top, add, submission }, { progress }) {
    if ((add === undefined) !== (submission === undefined)) {
      throw new UserError('Expected --add and --submission together, got one of them.');
    }
    if (add !== undefined && submission !== undefined) {
      await addPublicScore(RUNS_DIRECTORY, submission, add);
      progress.note(`Kept: ${displayPath(submission)} has ${percent(add)} on Kaggle's public leaderboard.`);
    }
    const { rows, unreadable } = await readLeaderboard(RUNS_DIRECTORY);
    const competitions = [...new Set(rows.map((row) => row.competition))].toSorted();
    const shown = competitions
      .filter((id) => competition === undefined || id === competition.id)
      .map((id) => ({
        competition: id,
        submissions: rankRows(
          rows.filter((row) => row.competition === id),
          order,
        ).slice(0, top),
      }));
    const boards = shown.map(({ competition: id, submissions }) => `${heading(id)}\n${board(submissions)}`);
    const legend = 'Accuracy in percent ± its standard error (images); Kaggle shows its public score without them.';
    return {
      json: { sort: order, competitions: shown, unreadable },
      text: boards.length === 0 ? 'No submissions yet: npm run submit makes some.' : [...boards, legend].join('\n\n'),
      problem:
        unreadable.length === 0
          ? undefined
          : `${counted(unreadable.length, 'run')} left out. ${unreadable[0]} (--json lists all)`,
    };
  },
});

/** Columns in which all rows would say the same, or nothing, are left out. */
function board(rows: readonly LeaderboardRow[]): string {
  const hasModels = new Set(rows.flatMap(({ run }) => run?.model ?? [])).size > 1;
  const hasTest = rows.some(({ run }) => run?.test);
  const hasKaggle = rows.some(({ kaggle }) => kaggle !== null);
  const head = ['', 'method', 'model', 'train', 'out-of-fold', 'test', 'Kaggle', 'seed', 'seconds', 'date', 'file'];
  const lines = rows.map(({ run, kaggle, date, submission, isThere }, place) => [
    String(place + 1),
    run?.method ?? '–',
    run?.model ?? '–',
    scoreCell(run?.train),
    scoreCell(run?.outOfFold),
    scoreCell(run?.test),
    kaggle === null ? '–' : (100 * kaggle).toFixed(3),
    run ? String(run.seed) : '–',
    run ? run.seconds.toFixed(1) : '–',
    date?.slice(0, 16).replace('T', ' ') ?? '–',
    isThere ? displayPath(submission) : '– (replaced)',
  ]);
  const optional: Readonly<Record<string, boolean>> = { model: hasModels, test: hasTest, Kaggle: hasKaggle };
  const kept = head.map((title) => optional[title] ?? true);
  const pick = <T>(cells: readonly T[]): T[] => cells.filter((_, column) => kept[column]);
  return table(pick(head), lines.map(pick), pick(Array.from('rllrrrrrrll')).join(''));
}

const scoreCell = (score: Score | null | undefined): string =>
  score ? `${(100 * score.accuracy).toFixed(2)} ± ${(100 * score.standardError).toFixed(2)} (${score.n})` : '–';

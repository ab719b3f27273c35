/** `npm run leaderboard`: all submissions that were made here, the best first, and the scores that Kaggle gave them. */
import { displayPath } from '../../base/paths.ts';
import { UserError } from '../../base/user-error.ts';
import {
  addPublicScore,
  type Board,
  differingSettings,
  type LeaderboardOrder,
  leaderboardOrders,
  type LeaderboardRow,
  rankBoards,
  readLeaderboard,
  settingsOf,
} from '../../submissions/index.ts';
import { defineCommand } from '../command.ts';
import { duration, localTime, NOTHING, percent, points } from '../../base/format.ts';
import { ownValue } from '../../base/own-value.ts';
import { heading, leftOut } from '../format.ts';
import { RUNS_DIRECTORY } from '../submissions.ts';
import { type Column, column, scoreColumn, tableOfColumns } from '../columns.ts';
import { commandLine } from '../../base/command-line.ts';
import { option, optional } from '../option.ts';
import { oneOf, publicScore, someText } from '../option-parsers.ts';
import { anyCompetition, shared } from '../options.ts';

export const leaderboard = defineCommand({
  name: 'leaderboard',
  summary: 'show all submissions with their scores, or enter a score of Kaggle',
  options: {
    competition: anyCompetition,
    sort: option({
      flags: '--sort <column>',
      description: `score by which the submissions are ranked: ${Object.keys(leaderboardOrders).join(', ')}`,
      parse: oneOf('column', Object.keys(leaderboardOrders) as LeaderboardOrder[]),
      fallback: 'best',
      shownFallback: "best: the test score, else Kaggle's, else out-of-fold",
    }),
    ...shared('top'),
    add: optional({
      flags: '--add <score>',
      description: 'enter the public score that Kaggle shows for --submission, as Kaggle writes it, such as 0.98742',
      parse: publicScore,
      shownFallback: 'none',
    }),
    submission: optional({
      flags: '--submission <file>',
      description: 'submission file to which --add belongs',
      parse: someText,
      shownFallback: 'none',
    }),
  },
  examples: [
    ['', 'all competitions, the best first'],
    ['--competition digit-recognizer --sort kaggle', "by Kaggle's public score"],
    ['--add 0.98742 --submission submissions/digit-recognizer/latest/swa.csv', 'enter a score of Kaggle'],
  ],
  stopped: 'Nothing was changed; start again with',
  async run({ competition, sort: order, top, add, submission }, { progress }) {
    if ((add === undefined) !== (submission === undefined)) {
      throw new UserError('Expected --add and --submission together, got only one of them.');
    }
    if (add !== undefined && submission !== undefined) {
      const { run } = await addPublicScore(RUNS_DIRECTORY, submission, add);
      const score = run?.outOfFold.metric ? String(add) : percent(add);
      progress.note(`Kept: ${displayPath(submission)} has ${score} on Kaggle's public leaderboard.`);
    }
    const { rows, unreadable } = await readLeaderboard(RUNS_DIRECTORY);
    const shown = rankBoards(rows, order)
      .filter(({ competition: id }) => competition === undefined || id === competition.id)
      .map(({ competition: id, submissions }) => ({ competition: id, submissions: submissions.slice(0, top) }));
    const boards = shown.map(({ competition: id, submissions }) => `${heading(id)}\n${board(submissions)}`);
    const hasMetric = shown.some(({ submissions }) => submissions.some(({ run }) => run?.outOfFold.metric));
    const legend =
      `Accuracy in percent${hasMetric ? ', or the metric of the competition,' : ''} ± its standard error (images); ` +
      `Kaggle shows its public score without them.${shown.some(hasSeveralData) ? SEVERAL_DATA : ''}`;
    return {
      json: { sort: order, competitions: shown, unreadable },
      text:
        boards.length === 0
          ? `No submissions yet: ${commandLine('submit')} makes some.`
          : [...boards, legend].join('\n\n'),
      problem: leftOut(unreadable),
    };
  },
});

const SEVERAL_DATA = ' Do not compare scores of different trainingImages: they come from other files.';
const hasSeveralData = ({ submissions }: Board): boolean =>
  differingSettings(submissions.flatMap(({ run }) => run ?? [])).includes('trainingImages');

/** As the other scores of the competition are written. */
const kaggleText = (value: number, run: LeaderboardRow['run']): string =>
  run?.outOfFold.metric ? value.toFixed(5) : points(value, 3);

/** The first of these give way first where the terminal is narrow. */
const givingWay = ['file', 'date', 'time', 'train'];

/**
 * Each setting in which rows differ has a column, or, where the terminal is too narrow for these, all of them have one.
 * Columns in which all rows would say nothing are left out.
 */
function board(rows: readonly LeaderboardRow[]): string {
  const all = boardWith(rows, settingColumns(rows), Infinity);
  const columns = process.stdout.columns || Infinity;
  const isFitting = all.split('\n').every((line) => line.length <= columns);
  return isFitting ? all : boardWith(rows, [settingsColumn(rows)], columns);
}

function boardWith(rows: readonly LeaderboardRow[], settings: readonly Column[], width: number): string {
  const hasKaggle = rows.some(({ kaggle }) => kaggle !== null);
  const columns = [
    { title: '', align: 'r', cells: rows.map((_, place) => String(place + 1)) } as const,
    column(rows, 'method', 'l', ({ run }) => run?.method),
    column(rows, 'run', 'l', ({ run }) => run?.name),
    ...(rows.some(({ run }) => run?.test) ? [scoreColumn(rows, 'test', ({ run }) => run?.test)] : []),
    ...(hasKaggle
      ? [column(rows, 'Kaggle', 'r', ({ kaggle, run }) => (kaggle === null ? undefined : kaggleText(kaggle, run)))]
      : []),
    scoreColumn(rows, 'out-of-fold', ({ run }) => run?.outOfFold),
    scoreColumn(rows, 'train', ({ run }) => run?.train),
    ...settings.filter(({ cells }) => cells.some((cell) => cell !== NOTHING && cell !== '')),
    column(rows, 'time', 'r', ({ run }) => (run ? duration(run.seconds) : undefined)),
    column(rows, 'date', 'l', ({ date }) => localTime(date)),
    column(rows, 'file', 'l', ({ submission, isThere }) =>
      isThere ? displayPath(submission) : `${NOTHING} (replaced)`,
    ),
  ];
  return tableOfColumns(columns, { optional: givingWay, width });
}

const settingColumns = (rows: readonly LeaderboardRow[]): Column[] =>
  differingSettings(rows.flatMap(({ run }) => run ?? [])).map((name) =>
    column(rows, name, 'r', ({ run }) => run?.method && ownValue(settingsOf(run), name)),
  );

/** What tells each row from the others of its method. */
const settingsColumn = (rows: readonly LeaderboardRow[]): Column => {
  const runs = rows.flatMap(({ run }) => run ?? []);
  return column(rows, 'settings', 'l', ({ run }) => {
    if (run === null) return undefined;
    const settings = settingsOf(run);
    const alike = runs.filter(({ method }) => method === run.method);
    const parts = differingSettings(alike).map((name) => `${name} ${settings[name] ?? NOTHING}`);
    return parts.join(', ');
  });
};

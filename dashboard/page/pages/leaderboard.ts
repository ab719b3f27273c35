/** Leaderboard: submissions with their scores, disagreements of two of them, and the generalization gap. */
import { gapChart, type MethodScores } from '../../../charts/index.ts';
import type { AgreementAnswer, LeaderboardAnswer } from '../../api.ts';
import { ask, sentenceOf } from '../ask.ts';
import { chartPanel } from '../chart.ts';
import { numberColumn, scoreColumn, scoreTextOf, settingColumn } from '../columns.ts';
import { meritOf, metricOf, turnedBy } from '../merit.ts';
import { briefTime, fill, h, select } from '../dom.ts';
import { isFound, searchField } from '../search.ts';
import { counted, duration, integer, localTime, NOTHING, points } from '../../../base/format.ts';
import { picture, pictureBox } from '../pictures.ts';
import { type Column, createTable } from '../table.ts';
import { keepFresh, type Page, panel, problemList, remark, sortedBy } from '../view.ts';

type Row = LeaderboardAnswer['rows'][number];

/** Most rows of the chart of gaps. */
const MOST_GAPS = 30;

export const page: Page = {
  async show(view) {
    const { root, query, signal } = view;
    const lead = h('p', { class: 'lead' });
    const problems = problemList();
    const toolbar = h('div', { class: 'toolbar' });
    const filters = h('div', { class: 'controls' });
    const table = createTable<Row>();
    const gaps = chartPanel({ title: 'Gap between training and other images', height: 260, signal });
    const agreement = h('div', {});
    let answer: LeaderboardAnswer = { rows: [], differing: [], unreadable: [] };

    const draw = async (): Promise<void> => {
      const [competition, method] = [query.get('competition') ?? '', query.get('method') ?? ''];
      const shown = answer.rows.filter((row) => {
        const words = [
          row.competition,
          row.submission,
          row.run?.method ?? '',
          row.run?.commit ?? '',
          row.run?.name ?? '',
          ...Object.values(row.settings),
        ];
        return (
          isFound(query, words) &&
          (competition === '' || row.competition === competition) &&
          (method === '' || row.run?.method === method)
        );
      });
      const choose = (label: string, key: string, values: readonly string[], chosen: string): HTMLElement =>
        select(label, [['', 'all'] as const, ...values.map((value) => [value, value] as const)], chosen, (value) => {
          query.set(key, value === '' ? null : value);
          void draw();
        });
      const unique = (values: readonly (string | undefined)[]): string[] =>
        [...new Set(values.filter((value) => value !== undefined))].toSorted();
      fill(
        filters,
        choose('Competition', 'competition', unique(answer.rows.map((row) => row.competition)), competition),
        choose('Method', 'method', unique(answer.rows.map((row) => row.run?.method)), method),
      );
      const chosen = query.all('row').filter((key) => answer.rows.some((row) => keyOf(row) === key));
      table.update(shown, {
        caption: 'Submissions',
        columns: columnsOf(answer, shown),
        ...sortedBy(query, 'rank', draw),
        choice: {
          key: keyOf,
          name: (row) => `submission ${row.submission} of ${localTime(row.date)}`,
          chosen,
          most: 2,
          onChoice: (keys) => {
            query.set('row', keys);
            void draw();
          },
        },
        empty:
          answer.rows.length === 0
            ? 'No submissions yet. The command submit makes some.'
            : 'No submission passes the filters.',
      });
      const scores = gapsOf(shown).slice(0, MOST_GAPS);
      if (scores.length === 0) gaps.say('No submission here has scores on training images.');
      else {
        gaps.setHeight(Math.max(200, 110 + 46 * scores.length));
        await gaps.show(`Train minus test of ${counted(scores.length, 'submission')}`, (theme) =>
          gapChart(scores, theme),
        );
      }
      await drawAgreement(
        agreement,
        answer.rows.filter((row) => chosen.includes(keyOf(row))),
        signal,
      );
    };

    toolbar.append(
      searchField(query, () => void draw()),
      filters,
    );
    root.append(
      h('div', { class: 'title' }, h('h1', {}, 'Leaderboard'), lead),
      problems.element,
      toolbar,
      table.element,
      h('div', { class: 'panels' }, gaps.element, panel('Agreement', agreement)),
    );
    await keepFresh(
      view,
      ({ kind }) => kind === 'runs',
      async () => {
        answer = await ask<LeaderboardAnswer>('/api/leaderboard', {}, signal);
        lead.textContent = `${counted(answer.rows.length, 'submission')}; ${unitsOf(answer.rows)} ± standard errors`;
        problems.tell(answer.unreadable);
        await draw();
      },
    );
  },
};

/** What the scores are. */
function unitsOf(rows: readonly Row[]): string {
  const metrics = new Set(rows.map(({ metric }) => (metric === 'accuracy' ? 'accuracy in percent' : metric)));
  return [...metrics].join(', ') || 'scores';
}

/** Key of a row: the id of the run, since several runs can have the same bytes. */
const keyOf = ({ sha256, run }: Row): string => (run === null ? sha256 : run.id);

/** The columns, with those alone for settings and the competition in which rows differ. */
const columnsOf = (answer: LeaderboardAnswer, shown: readonly Row[]): Column<Row>[] => {
  const differs = (name: string): boolean => new Set(shown.flatMap(({ settings }) => settings[name] ?? [])).size > 1;
  const place = new Map(answer.rows.map((row, index) => [row, index]));
  const hasSeveral = new Set(shown.map(({ competition }) => competition)).size > 1;
  const hasMetrics = shown.some(({ metric }) => metric !== 'accuracy');
  return [
    {
      id: 'rank',
      title: '#',
      isNumeric: true,
      // Ranks of different competitions cannot be compared, so the rows are grouped by competition.
      value: (row) => place.get(row) ?? null,
      cell: ({ rank }) => String(rank),
    },
    ...scoreColumns,
    ...(hasSeveral ? [competitionColumn] : []),
    ...(hasMetrics ? [metricColumn] : []),
    ...answer.differing.filter(differs).map((name) => settingColumn<Row>(name)),
    ...otherColumns,
  ];
};

/** Without the folder that nearly all submissions lie in. */
const shortPath = (path: string): string => path.replace(/^submissions\//, '');

const scoreColumns: readonly Column<Row>[] = [
  {
    id: 'submission',
    title: 'Submission',
    value: ({ run, submission }) => run?.name ?? submission,
    cell: ({ run, submission, isThere }) =>
      h(
        'div',
        { class: 'two-lines' },
        h('strong', {}, run?.name ?? 'no run here'),
        run === null || run.name.startsWith(run.method) ? null : h('span', {}, run.method),
        h('span', { class: 'muted' }, isThere ? shortPath(submission) : `${shortPath(submission)} (replaced)`),
      ),
  },
  // Scores come first: narrow screens show them without scrolling.
  scoreColumn('test', 'Test', ({ run }) => run?.test),
  {
    id: 'public',
    title: 'Public',
    isNumeric: true,
    value: ({ kaggle, run }) => (kaggle === null ? meritOf(run?.test?.public) : turnedBy(run?.outOfFold ?? {}, kaggle)),
    group: ({ run }) => metricOf(run?.outOfFold),
    cell: ({ kaggle, run, metric }) =>
      kaggle === null
        ? scoreTextOf(run?.test?.public)
        : `${metric === 'accuracy' ? points(kaggle) : kaggle.toFixed(4)} (Kaggle)`,
  },
  scoreColumn('private', 'Private', ({ run }) => run?.test?.private),
  scoreColumn('oof', 'Out-of-fold', ({ run }) => run?.outOfFold),
  scoreColumn('train', 'Train', ({ run }) => run?.train),
];

const competitionColumn: Column<Row> = {
  id: 'competition',
  title: 'Competition',
  value: ({ competition }) => competition,
};

const metricColumn: Column<Row> = { id: 'metric', title: 'Metric', value: ({ metric }) => metric };

const otherColumns: readonly Column<Row>[] = [
  numberColumn('seconds', 'Time', ({ run }) => run?.seconds ?? null, duration),
  numberColumn('date', 'Date', ({ date }) => date, briefTime),
  {
    id: 'commit',
    title: 'Commit',
    value: ({ run }) => run?.commit ?? null,
    cell: ({ run }) => shortCommit(run?.commit ?? null),
  },
];

/** A short hash, with a mark if the checkout had changes. */
const shortCommit = (commit: string | null): string =>
  commit === null ? NOTHING : commit.slice(0, 8) + (commit.endsWith('-dirty') ? '+' : '');

/** By their names, which no other run has: rows of equal names would be drawn into one. */
const gapsOf = (rows: readonly Row[]): MethodScores[] =>
  rows.flatMap(({ run }) => (run === null ? [] : [{ ...run, name: run.name }]));

async function drawAgreement(element: HTMLElement, rows: readonly Row[], signal: AbortSignal): Promise<void> {
  if (rows.length !== 2) return fill(element, remark('Choose two submissions to see where they differ.'));
  const [first, second] = rows;
  const { competition } = first;
  if (second.competition !== competition) return fill(element, remark('Choose two submissions to one competition.'));
  try {
    const question = { competition, first: first.sha256, second: second.sha256 };
    const answer = await ask<AgreementAnswer>('/api/agreement', question, signal);
    const { n, equal, differing, differingCount, shape, sentence } = answer;
    fill(
      element,
      h(
        'p',
        {},
        h('strong', {}, `${points(differingCount / n)} %`),
        ` of ${integer(n)} labels differ: ${integer(differingCount)}. ${integer(equal)} are the same.`,
      ),
      answer.difference === null ? null : h('p', { class: 'muted' }, sentence),
      pictureBox(
        'Images with different labels',
        ...differing.map(({ id, first: one, second: other, pixels }) =>
          h(
            'figure',
            {},
            pixels === null || shape === null ? null : picture(pixels, shape, `Image ${id}`),
            h('figcaption', {}, h('span', {}, `${one} | ${other}`), h('span', { class: 'muted' }, `#${id}`)),
          ),
        ),
      ),
      differing.length < differingCount ? remark(`The first ${differing.length} are shown.`) : null,
    );
  } catch (error) {
    if (!signal.aborted) fill(element, remark(sentenceOf(error)));
  }
}

/** The charts of one study. */
import {
  contourChart,
  historyChart,
  MOST_MARKS,
  importanceChart,
  intermediateChart,
  MOST_CURVES,
  MOST_LINES,
  parallelChart,
  MOST_POINTS,
  sliceChart,
  type StudyTrials,
  MOST_BARS,
  timelineChart,
  timelineHeight,
} from '../../charts/index.ts';
import { counted, type Measured, NOTHING, valueText } from '../../base/format.ts';
import { type Direction } from '../../search/index.ts';
import type {
  ContourAnswer,
  CurvesAnswer,
  ImportanceAnswer,
  SlicesAnswer,
  StudySummary,
  SurrogateAnswer,
} from '../api.ts';
import { ask, askLong, progressWords, sentenceOf } from './ask.ts';
import { listenToBrush, setBrush } from './brush.ts';
import { chartPanel, type ChartPanel } from './chart.ts';
import { fill, h, select } from './dom.ts';
import type { PageTrial } from './page-trial.ts';
import { paretoPanel } from './pareto-panel.ts';
import { parameterNames, stepsPerFold } from './studies.ts';
import { drawnWords, gainWords, importanceWords, sampleWords } from './study-words.ts';
import { filterFrom, keepRanges } from './trials.ts';
import type { View } from './view.ts';

const ROW_HEIGHT = 230;

/** The charts of a longer study cost the server and the browser too much to be drawn for nobody. */
const MOST_TRIALS_UNSEEN = 1000;

const MODEL_MEANING =
  'Curves: mean ± 2 standard deviations of a Gaussian process of the trials, with the other parameters as in the best trial.';

export interface StudyCharts {
  readonly element: HTMLElement;
  update(summary: StudySummary, trials: readonly PageTrial[]): Promise<void>;
  /** Shows the ranges of the filter on the axes. */
  brush(): void;
}

/** @param onFilter called when the user has drawn ranges, which are in the address by then */
export function studyCharts({ query, signal }: View, name: string, onFilter: () => void): StudyCharts {
  let axes: readonly string[] = [];
  let direction: Direction = 'maximize';
  let measured: Measured = 'unknown';
  let completeCount = 0;
  let perFold: number | undefined;
  let hasDifferentValues = false;
  const contourAxes = h('div', { class: 'controls' });
  const importanceMethod = select(
    'Method',
    [
      ['ped-anova', 'PED-ANOVA'],
      ['fanova', 'fANOVA'],
    ],
    query.get('importance') ?? 'ped-anova',
    (method) => {
      query.set('importance', method === 'ped-anova' ? null : method);
      void drawImportance();
    },
  );
  const panel = (
    title: string,
    height = ROW_HEIGHT,
    more: Partial<Parameters<typeof chartPanel>[0]> = {},
  ): ChartPanel => chartPanel({ title, height, signal, isCostly: () => completeCount > MOST_TRIALS_UNSEEN, ...more });
  const pareto = paretoPanel({ query, signal });
  const history = panel('History');
  const importance = panel('Importance', ROW_HEIGHT, { controls: [importanceMethod] });
  let parallelInstance: Parameters<typeof setBrush>[0] | null = null;
  const parallel = panel('Parallel coordinates', 270, {
    isWide: true,
    controls: [
      h('span', { class: 'muted' }, 'Draw along an axis to filter the trials, or set a range above their table'),
    ],
    onMade: (chart) => {
      parallelInstance = chart;
      listenToBrush(chart, (ranges) => {
        keepRanges(query, ranges);
        onFilter();
      });
    },
    onDrawn: (chart) => setBrush(chart, filterFrom(query).ranges),
  });
  const slices = panel('Slices', 2 * ROW_HEIGHT);
  const contour = panel('Contour', 2 * ROW_HEIGHT, { controls: [contourAxes] });
  const curves = panel('Reported values', ROW_HEIGHT);
  const timeline = panel('Timeline', ROW_HEIGHT);
  const element = h('div', { class: 'panels' });
  element.append(
    ...[pareto, history, importance, parallel, slices, contour, curves, timeline].map((chart) => chart.element),
  );

  /** Asks the server when the panel comes into view. If there are too few trials for an answer, a sentence says so. */
  const drawAnswer = (chart: ChartPanel, work: () => Promise<void>): Promise<void> =>
    chart.whenSeen(async () => {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) chart.say(sentenceOf(error));
      }
    });
  const drawImportance = (): Promise<void> =>
    drawAnswer(importance, async () => {
      const asked = { name, method: query.get('importance') ?? 'ped-anova' };
      const answer = await askLong<ImportanceAnswer>('/api/study/importance', asked, signal, (progress) =>
        importance.say(progressWords(progress)),
      );
      const [first] = answer.shares;
      const label = first === undefined ? 'Importance' : `The most important: ${first.parameters.join(' with ')}`;
      await importance.show(label, (theme) => importanceChart(answer, theme), importanceWords(answer));
    });
  const drawContour = async (): Promise<void> => {
    if (completeCount === 0) return contour.say('No trial is complete yet.');
    if (!hasDifferentValues) return contour.say('A contour needs trials with different values.');
    if (axes.length < 2) return contour.say('A contour needs two parameters.');
    return drawAnswer(contour, async () => {
      const [x, y] = [query.get('x') ?? axes[0], query.get('y') ?? axes[1]];
      const choose = (label: string, key: string, chosen: string, other: string): HTMLElement =>
        select(
          label,
          axes.filter((axis) => axis !== other).map((axis) => [axis, axis] as const),
          chosen,
          (axis) => {
            query.set(key, axis);
            void drawContour();
          },
        );
      fill(contourAxes, choose('x', 'x', x, y), choose('y', 'y', y, x));
      const answer = await ask<ContourAnswer>('/api/study/contour', { name, x, y }, signal);
      await contour.show(
        `Expected value over ${x} and ${y}`,
        (theme) => contourChart(answer, theme, { direction, measured }),
        sampleWords(answer.points.length, answer.of),
      );
    });
  };
  let slicesTurn = 0;
  const drawSlices = async (): Promise<void> => {
    if (completeCount === 0) return slices.say('No trial is complete yet.');
    return drawAnswer(slices, async () => {
      const answer = await ask<SlicesAnswer>('/api/study/slices', { name }, signal);
      if (answer.slices.length === 0) return slices.say('No parameter has had a choice yet.');
      slices.setHeight(Math.max(2, Math.ceil(answer.slices.length / 2)) * ROW_HEIGHT);
      const label = `Value over each of ${counted(answer.slices.length, 'parameter')}`;
      const drawn = drawnWords(MOST_POINTS, completeCount);
      await slices.show(label, (theme) => sliceChart(answer.slices, theme, { direction, measured }), drawn);
      // The page does not wait for the model. What was drawn anew meanwhile asks again.
      slicesTurn += 1;
      const turn = slicesTurn;
      void ask<SurrogateAnswer>('/api/study/surrogate', { name }, signal)
        .then(async ({ slices: model }) => {
          if (model.length === 0 || turn !== slicesTurn) return;
          const words = [MODEL_MEANING, drawn].filter((sentence) => sentence !== '').join(' ');
          await slices.show(label, (theme) => sliceChart(answer.slices, theme, { direction, measured }, model), words);
        })
        .catch(() => {});
    });
  };
  const drawCurves = async (study: Omit<StudyTrials, 'trials'>, trials: readonly PageTrial[]) => {
    if (!trials.some(({ steps }) => steps > 0)) return curves.say('No trial has reported a number yet.');
    return drawAnswer(curves, async () => {
      const answer = await ask<CurvesAnswer>('/api/study/curves', { name }, signal);
      const numbers = Object.keys(answer.curves)
        .map(Number)
        .filter((trial) => Object.values(answer.curves[trial]).some((value) => value !== null));
      if (numbers.length === 0) return curves.say('No trial has reported a number yet.');
      // Newer trials are drawn the next time.
      const shown = numbers.flatMap((at) => {
        const steps = Object.entries(answer.curves[at]).map(([step, value]) => [step, value ?? NaN]);
        return at in trials
          ? [Object.assign({ ...trials[at] }, { intermediateValues: Object.fromEntries(steps) })]
          : [];
      });
      await curves.show(
        `What ${counted(shown.length, 'trial')} reported`,
        (theme) => intermediateChart({ ...study, trials: shown, stepsPerFold: perFold }, theme),
        drawnWords(MOST_CURVES, shown.length + answer.leftOut),
      );
    });
  };

  return {
    element,
    async update(summary, trials) {
      const { definition, best, workers, lastUsed } = summary;
      direction = definition.direction;
      measured = summary.measured;
      perFold = stepsPerFold(definition);
      const study = { name: titleOfName(name), direction, measured };
      const complete = trials.filter(({ state }) => state === 'COMPLETE');
      completeCount = complete.length;
      hasDifferentValues = complete.some(({ value }) => value !== complete[0].value);
      axes = parameterNames(complete);
      const began = trials.filter(({ startedAt }) => startedAt !== null);
      const bestWords = best === null ? NOTHING : `${valueText(best.value, measured)} in trial ${best.number}`;
      const local: Promise<void>[] = [];
      if (complete.length === 0) {
        history.say('No trial is complete yet.');
        parallel.say('No trial is complete yet.');
      } else {
        const label = `History of ${counted(complete.length, 'complete trial')}; the best is ${bestWords}`;
        const note = drawnWords(MOST_MARKS, complete.length);
        local.push(
          history.whenSeen(async () => {
            const show = (words: readonly string[]): Promise<void> =>
              history.show(label, (theme) => historyChart([{ ...study, trials }], theme), words.join(' '));
            await show([note]);
            // The rest of the page does not wait: the server fits a model for this.
            void gainWords(name, measured, signal).then((words) => (words === '' ? undefined : show([note, words])));
          }),
        );
        const lines = drawnWords(MOST_LINES, complete.length, 'the best among them');
        local.push(
          parallel.whenSeen(() =>
            parallel.show(
              `Parameters of ${counted(complete.length, 'complete trial')}`,
              (theme) => parallelChart({ ...study, trials }, theme),
              lines,
            ),
          ),
        );
      }
      if (began.length === 0) timeline.say('No trial has begun yet.');
      else {
        // Without live processes a running trial was left behind: its bar ends when the study was last used.
        const now = workers.length > 0 || lastUsed === null ? new Date().toISOString() : lastUsed;
        local.push(
          timeline.whenSeen(() => {
            const known = trials.flatMap(({ number: at, process }) =>
              process === null ? [] : [[at, process] as const],
            );
            const when = { trials: began, processes: new Map(known), now, isLocal: true };
            timeline.setHeight(timelineHeight(when));
            return timeline.show(
              `When ${counted(began.length, 'trial')} ran, and in which process`,
              (theme) => timelineChart(when, theme),
              drawnWords(MOST_BARS, began.length, 'the last ones'),
            );
          }),
        );
      }
      await Promise.all([
        pareto.draw(summary, trials),
        ...local,
        drawImportance(),
        drawSlices(),
        drawContour(),
        drawCurves(study, trials),
      ]);
    },
    brush() {
      if (parallelInstance !== null) setBrush(parallelInstance, filterFrom(query).ranges);
    },
  };
}

const titleOfName = (name: string): string => name.split('/').at(2) ?? name;

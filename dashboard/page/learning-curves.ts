/** Learning curves and learning rates of several runs, with controls. */
import {
  type CurveGroup,
  type CurveMetric,
  learningCurveChart,
  type LearningCurves,
  learningRateChart,
} from '../../charts/index.ts';
import { capitalized } from '../../base/format.ts';
import { chartPanel } from './chart.ts';
import { checkbox, fill, h, select } from './dom.ts';
import type { Query, View } from './view.ts';

export interface CurvesSection {
  readonly elements: readonly HTMLElement[];
  /** Draws the current groups. */
  draw(): Promise<void>;
}

/** @param groupsNow returns a group for each shown run */
export function curvesSection({ query, signal }: View, groupsNow: () => readonly CurveGroup[]): CurvesSection {
  const controls = h('div', { class: 'toolbar' });
  const curves = chartPanel({ title: 'Learning curves', height: 330, isWide: true, controls: [controls], signal });
  const rates = chartPanel({ title: 'Learning rate', height: 300, signal });
  /** Metrics that the controls offer besides accuracy; null before they are there. */
  let shownControls: string | null = null;
  const draw = async (): Promise<void> => {
    const groups = groupsNow().filter((group) => group.curves.some((epochs) => epochs.length > 0));
    if (groups.length === 0) {
      curves.say('There is nothing to draw: these runs kept no epochs.');
      rates.say('There is nothing to draw.');
      return;
    }
    const metrics = metricsOf(groups);
    const settings = curveSettings(query, metrics);
    const offered = metrics.map(({ title }) => title).join();
    // A slider that is being moved must stay where it is.
    if (offered !== shownControls) fill(controls, ...curveControls(query, metrics, () => void draw()));
    shownControls = offered;
    const names = groups.map(({ name }) => name).join(', ');
    const { metric } = settings;
    const others = typeof metric === 'string' ? [] : groups.filter((group) => group.metric?.title !== metric.title);
    await Promise.all([
      curves.show(
        `${titleOf(metric)} of ${names}`,
        (theme) => learningCurveChart({ ...settings, groups }, theme),
        others.length === 0
          ? ''
          : `Not drawn, since their competition has another metric: ${others.map(({ name }) => name).join(', ')}.`,
      ),
      rates.show(`Learning rate of ${names}`, (theme) => learningRateChart(groups, theme)),
    ]);
  };
  return { elements: [curves.element, rates.element], draw };
}

type CurveSettings = Required<Omit<LearningCurves, 'groups'>>;

/** The metrics besides accuracy that competitions of the groups score by, each once. */
function metricsOf(groups: readonly CurveGroup[]): CurveMetric[] {
  const byTitle = new Map(groups.flatMap(({ metric }) => (metric === undefined ? [] : [[metric.title, metric]])));
  return [...byTitle.values()];
}

const titleOf = (metric: LearningCurves['metric']): string => (typeof metric === 'string' ? metric : metric.title);

/** What the competition of the first group scores by is shown at first. */
function curveSettings(query: Query, metrics: readonly CurveMetric[]): CurveSettings {
  const show = query.get('show');
  const smoothing = Number(query.get('smoothing') ?? 0);
  const known: LearningCurves['metric'][] = [...metrics, 'accuracy', 'loss'];
  return {
    metric: known.find((metric) => titleOf(metric) === query.get('metric')) ?? known[0],
    show: show === 'each' || show === 'mean' ? show : 'band',
    smoothing: smoothing >= 0 && smoothing < 1 ? smoothing : 0,
    log: query.get('log') === 'yes',
  };
}

function curveControls(query: Query, metrics: readonly CurveMetric[], draw: () => void): HTMLElement[] {
  const { metric, show, smoothing, log } = curveSettings(query, metrics);
  const set = (key: string, value: string | null): void => {
    query.set(key, value);
    draw();
  };
  const words = h('span', { class: 'steady' }, `Smoothing ${smoothing}`);
  const slider = h('input', {
    type: 'range',
    min: 0,
    max: 0.95,
    step: 0.05,
    value: smoothing,
    oninput: () => {
      words.textContent = `Smoothing ${slider.value}`;
      set('smoothing', Number(slider.value) === 0 ? null : slider.value);
    },
  });
  return [
    select(
      'Metric',
      [...metrics.map(({ title }) => [title, capitalized(title)] as const), ['accuracy', 'Accuracy'], ['loss', 'Loss']],
      titleOf(metric),
      (value) => set('metric', value),
    ),
    select(
      'Folds',
      [
        ['band', 'Mean ± deviation'],
        ['each', 'Every fold'],
        ['mean', 'Mean'],
      ],
      show,
      (value) => set('show', value),
    ),
    h('label', { class: 'field' }, words, slider),
    checkbox('Logarithmic', log, (isChecked) => set('log', isChecked ? 'yes' : null)),
  ];
}

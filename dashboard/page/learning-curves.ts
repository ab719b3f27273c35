/** Learning curves and learning rates of several runs, with controls. */
import { type CurveGroup, learningCurveChart, type LearningCurves, learningRateChart } from '../../charts/index.ts';
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
  const draw = async (): Promise<void> => {
    const settings = curveSettings(query);
    const groups = groupsNow().filter((group) => group.curves.some((epochs) => epochs.length > 0));
    if (groups.length === 0) {
      curves.say('There is nothing to draw: these runs kept no epochs.');
      rates.say('There is nothing to draw.');
      return;
    }
    const names = groups.map(({ name }) => name).join(', ');
    await Promise.all([
      curves.show(`${settings.metric} of ${names}`, (theme) => learningCurveChart({ ...settings, groups }, theme)),
      rates.show(`Learning rate of ${names}`, (theme) => learningRateChart(groups, theme)),
    ]);
  };
  fill(controls, ...curveControls(query, () => void draw()));
  return { elements: [curves.element, rates.element], draw };
}

type CurveSettings = Required<Omit<LearningCurves, 'groups'>>;

function curveSettings(query: Query): CurveSettings {
  const show = query.get('show');
  const smoothing = Number(query.get('smoothing') ?? 0);
  return {
    metric: query.get('metric') === 'loss' ? 'loss' : 'accuracy',
    show: show === 'each' || show === 'mean' ? show : 'band',
    smoothing: smoothing >= 0 && smoothing < 1 ? smoothing : 0,
    log: query.get('log') === 'yes',
  };
}

function curveControls(query: Query, draw: () => void): HTMLElement[] {
  const { metric, show, smoothing, log } = curveSettings(query);
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
      [
        ['accuracy', 'Accuracy'],
        ['loss', 'Loss'],
      ],
      metric,
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

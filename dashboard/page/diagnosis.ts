/** Errors of the networks of a run: confusion matrix, calibration, and the misclassified images. */
import { calibrationChart, confusionChart } from '../../charts/index.ts';
import { imageName } from '../../base/image-name.ts';
import type { DiagnosisAnswer, PicturedMistake } from '../api.ts';
import { ask, sentenceOf } from './ask.ts';
import { chartPanel } from './chart.ts';
import { classPanel } from './class-table.ts';
import { addressOf, fill, h, link, select } from './dom.ts';
import { counted, integer, percent, points } from '../../base/format.ts';
import { picture, pictureBox } from './pictures.ts';
import { remark, type View, widePanel } from './view.ts';

/** The names of more classes need more room. */
const FEW_CLASSES = 25;

export interface DiagnosisSection {
  readonly elements: readonly HTMLElement[];
  /** @param runs runs to choose from; the first one is shown */
  show(runs: readonly { readonly id: string; readonly title: string }[]): Promise<void>;
}

const orders = {
  'most sure': (a: PicturedMistake, b: PicturedMistake) => b.confidence - a.confidence,
  'least sure': (a: PicturedMistake, b: PicturedMistake) => a.confidence - b.confidence,
  'true label': (a: PicturedMistake, b: PicturedMistake) =>
    a.label.localeCompare(b.label) || b.confidence - a.confidence,
  'predicted label': (a: PicturedMistake, b: PicturedMistake) =>
    a.predicted.localeCompare(b.predicted) || b.confidence - a.confidence,
  row: (a: PicturedMistake, b: PicturedMistake) => a.row - b.row,
} as const;

type Order = keyof typeof orders;

export function diagnosisSection(view: View): DiagnosisSection {
  const { query, signal } = view;
  const which = h('div', { class: 'controls' });
  const confusion = chartPanel({ title: 'Confusion', height: 360, controls: [which], signal });
  const calibration = chartPanel({ title: 'Calibration', height: 360, signal });
  const classes = classPanel(view);
  const toolbar = h('div', { class: 'toolbar' });
  const grid = pictureBox('Pictures of the wrong images');
  const more = h('p', {});
  const mistakes = widePanel('Wrong images', toolbar, grid, more);
  let asked = '';

  const drawMistakes = (answer: DiagnosisAnswer): void => {
    const order = query.get('mistakes') ?? 'most sure';
    const label = query.get('true') ?? '';
    const labels = [...new Set(answer.mistakes.map((mistake) => mistake.label))].toSorted();
    const shown = answer.mistakes
      .filter((mistake) => label === '' || mistake.label === label)
      .toSorted(orders[order in orders ? (order as Order) : 'most sure']);
    const set = (key: string, value: string | null): void => {
      query.set(key, value);
      drawMistakes(answer);
    };
    const total = answer.mistakeCount;
    const words = `${counted(total, 'image')} of ${integer(answer.images)} wrong (${points(total / answer.images)} %)`;
    fill(
      toolbar,
      select(
        'Order',
        (Object.keys(orders) as Order[]).map((name) => [name, name] as const),
        order,
        (name) => set('mistakes', name === 'most sure' ? null : name),
      ),
      select('True label', [['', 'all'] as const, ...labels.map((name) => [name, name] as const)], label, (name) =>
        set('true', name || null),
      ),
      h(
        'span',
        { class: 'muted count' },
        answer.mistakes.length < total ? `${words}; the surest ${answer.mistakes.length} are shown` : words,
      ),
    );
    fill(grid, ...shown.map((mistake) => figure(mistake, answer)));
  };
  const show = async (id: string): Promise<void> => {
    asked = id;
    for (const part of [confusion, calibration, classes]) part.say('Predicting …');
    fill(toolbar);
    fill(grid, remark('Predicting …'));
    fill(more);
    try {
      const answer = await ask<DiagnosisAnswer>('/api/run/diagnosis', { id }, signal);
      if (asked !== id) return;
      drawMistakes(answer);
      if (answer.mistakeCount > 0) {
        fill(more, link(addressOf('/errors', { run: id }), 'Why: nearest training images, and what other runs say'));
      }
      classes.show(answer.classes);
      confusion.setHeight(answer.confusion.classes.length > FEW_CLASSES ? 600 : 360);
      const wrong = points(answer.mistakeCount / answer.images);
      await confusion.show(`Confusion matrix: ${wrong} % of ${integer(answer.images)} images are wrong`, (theme) =>
        confusionChart(answer.confusion, theme),
      );
      const error = points(answer.calibration.error);
      await calibration.show(`Calibration: expected error ${error} %`, (theme) =>
        calibrationChart(answer.calibration, theme),
      );
    } catch (error) {
      if (signal.aborted || asked !== id) return;
      for (const part of [confusion, calibration, classes]) part.say(sentenceOf(error));
      fill(grid, remark(sentenceOf(error)));
    }
  };
  return {
    elements: [confusion.element, calibration.element, classes.element, mistakes],
    async show(runs) {
      if (runs.length === 0) {
        for (const part of [confusion, calibration, classes]) part.say('Choose a run above.');
        return;
      }
      const wanted = query.get('look');
      const chosen = runs.find(({ id }) => id === wanted) ?? runs[0];
      fill(
        which,
        select(
          'Run',
          runs.map(({ id, title }) => [id, title] as const),
          chosen.id,
          (id) => {
            query.set('look', id);
            void show(id);
          },
        ),
      );
      if (chosen.id !== asked) await show(chosen.id);
    },
  };
}

function figure(
  { label, predicted, confidence, pixels, row, id }: PicturedMistake,
  { shape }: DiagnosisAnswer,
): HTMLElement {
  return h(
    'figure',
    { title: imageName({ row, id }) },
    picture(pixels, shape, `Image ${id}: ${label}, taken for ${predicted}`),
    h(
      'figcaption',
      {},
      h('span', {}, `${label} → `, h('strong', {}, predicted)),
      h('span', { class: 'muted' }, percent(confidence, 0)),
    ),
  );
}

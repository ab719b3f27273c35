/** Data: the images of a competition: classes, duplicates, suspected label errors, augmentation. */
import { counted, integer, percent, pixelSize } from '../../../base/format.ts';
import type {
  DataAnswer,
  DataSetsAnswer,
  LabelErrorsAnswer,
  PicturedPair,
  PicturedPlace,
  RunsAnswer,
  RunSummary,
} from '../../api.ts';
import type { ImageShape } from '../../../data/index.ts';
import { ask, askLong, progressWords, sentenceOf } from '../ask.ts';
import { fill, h, select } from '../dom.ts';
import { picture, pictureBox } from '../pictures.ts';
import { plainTable } from '../table.ts';
import { type Page, panel, remark, type View, widePanel } from '../view.ts';

const pairKinds = {
  all: 'all',
  train: 'within the training images',
  test: 'between training and test images',
} as const;

export const page: Page = {
  async show(view) {
    const { root, query, signal } = view;
    const lead = h('p', { class: 'lead' });
    const controls = h('div', { class: 'toolbar' });
    const content = h('div', { class: 'panels', 'aria-live': 'polite' });
    const [{ sets }, { runs }] = await Promise.all([
      ask<DataSetsAnswer>('/api/data/sets', {}, signal),
      ask<RunsAnswer>('/api/runs', {}, signal),
    ]);
    root.append(h('div', { class: 'title' }, h('h1', {}, 'Data'), lead), controls, content);
    if (sets.length === 0) {
      lead.textContent = 'There are no images yet. The command data downloads some, and says where to put others.';
      return;
    }
    let asked = '';
    const choose = async (id: string): Promise<void> => {
      asked = id;
      fill(
        controls,
        select(
          'Competition',
          sets.map((one) => [one.id, one.title] as const),
          id,
          (other) => {
            for (const key of ['run', 'pairs']) query.set(key, null);
            query.set('competition', other);
            void choose(other);
          },
        ),
      );
      lead.textContent = '';
      const place = h('section', { class: 'panel wide', 'aria-label': 'Images' }, remark('Reading the images …'));
      fill(content, place);
      try {
        const answer = await askLong<DataAnswer>('/api/data', { id }, signal, (progress) => {
          if (asked === id) fill(place, remark(progressWords(progress)));
        });
        if (asked !== id) return;
        lead.textContent = leadOf(answer);
        const labels = labelPanel(view, answer, runs);
        fill(
          content,
          ...noted(answer),
          classPanel(answer),
          duplicatePanel(view, answer),
          labels.element,
          augmentationPanel(answer),
        );
        await labels.show();
      } catch (error) {
        if (!signal.aborted && asked === id) fill(place, remark(sentenceOf(error)));
      }
    };
    await choose(query.get('competition') ?? sets[0].id);
  },
};

function leadOf({ train, test, shape, classes }: DataAnswer): string {
  const colour = shape.channels === 1 ? 'grey' : 'in colour';
  return (
    `${counted(train, 'training image')} and ${counted(test, 'test image')} of ${pixelSize(shape)} pixels, ${colour}; ` +
    `${classes.length} classes`
  );
}

/** The notes about the images. */
function noted({ notes }: DataAnswer): HTMLElement[] {
  if (notes.length === 0) return [];
  const element = widePanel('What is odd', ...notes.map((note) => h('p', {}, note)));
  return [element];
}

function classPanel({ classes, train, shape }: DataAnswer): HTMLElement {
  const most = Math.max(...classes.map(({ count }) => count));
  const rows = classes.map(({ name, count, mean, samples }): (Node | string)[] => [
    name,
    h(
      'div',
      { class: 'counted' },
      h('span', {}, integer(count)),
      h('span', { class: 'muted' }, percent(count / train)),
      h('meter', { min: 0, max: most, value: count, 'aria-label': `Images of ${name}` }),
    ),
    mean === null ? 'none' : picture(mean, shape, `Mean image of ${name}`),
    h(
      'div',
      { class: 'strip' },
      ...samples.map(({ row, pixels }) => picture(pixels, shape, `Image ${row + 1}, ${name}`)),
    ),
  ]);
  const element = panel('Classes', plainTable('Classes', ['Class', 'Images', 'Mean', 'Samples'], rows));
  element.classList.add('wide', 'looks');
  return element;
}

function duplicatePanel({ query }: View, { duplicates, shape }: DataAnswer): HTMLElement {
  const { says, pairs, count } = duplicates;
  const toolbar = h('div', { class: 'toolbar' });
  const grid = pictureBox('Pairs of images that are the same, or nearly');
  const element = panel('Duplicates', ...says.map((sentence) => h('p', {}, sentence)), toolbar, grid);
  element.classList.add('wide', 'pairs');
  const draw = (): void => {
    const kind = query.get('pairs') ?? 'all';
    const shown = pairs.filter(({ second }) => !(kind === 'train' || kind === 'test') || second.of === kind);
    fill(
      toolbar,
      select('Where', Object.entries(pairKinds), kind, (other) => {
        query.set('pairs', other === 'all' ? null : other);
        draw();
      }),
      h(
        'span',
        { class: 'muted count', role: 'status' },
        `${integer(shown.length)} of ${counted(count, 'pair')}, identical ones first`,
      ),
    );
    fill(grid, ...(shown.length === 0 ? [remark('There are none.')] : shown.map((pair) => pairFigure(pair, shape))));
  };
  if (pairs.length === 0) grid.hidden = true;
  else draw();
  return element;
}

const placeText = ({ of, row }: PicturedPlace): string => `${of} ${integer(row + 1)}`;

function pairFigure({ first, second, similarity, images }: PicturedPair, shape: ImageShape): HTMLElement {
  const one = (place: PicturedPlace): HTMLElement =>
    h(
      'div',
      {},
      picture(place.pixels, shape, `${placeText(place)}${place.label === null ? '' : `, ${place.label}`}`),
      h('span', {}, placeText(place)),
      h('strong', {}, place.label ?? ''),
    );
  const more = images > 2 ? `, ${integer(images)} images` : '';
  const words = similarity === 1 ? `identical${more}` : `correlation ${similarity.toFixed(4)}`;
  return h(
    'figure',
    {},
    h('div', { class: 'pair' }, one(first), one(second)),
    h('figcaption', { class: 'muted' }, words),
  );
}

function labelPanel({ query, signal }: View, { id }: DataAnswer, all: readonly RunSummary[]) {
  const runs = all.filter(({ configuration }) => configuration.competition === id);
  const toolbar = h('div', { class: 'toolbar' });
  const grid = pictureBox('Images whose labels are probably wrong');
  const element = widePanel('Labels that are probably wrong', toolbar, grid);
  let asked = '';
  const show = async (): Promise<void> => {
    if (runs.length === 0) {
      fill(grid, remark('That needs the out-of-fold predictions of a run. The command submit makes one.'));
      return;
    }
    const named = query.get('run');
    const isGone = named !== null && !all.some((one) => one.id === named);
    const run = isGone ? named : (runs.find((one) => one.id === named) ?? runs[0]).id;
    asked = run;
    const words = h('span', { class: 'muted count', role: 'status' });
    fill(
      toolbar,
      select(
        'Run',
        runs.map((one) => [one.id, one.name] as const),
        run,
        (other) => {
          query.set('run', other);
          void show();
        },
      ),
      words,
    );
    fill(grid, remark('Predicting …'));
    try {
      const answer = await ask<LabelErrorsAnswer>('/api/run/labelErrors', { id: run }, signal);
      if (asked !== run) return;
      const { suspected, count, images, shape } = answer;
      words.textContent =
        `${integer(count)} of ${counted(images, 'label')}; look before you change one: hard images are among them` +
        (suspected.length < count ? `. The least likely ${integer(suspected.length)} are shown` : '');
      fill(
        grid,
        ...(count === 0 ? [remark('No label is suspected.')] : suspected.map((one) => labelFigure(one, shape))),
      );
    } catch (error) {
      if (!signal.aborted && asked === run) fill(grid, remark(sentenceOf(error)));
    }
  };
  return { element, show };
}

function labelFigure(
  { row, label, suggested, labelProbability, suggestedProbability, pixels }: LabelErrorsAnswer['suspected'][number],
  shape: ImageShape,
): HTMLElement {
  const title = `Label ${label}: ${percent(labelProbability, 0)}; ${suggested}: ${percent(suggestedProbability, 0)}`;
  return h(
    'figure',
    { title },
    picture(pixels, shape, `Image ${row + 1}. ${title}`),
    h(
      'figcaption',
      {},
      h('span', {}, `${label} → `, h('strong', {}, suggested)),
      h('span', { class: 'muted' }, integer(row + 1)),
    ),
  );
}

function augmentationPanel({ augmentations, shape }: DataAnswer): HTMLElement {
  const rows = augmentations.map(({ name, pixels }): (Node | string)[] => [
    name,
    h(
      'div',
      { class: 'strip' },
      ...pixels.map((one, i) => picture(one, shape, `Image ${i + 1} with the augmentation ${name}`)),
    ),
  ]);
  const element = panel(
    'Augmentation',
    h(
      'p',
      { class: 'muted' },
      'The same images in every row. The training sees each image changed anew in every epoch; this is the first epoch of seed 1.',
    ),
    plainTable('Augmentation', ['augment', 'Images'], rows),
  );
  element.classList.add('wide', 'looks');
  return element;
}

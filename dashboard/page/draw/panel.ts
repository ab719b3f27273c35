/** A panel to draw or drop an image and see the predictions of networks. Dashboard and exported pages show it. */
import type { NetworksAnswer } from '../../api.ts';
import { checkbox, field, fill, h } from '../dom.ts';
import { paint } from '../pictures.ts';
import type { Engine } from './engine.ts';
import { createPad } from './pad.ts';
import { adaptedPicture, drawnGrey, type Picture, type Wish } from './prepare.ts';
import { createResults } from './results.ts';

/** Larger pictures are scaled down first. */
const LARGEST_SIDE = 2048;

export interface DrawingPanel {
  readonly element: HTMLElement;
  /** Shows the predictions of runs of one competition. @throws Error with the reason if they cannot run */
  show(runs: readonly NetworksAnswer[]): Promise<void>;
}

/** Drawings of digits and letters are centred as in MNIST. */
const areCharacters = ({ plan, classes }: NetworksAnswer): boolean =>
  plan.input.channels === 1 && classes.every((name) => Array.from(name).length === 1);

export function drawingPanel(engine: Engine): DrawingPanel {
  let runs: readonly NetworksAnswer[] = [];
  let loaded: { readonly picture: Picture; readonly name: string } | null = null;
  let isCentred = true;
  let latest: Uint8Array | null = null;
  const problem = h('p', { class: 'problem', role: 'alert' });
  const results = createResults();
  const seen = h('canvas', { class: 'seen', role: 'img', 'aria-label': 'What the networks see' });
  const says = h('p', { class: 'muted narrow' });
  const options = h('div', { class: 'controls' });
  const pad = createPad(() => {
    loaded = null;
    void refresh();
  });

  const wish = (): Wish => {
    const [{ plan, fit, ground }] = runs;
    return { shape: plan.input, fit, ground };
  };
  /** The input of the networks, and what was done to the picture. */
  const image = (): { pixels: Uint8Array | null; words: string } => {
    const wanted = wish();
    if (loaded !== null) {
      const { pixels, says: done } = adaptedPicture(loaded.picture, wanted);
      return { pixels, words: `${loaded.name}: ${done.length === 0 ? 'as it is' : done.join('; ')}.` };
    }
    const picture = pad.picture();
    if (wanted.shape.channels === 3) {
      const { pixels } = adaptedPicture(picture, wanted);
      return { pixels: pixels.some((value) => value > 0) ? pixels : null, words: 'The field, made smaller.' };
    }
    const mnist = isCentred && areCharacters(runs[0]);
    return {
      pixels: drawnGrey(picture, wanted, mnist),
      words: mnist
        ? 'Centred and scaled as in MNIST: the longer side fills 20 of 28 pixels, and the centre of mass is in the middle.'
        : 'The field, made smaller.',
    };
  };
  const refresh = async (): Promise<void> => {
    if (runs.length === 0) return;
    const { pixels, words } = image();
    says.textContent = words;
    paint(seen, pixels, runs[0].plan.input);
    latest = pixels;
    results.setBusy(pixels !== null);
    if (pixels === null) return results.show(null);
    try {
      const said = await engine.predict(pixels);
      // A newer image is being predicted, or the field was cleared.
      if (said === null || latest !== pixels) return;
      results.show(said.flatMap((one, i) => (isSingle(runs[i]) ? [one.ensemble] : [one.first, one.ensemble])));
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    }
    results.setBusy(false);
  };
  const load = async (file: File | undefined): Promise<void> => {
    if (file === undefined || runs.length === 0) return;
    try {
      const bitmap = await createImageBitmap(file);
      problem.textContent = '';
      pad.put(bitmap);
      loaded = { picture: pixelsOf(bitmap), name: file.name };
      bitmap.close();
    } catch {
      problem.textContent = `${file.name}: expected an image that the browser can show, got something else. Choose another one.`;
      return;
    }
    await refresh();
  };

  const chooser = h('input', {
    type: 'file',
    accept: 'image/*',
    onchange: () => {
      void load(chooser.files?.[0]);
      chooser.value = '';
    },
  });
  const button = (words: string, onclick: () => void) =>
    h('button', { type: 'button', class: 'quiet', onclick }, words);
  const place = h(
    'section',
    { class: 'panel field-panel', 'aria-label': 'Draw' },
    h('h2', {}, 'Draw, or drop an image here'),
    pad.element,
    h(
      'div',
      { class: 'controls' },
      button('Clear', () => pad.clear()),
      button('Undo', () => pad.undo()),
      options,
    ),
    field('Or a file', chooser),
    problem,
  );
  const element = h(
    'div',
    { class: 'drawing' },
    place,
    h(
      'section',
      { class: 'panel', 'aria-label': 'What the networks say' },
      h('h2', {}, 'What the networks say'),
      results.element,
    ),
    h(
      'section',
      { class: 'panel', 'aria-label': 'What the networks see' },
      h('h2', {}, 'What the networks see'),
      seen,
      says,
    ),
  );
  element.addEventListener('dragover', (event) => {
    event.preventDefault();
    place.classList.add('dropping');
  });
  element.addEventListener('dragleave', () => place.classList.remove('dropping'));
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    place.classList.remove('dropping');
    void load(event.dataTransfer?.files[0]);
  });

  return {
    element,
    async show(now) {
      const isOther = runs.length === 0 || shapeText(runs[0]) !== shapeText(now[0]);
      await engine.open(now);
      runs = now;
      const { input } = runs[0].plan;
      if (isOther) {
        loaded = null;
        pad.fit(input.height, input.width);
        pad.setInk('#fff');
        fill(options, ...optionsFor(runs[0]));
      }
      results.begin(runs.flatMap(columnsOf), runs[0].classes);
      await refresh();
    },
  };

  function optionsFor(run: NetworksAnswer): HTMLElement[] {
    if (areCharacters(run)) {
      const box = checkbox('Centre and scale as in MNIST', isCentred, (isChecked) => {
        isCentred = isChecked;
        void refresh();
      });
      return [box];
    }
    if (run.plan.input.channels === 1) return [];
    const ink = h('input', { type: 'color', value: '#ffffff', oninput: () => pad.setInk(ink.value) });
    return [field('Ink', ink)];
  }
}

/** Whether the run has a single network, which is its own ensemble. */
const isSingle = ({ folds }: NetworksAnswer): boolean => folds.length === 1 && folds[0].length === 1;

const columnsOf = (run: NetworksAnswer) => {
  const count = run.folds.reduce((sum, fold) => sum + fold.length, 0);
  const without = run.hasViews ? ', without TTA' : '';
  const one = { title: run.name, about: 'one network', isSaid: isSingle(run) };
  return isSingle(run) ? [one] : [one, { title: run.name, about: `ensemble of ${count}${without}`, isSaid: true }];
};

const shapeText = ({ plan, classes }: NetworksAnswer): string => JSON.stringify([plan.input, classes]);

function pixelsOf(bitmap: ImageBitmap): Picture {
  const scale = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = h('canvas', { width, height }).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

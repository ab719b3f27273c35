/** A field to draw on, with a pen, a finger or the keyboard. */
import { h } from '../dom.ts';
import type { Picture } from './prepare.ts';

/** Width of the field in pixels. Strokes have the same relative width as in MNIST. */
const WIDTH = 280;
const STROKE = WIDTH / 12;
/** Length of a step with the keyboard, in pixels. */
const STEP = WIDTH / 28;
const LARGE_STEP = WIDTH / 7;
const MOST_UNDONE = 30;

export interface Pad {
  readonly element: HTMLElement;
  /** Sets the aspect ratio of the field, and clears it. */
  fit(height: number, width: number): void;
  picture(): Picture;
  /** Shows a picture in place of the drawing. The next stroke clears it. */
  put(image: ImageBitmap): void;
  clear(): void;
  undo(): void;
  /** CSS colour of the ink. */
  setInk(colour: string): void;
}

/** @param onDrawn called whenever the user has changed the drawing */
export function createPad(onDrawn: () => void): Pad {
  const hint = h(
    'p',
    { class: 'muted narrow', id: 'pad-hint' },
    'With the keyboard: arrows move the pen, with Shift in large steps; Space puts it down and lifts it, Delete clears, Ctrl+Z undoes.',
  );
  const canvas = h('canvas', {
    width: WIDTH,
    height: WIDTH,
    class: 'pad',
    tabindex: 0,
    role: 'application',
    'aria-label': 'Field to draw on',
    'aria-describedby': 'pad-hint',
  });
  const cursor = h('span', { class: 'pen', hidden: true });
  const element = h('div', { class: 'pad-box' }, h('div', { class: 'pad-place' }, canvas, cursor), hint);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const earlier: ImageData[] = [];
  const at = { x: WIDTH / 2, y: WIDTH / 2 };
  let isDown = false;
  let isPicture = false;
  let ink = '#fff';

  const wipe = (): void => {
    context.fillStyle = '#000';
    context.fillRect(0, 0, canvas.width, canvas.height);
  };
  const remember = (): void => {
    earlier.push(context.getImageData(0, 0, canvas.width, canvas.height));
    if (earlier.length > MOST_UNDONE) earlier.shift();
  };
  const begin = (): void => {
    if (isPicture) wipe();
    else remember();
    isPicture = false;
  };
  /** A circle of its own, since a browser strokes no line without length. */
  const dot = (): void => {
    context.fillStyle = ink;
    context.beginPath();
    context.arc(at.x, at.y, STROKE / 2, 0, 2 * Math.PI);
    context.fill();
  };
  const lineTo = (x: number, y: number): void => {
    context.strokeStyle = ink;
    context.lineWidth = STROKE;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(at.x, at.y);
    context.lineTo(x, y);
    context.stroke();
    at.x = x;
    at.y = y;
  };
  const lift = (): void => {
    isDown = false;
    cursor.dataset.pen = 'up';
  };
  const placeOf = ({ clientX, clientY }: MouseEvent): [x: number, y: number] => {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * canvas.width, ((clientY - box.top) / box.height) * canvas.height];
  };
  const clear = (): void => {
    if (!isPicture) remember();
    isPicture = false;
    wipe();
    onDrawn();
  };
  const undo = (): void => {
    const last = earlier.pop();
    if (last === undefined) return;
    isPicture = false;
    context.putImageData(last, 0, 0);
    onDrawn();
  };

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    cursor.hidden = true;
    begin();
    isDown = true;
    [at.x, at.y] = placeOf(event);
    dot();
    onDrawn();
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!isDown || !canvas.hasPointerCapture(event.pointerId)) return;
    const passed = event.getCoalescedEvents();
    for (const one of passed.length > 0 ? passed : [event]) lineTo(...placeOf(one));
    onDrawn();
  });
  for (const end of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(end, lift);
  canvas.addEventListener('blur', () => {
    lift();
    cursor.hidden = true;
  });
  const keys: Readonly<Record<string, readonly [x: number, y: number]>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  const showCursor = (): void => {
    cursor.hidden = false;
    cursor.style.left = `${(100 * at.x) / canvas.width}%`;
    cursor.style.top = `${(100 * at.y) / canvas.height}%`;
  };
  canvas.addEventListener('keydown', (event) => {
    const direction = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    const isUndo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z';
    if (direction === undefined && !isUndo && ![' ', 'Delete', 'Backspace', 'Escape'].includes(event.key)) return;
    event.preventDefault();
    if (isUndo) return undo();
    if (event.key === 'Delete' || event.key === 'Backspace') return clear();
    if (event.key === 'Escape') lift();
    if (event.key === ' ') {
      if (isDown) lift();
      else {
        begin();
        isDown = true;
        cursor.dataset.pen = 'down';
        dot();
        onDrawn();
      }
    }
    if (direction !== undefined) {
      const step = event.shiftKey ? LARGE_STEP : STEP;
      const x = Math.min(Math.max(at.x + step * direction[0], 0), canvas.width);
      const y = Math.min(Math.max(at.y + step * direction[1], 0), canvas.height);
      if (isDown) {
        lineTo(x, y);
        onDrawn();
      } else {
        at.x = x;
        at.y = y;
      }
    }
    showCursor();
  });
  wipe();

  return {
    element,
    fit(height, width) {
      canvas.height = Math.max(1, Math.round((WIDTH * height) / width));
      earlier.length = 0;
      isPicture = false;
      at.x = canvas.width / 2;
      at.y = canvas.height / 2;
      wipe();
    },
    picture: () => context.getImageData(0, 0, canvas.width, canvas.height),
    put(image) {
      if (!isPicture) remember();
      isPicture = true;
      wipe();
      const scale = Math.min(canvas.width / image.width, canvas.height / image.height);
      const [width, height] = [image.width * scale, image.height * scale];
      context.imageSmoothingEnabled = scale < 1;
      context.drawImage(image, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
    },
    clear,
    undo,
    setInk(colour) {
      ink = colour;
    },
  };
}

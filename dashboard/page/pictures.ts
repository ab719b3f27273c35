/** Draws images of a data set. */
import type { ImageShape } from '../../data/index.ts';
import { type Child, h } from './dom.ts';

/** A scrollable box of figures, which the keyboard can reach. */
export const pictureBox = (label: string, ...children: readonly Child[]): HTMLElement =>
  h('div', { class: 'pictures', role: 'region', 'aria-label': label, tabindex: 0 }, ...children);

/** @param pixels u8[height × width × channels] in base 64; one channel is grey, three are red, green and blue */
export function picture(pixels: string, shape: ImageShape, label: string): HTMLCanvasElement {
  const canvas = h('canvas', { role: 'img', 'aria-label': label });
  const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
  paint(canvas, bytes, shape);
  return canvas;
}

/** @param pixels u8[height × width × channels]; null is black */
export function paint(canvas: HTMLCanvasElement, pixels: Uint8Array | null, shape: ImageShape): void {
  const { height, width, channels } = shape;
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  for (let at = 0; at < width * height; at += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      image.data[4 * at + channel] = pixels?.[at * channels + (channels === 1 ? 0 : channel)] ?? 0;
    }
    image.data[4 * at + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
}

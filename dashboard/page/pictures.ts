/** Draws images of a data set. */
import type { ImageSize } from '../api.ts';
import { type Child, h } from './dom.ts';

/** A scrollable box of figures, which the keyboard can reach. */
export const pictureBox = (label: string, ...children: readonly Child[]): HTMLElement =>
  h('div', { class: 'pictures', role: 'region', 'aria-label': label, tabindex: 0 }, ...children);

/** @param pixels u8[height × width × channels] in base 64; one channel is grey, three are red, green and blue */
export function picture(pixels: string, { height, width, channels }: ImageSize, label: string): HTMLCanvasElement {
  const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
  const canvas = h('canvas', { width, height, role: 'img', 'aria-label': label });
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      image.data[4 * i + channel] = bytes[i * channels + (channels === 1 ? 0 : channel)];
    }
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

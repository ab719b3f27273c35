/** The one form in which images travel through the program: bytes in shared memory. */

export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * `count` images of height × width × channels bytes, one after the other, rows first, channels last (NHWC).
 * `pixels` lies on a SharedArrayBuffer, so that worker threads read the same memory.
 */
export interface Images {
  readonly shape: ImageShape;
  readonly count: number;
  readonly pixels: Uint8Array<SharedArrayBuffer>;
}

/** Images with the class index of each, 0 ≤ label < classes. */
export interface LabelledImages extends Images {
  readonly labels: Uint16Array<SharedArrayBuffer>;
  /** The file that they are from, for messages. */
  readonly source?: string;
}

export const imageSize = (shape: ImageShape): number => shape.height * shape.width * shape.channels;

/**
 * The built-in competition: handwritten-looking digits, drawn from strokes and written as Kaggle-shaped CSV files.
 *
 * The same seed gives the same bytes on every machine: a pixel depends on + − × ÷ and √ alone, which IEEE 754 fixes to
 * the last bit; `Math.sin`, `Math.exp` and their like may differ between machines.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../base/make-folder.ts';
import { random, type Random } from '../numerics/random.ts';
import { GRID, smoothCurve, templates, type Point } from './strokes.ts';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const PIECES_PER_ARC = 5;

// How hard the competition is: of the 5,000 test images, after 20 epochs on the 10,000 others, a linear model gets 81 %
// right, the study's network of 2,174 weights 97.8 %, and a network of 30,000 weights 99.7 %, so the labels are sound.
/** How far the pen strays from a template's points, in steps of the grid. */
const TREMBLE = 1.4;
/** The share of images with a stray stroke at the border. */
const STRAY = 0.25;

export interface SyntheticDigitsOptions {
  /** Default: 1. */
  seed?: number;
  /** Rows of train.csv. Default: 10,000. */
  train?: number;
  /** Rows of test.csv, sample_submission.csv and solution.csv. Default: 5,000. */
  test?: number;
}

/**
 * Writes train.csv (`label,pixel0…pixel783`), test.csv (`pixel0…pixel783`), sample_submission.csv (`ImageId,Label`)
 * and solution.csv (`ImageId,Label,Usage`; a quarter of the rows is Public) into `directory`, which is made if needed.
 * Classes are balanced to within one row and in random order.
 *
 * @throws RangeError if a number of rows is not a positive integer or the seed is not a non-negative one.
 */
export async function writeSyntheticDigits(directory: string, options: SyntheticDigitsOptions = {}): Promise<void> {
  const { seed = 1, train = 10_000, test = 5_000 } = options;
  for (const [name, rows] of Object.entries({ train, test })) {
    if (!Number.isSafeInteger(rows) || rows < 1) {
      throw new RangeError(`Expected \`${name}\` to be a positive number of rows, got ${rows}.`);
    }
  }
  const trainLabels = shuffledLabels(train, random(seed, 'synthetic-digits', 'train labels'));
  const testLabels = shuffledLabels(test, random(seed, 'synthetic-digits', 'test labels'));
  const places = random(seed, 'synthetic-digits', 'usage').permutation(test);
  const usage = Array.from(places, (place) => (4 * place < test ? 'Public' : 'Private'));
  const ids = Array.from(testLabels, (_, row) => row + 1);

  const files = {
    'train.csv': imageRows(trainLabels, random(seed, 'synthetic-digits', 'train images'), true),
    'test.csv': imageRows(testLabels, random(seed, 'synthetic-digits', 'test images'), false),
    'sample_submission.csv': textRows('ImageId,Label', ids, (row) => `${ids[row]},0`),
    'solution.csv': textRows('ImageId,Label,Usage', ids, (row) => `${ids[row]},${testLabels[row]},${usage[row]}`),
  };
  await makeFolder(directory);
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content, { flush: true });
}

/** Draws one digit into `image` (u8[784], zero before): template → trembling points → curves in the picture → ink → bytes. */
export function drawDigit(digit: number, stream: Random, image: Uint8Array): void {
  const ways = templates[digit];
  const strokes = ways[stream.integer(ways.length)];
  const place = placement(stream);
  const ink = new Float64Array(PIXELS);
  const radius = uniform(stream, 0.7, 1.7);
  const sharpness = uniform(stream, 0.45, 1);
  for (const points of strokes) {
    const curve = smoothCurve(trembling(points, stream), PIECES_PER_ARC).map(place);
    const end = radius * uniform(stream, 0.6, 1.25);
    drawCurve(ink, curve, radius, end, sharpness);
  }
  if (stream.float() < STRAY) drawCurve(ink, strayStroke(stream), uniform(stream, 0.5, 1), 0.5, sharpness);
  expose(ink, stream, image);
}

/** Moves every point a little; a point written twice stays one, so that corners stay sharp and loops closed. */
function trembling(points: readonly Point[], stream: Random): Point[] {
  const moved = new Map<number, Point>();
  return points.map(([x, y]) => {
    const place = y * (GRID + 1) + x;
    const point = moved.get(place) ?? [x + about(stream, 0, TREMBLE), y + about(stream, 0, TREMBLE)];
    moved.set(place, point);
    return point;
  });
}

/** A random map from the grid to pixels: size, aspect, slant, rotation, shift. */
function placement(stream: Random): (point: Point) => Point {
  const height = uniform(stream, 14, 20) / GRID;
  const width = height * uniform(stream, 0.5, 0.95);
  const slant = about(stream, 0.12, 0.45);
  // The rotation by 2·arctan(t), without a sine.
  const t = about(stream, 0, 0.15);
  const cosine = (1 - t * t) / (1 + t * t);
  const sine = (2 * t) / (1 + t * t);
  const shiftX = SIDE / 2 + uniform(stream, -2.5, 2.5);
  const shiftY = SIDE / 2 + uniform(stream, -2.5, 2.5);
  return ([gridX, gridY]) => {
    const y = (gridY - GRID / 2) * height;
    const x = (gridX - GRID / 2) * width - slant * y;
    return [shiftX + cosine * x - sine * y, shiftY + sine * x + cosine * y];
  };
}

/** What a neighbouring field left in the picture: a short stroke near one of the borders. */
function strayStroke(stream: Random): Point[] {
  const along = uniform(stream, 2, 26);
  const across = stream.float() < 0.5 ? uniform(stream, 0, 2.5) : uniform(stream, 25.5, 28);
  const [x, y] = stream.float() < 0.5 ? [along, across] : [across, along];
  return [
    [x, y],
    [x + uniform(stream, -4, 4), y + uniform(stream, -4, 4)],
  ];
}

/** Inks the pixels within the pen's radius of a curve, the radius going from `radius` to `end`, with soft edges. */
function drawCurve(ink: Float64Array, curve: readonly Point[], radius: number, end: number, sharpness: number): void {
  for (let k = 1; k < curve.length; k += 1) {
    const [startX, startY] = curve[k - 1];
    const stepX = curve[k][0] - startX;
    const stepY = curve[k][1] - startY;
    const squaredLength = stepX * stepX + stepY * stepY;
    const r = radius + ((end - radius) * k) / curve.length;
    const reach = r + 0.5 / sharpness;
    const left = Math.max(0, Math.floor(Math.min(startX, startX + stepX) - reach));
    const right = Math.min(SIDE - 1, Math.floor(Math.max(startX, startX + stepX) + reach));
    const top = Math.max(0, Math.floor(Math.min(startY, startY + stepY) - reach));
    const bottom = Math.min(SIDE - 1, Math.floor(Math.max(startY, startY + stepY) + reach));
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) {
        const x = column + 0.5 - startX;
        const y = row + 0.5 - startY;
        const t = squaredLength > 0 ? Math.min(1, Math.max(0, (x * stepX + y * stepY) / squaredLength)) : 0;
        const dx = x - t * stepX;
        const dy = y - t * stepY;
        const cover = (r - Math.sqrt(dx * dx + dy * dy)) * sharpness + 0.5;
        const pixel = row * SIDE + column;
        if (cover > ink[pixel]) ink[pixel] = Math.min(1, cover);
      }
    }
  }
}

/** Ink in [0, 1] to bytes: brightness of the scan, grain on the ink alone, so that paper stays 0. */
function expose(ink: Float64Array, stream: Random, image: Uint8Array): void {
  const brightness = uniform(stream, 190, 280);
  const grain = uniform(stream, 0, 0.2);
  for (let pixel = 0; pixel < PIXELS; pixel += 1) {
    if (ink[pixel] > 0) image[pixel] = Math.min(255, brightness * ink[pixel] * (1 - grain * stream.float()));
  }
}

const uniform = (stream: Random, low: number, high: number): number => low + (high - low) * stream.float();

/** Near `centre`, at most `distance` away (triangular): every digit stays readable. */
const about = (stream: Random, centre: number, distance: number): number =>
  centre + distance * (stream.float() - stream.float());

const shuffledLabels = (count: number, stream: Random): number[] =>
  Array.from(stream.permutation(count), (place) => place % CLASSES);

const textRows = (header: string, ids: readonly number[], row: (index: number) => string): Buffer =>
  Buffer.from(`${[header, ...ids.keys().map(row)].join('\n')}\n`);

/** The CSV of one image a row, after its label if `labelled`; written as bytes, which is ten times as fast as text. */
function imageRows(labels: readonly number[], stream: Random, labelled: boolean): Buffer {
  const columns = Array.from({ length: PIXELS }, (_, pixel) => `pixel${pixel}`);
  const header = `${[...(labelled ? ['label'] : []), ...columns].join(',')}\n`;
  const csv = Buffer.alloc(header.length + labels.length * (PIXELS + 1) * '255,'.length);
  let length = csv.write(header);
  const image = new Uint8Array(PIXELS);
  for (const label of labels) {
    if (labelled) {
      csv[length++] = ZERO + label;
      csv[length++] = COMMA;
    }
    image.fill(0);
    drawDigit(label, stream, image);
    for (const value of image) {
      if (value >= 100) csv[length++] = ZERO + Math.floor(value / 100);
      if (value >= 10) csv[length++] = ZERO + (Math.floor(value / 10) % 10);
      csv[length++] = ZERO + (value % 10);
      csv[length++] = COMMA;
    }
    csv[length - 1] = NEWLINE;
  }
  return csv.subarray(0, length);
}

const [ZERO, COMMA, NEWLINE] = Buffer.from('0,\n');

import test from 'ava';
import * as fc from 'fast-check';
import { type AffineMap, createAffine, identity } from '../../../data/augment/affine.ts';
import { cos, sin } from '../../../numerics/elementary.ts';
import { createElastic } from '../../../data/augment/elastic.ts';
import { createNoise, symmetric } from '../../../data/augment/noise.ts';
import { createWarp, type Fill } from '../../../data/augment/warp.ts';
import type { ImageShape } from '../../../data/images.ts';
import { random } from '../../../numerics/random.ts';

/** Rounding may go the other way: weights have 11 bits and neighbours differ by up to 255. */
const BYTE_TOLERANCE = 1;
/** Our series against `Math.sin`. */
const SINE_TOLERANCE = 1e-15;

/** In pixels: the same sums in another order. */
const COMPOSITION_TOLERANCE = 1e-12;

const amounts = { shift: 0, crop: 0, rotate: 0, shear: 0, zoom: 0, flip: false };
const seed = 5;

function noiseImage({ height, width, channels }: ImageShape, name: number): Uint8Array {
  const stream = random(seed, 'warp test', name);
  return Uint8Array.from({ length: height * width * channels }, () => stream.integer(256));
}

/** One picture from the slow sampler: places in float64, the four neighbours one by one. */
function reference(
  source: Uint8Array,
  { height, width, channels }: ImageShape,
  fill: Fill,
  place: (x: number, y: number) => [x: number, y: number],
): number[] {
  const valueAt = (x: number, y: number, channel: number): number => {
    const nearestX = Math.min(Math.max(x, 0), width - 1);
    const nearestY = Math.min(Math.max(y, 0), height - 1);
    if (fill === 'zero' && (x !== nearestX || y !== nearestY)) return 0;
    return source[(nearestY * width + nearestX) * channels + channel];
  };
  return Array.from({ length: height * width * channels }, (_, k) => {
    const channel = k % channels;
    const [x, y] = place(Math.floor(k / channels) % width, Math.floor(k / channels / width));
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, below] = [x - left, y - top];
    return (
      (1 - right) * (1 - below) * valueAt(left, top, channel) +
      right * (1 - below) * valueAt(left + 1, top, channel) +
      (1 - right) * below * valueAt(left, top + 1, channel) +
      right * below * valueAt(left + 1, top + 1, channel)
    );
  });
}

const affinePlace =
  (map: AffineMap, { height, width }: ImageShape) =>
  (column: number, row: number): [number, number] => {
    const [x, y] = [column - (width - 1) / 2, row - (height - 1) / 2];
    return [map.xx * x + map.xy * y + map.x0 + (width - 1) / 2, map.yx * x + map.yy * y + map.y0 + (height - 1) / 2];
  };

/** The B-spline of a grid of random displacements, by its basis function alone. */
function elasticPlace(shape: ImageShape, strength: number, spacing: number, image: number, epoch: number) {
  const columns = Math.ceil(shape.width / spacing) + 3;
  const rows = Math.ceil(shape.height / spacing) + 3;
  const noise = createNoise(seed, 'augment', 'elastic', epoch);
  const words = new Int32Array(2);
  // The mean of the squared basis over a cell is 151/315.
  const largest = (strength * Math.sqrt(3) * 315) / 151;
  const grid = Array.from({ length: rows * columns }, (_, point) => {
    noise(image, 4 * (point >> 1), words);
    return [words[point & 1] << 16, words[point & 1]].map((word) => largest * symmetric(word));
  });
  const basis = (distance: number): number => {
    const t = Math.abs(distance);
    if (t >= 2) return 0;
    return t < 1 ? 2 / 3 - t * t + (t * t * t) / 2 : (2 - t) ** 3 / 6;
  };
  return (x: number, y: number): [number, number] => {
    let [moveX, moveY] = [0, 0];
    for (const [point, [alongX, alongY]] of grid.entries()) {
      const weight = basis(x / spacing + 1 - (point % columns)) * basis(y / spacing + 1 - Math.floor(point / columns));
      moveX += weight * alongX;
      moveY += weight * alongY;
    }
    return [moveX, moveY];
  };
}

const side = fc.integer({ min: 1, max: 20 });
const shapes = fc.record({ height: side, width: side, channels: fc.constantFrom(1, 3) });
const coefficient = fc.double({ min: -2, max: 2, noNaN: true });
const offset = fc.double({ min: -30, max: 30, noNaN: true });

function assertNear(t: { true: (value: boolean, message?: string) => void }, picture: Uint8Array, expected: number[]) {
  const far = expected.findIndex((value, k) => !(Math.abs(picture[k] - value) <= BYTE_TOLERANCE));
  t.true(far === -1, `byte ${far}: expected ${expected[far]}, got ${picture[far]}`);
}

test('a picture under any affine map is that of the slow sampler', (t) => {
  fc.assert(
    fc.property(
      shapes,
      fc.record({ xx: coefficient, xy: coefficient, x0: offset, yx: coefficient, yy: coefficient, y0: offset }),
      fc.constantFrom<Fill>('zero', 'edge'),
      fc.nat(100),
      (shape, map, fill, name) => {
        const source = noiseImage(shape, name);
        const picture = new Uint8Array(source.length);
        createWarp(shape, fill)(source, 0, picture, 0, map);
        assertNear(t, picture, reference(source, shape, fill, affinePlace(map, shape)));
      },
    ),
    { seed },
  );
});

test('an elastic distortion on top of an affine map is that of the slow sampler', (t) => {
  const turned: AffineMap = { xx: 0.9, xy: 0.2, x0: 1.5, yx: -0.3, yy: 1.1, y0: -0.7 };
  fc.assert(
    fc.property(
      shapes,
      fc.constantFrom(identity, turned),
      fc.double({ min: 0.01, max: 4, noNaN: true }),
      fc.integer({ min: 2, max: 24 }),
      fc.nat(100),
      (shape, map, strength, spacing, image) => {
        const source = noiseImage(shape, image);
        const { displacement, epoch } = createElastic(shape, { strength, spacing }, seed);
        epoch(3)(image);
        const picture = new Uint8Array(source.length);
        createWarp(shape, 'zero', displacement)(source, 0, picture, 0, map);
        const straight = affinePlace(map, shape);
        const bent = elasticPlace(shape, strength, spacing, image, 3);
        const expected = reference(source, shape, 'zero', (column, row) => {
          const [x, y] = straight(column, row);
          const [moveX, moveY] = bent(column, row);
          return [x + moveX, y + moveY];
        });
        assertNear(t, picture, expected);
      },
    ),
    { seed, numRuns: 40 },
  );
});

test('the strength of an elastic distortion is the standard deviation of its displacement', (t) => {
  const shape = { height: 28, width: 28, channels: 1 };
  const [strength, images] = [1.5, 400];
  let [sum, squares, count] = [0, 0, 0];
  for (let image = 0; image < images; image += 1) {
    const place = elasticPlace(shape, strength, 7, image, 0);
    for (const [x, y] of [
      [0, 0],
      [3, 3],
      [10, 20],
      [13, 5],
      [24, 26],
      [8, 12],
      [18, 17],
    ]) {
      for (const move of place(x, y)) {
        sum += move;
        squares += move * move;
        count += 1;
      }
    }
  }
  // 5,600 numbers, those of one image partly dependent: 3 % and 0.06 pixels are more than three standard errors.
  t.true(Math.abs(Math.sqrt(squares / count) / strength - 1) < 0.03, `${Math.sqrt(squares / count)}`);
  t.true(Math.abs(sum / count) < 0.06, `${sum / count}`);
});

test('the identity copies an image, wherever it lies', (t) => {
  const shape = { height: 5, width: 7, channels: 3 };
  const source = noiseImage({ ...shape, height: 10 }, 1);
  for (const fill of ['zero', 'edge'] as const) {
    const target = new Uint8Array(3 * 105).fill(9);
    createWarp(shape, fill)(source, 105, target, 105, identity);
    t.deepEqual(target.subarray(105, 210), source.subarray(105));
    t.deepEqual([...new Set([...target.subarray(0, 105), ...target.subarray(210)])], [9]);
  }
});

test('a shift by whole pixels copies bytes and fills the rest', (t) => {
  const shape = { height: 3, width: 3, channels: 1 };
  const source = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  const target = new Uint8Array(9);
  createWarp(shape, 'zero')(source, 0, target, 0, { ...identity, x0: 1, y0: -1 });
  t.deepEqual([...target], [0, 0, 0, 2, 3, 0, 5, 6, 0]);
  createWarp(shape, 'edge')(source, 0, target, 0, { ...identity, x0: 1, y0: -1 });
  t.deepEqual([...target], [2, 3, 3, 2, 3, 3, 5, 6, 6]);
  createWarp(shape, 'zero')(source, 0, target, 0, { ...identity, x0: 3 });
  t.deepEqual(
    [...target],
    Array.from({ length: 9 }, () => 0),
  );
});

test('each amount makes the map that its name says', (t) => {
  const words = new Int32Array(2);
  const drawn = (name: string, image: number): [number, number] => {
    createNoise(seed, 'augment', name, 2)(image, 0, words);
    return [symmetric(words[0]), symmetric(words[1])];
  };
  const mapOf = (given: Partial<typeof amounts>, image: number): AffineMap => {
    const map = { ...identity };
    createAffine({ ...amounts, ...given }, seed)!(2)(image, map);
    return map;
  };
  const near = (map: AffineMap, expected: Partial<AffineMap>): void => {
    for (const [key, value] of Object.entries({ ...identity, ...expected })) {
      const actual = map[key as keyof AffineMap];
      t.true(Math.abs(actual - value) <= 4 * SINE_TOLERANCE, `${key}: expected ${value}, got ${actual}`);
    }
  };
  for (let image = 0; image < 20; image += 1) {
    const [right, down] = drawn('shift', image);
    near(mapOf({ shift: 2.5 }, image), { x0: 2.5 * right, y0: 2.5 * down });
    const angle = Math.PI * drawn('rotate', image)[0];
    near(mapOf({ rotate: 180 }, image), {
      xx: Math.cos(angle),
      xy: Math.sin(angle),
      yx: -Math.sin(angle),
      yy: Math.cos(angle),
    });
    near(mapOf({ shear: 45 }, image), { xy: Math.tan((Math.PI / 4) * drawn('shear', image)[0]) });
    const [wider, higher] = drawn('zoom', image);
    near(mapOf({ zoom: 0.5 }, image), { xx: 1 / (1 + 0.5 * wider), yy: 1 / (1 + 0.5 * higher) });
    near(mapOf({ flip: true }, image), { xx: drawn('flip', image)[0] < 0 ? -1 : 1 });
  }
});

test('a map undoes shift, crop, rotation, shear, zoom and flip in this order', (t) => {
  const given = { shift: 3, crop: 4, rotate: 40, shear: 20, zoom: 0.3, flip: true };
  const names = ['shift', 'crop', 'rotate', 'shear', 'zoom', 'flip'] as const;
  const map = { ...identity };
  const step = { ...identity };
  for (let image = 0; image < 20; image += 1) {
    createAffine({ ...amounts, ...given }, seed)!(1)(image, map);
    for (const [x, y] of [
      [0, 0],
      [5, -3],
    ]) {
      let place = [x, y];
      for (const name of names) {
        createAffine({ ...amounts, [name]: given[name] }, seed)!(1)(image, step);
        place = [step.xx * place[0] + step.xy * place[1] + step.x0, step.yx * place[0] + step.yy * place[1] + step.y0];
      }
      t.true(Math.abs(map.xx * x + map.xy * y + map.x0 - place[0]) < COMPOSITION_TOLERANCE);
      t.true(Math.abs(map.yx * x + map.yy * y + map.y0 - place[1]) < COMPOSITION_TOLERANCE);
    }
  }
});

test('a crop is every whole shift equally often', (t) => {
  const place = createAffine({ ...amounts, crop: 2 }, seed)!(0);
  const map = { ...identity };
  const counts = new Map<string, number>();
  for (let image = 0; image < 25_000; image += 1) {
    place(image, map);
    const key = `${map.x0} ${map.y0}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  t.is(counts.size, 25);
  // 1,000 expected; 5 binomial standard deviations.
  for (const [key, count] of counts) t.true(Math.abs(count - 1000) < 5 * Math.sqrt(1000), `${key}: ${count}`);
  t.deepEqual([...new Set([...counts.keys()].map((key) => key.split(' ')[0]))].toSorted(), ['-1', '-2', '0', '1', '2']);
});

test('half of the images are flipped', (t) => {
  const place = createAffine({ ...amounts, flip: true }, seed)!(0);
  const map = { ...identity };
  let flipped = 0;
  for (let image = 0; image < 10_000; image += 1) {
    place(image, map);
    flipped += Number(map.xx < 0);
  }
  t.true(Math.abs(flipped - 5000) < 200, `${flipped}`);
});

test('amounts of 0 need no map', (t) => {
  t.is(createAffine(amounts, seed), null);
});

test('sine and cosine are those of Math on ±π/2', (t) => {
  for (let k = -1000; k <= 1000; k += 1) {
    const x = (k / 1000) * (Math.PI / 2);
    t.true(
      Math.abs(sin(x) - Math.sin(x)) <= SINE_TOLERANCE && Math.abs(cos(x) - Math.cos(x)) <= SINE_TOLERANCE,
      `${x}`,
    );
  }
});

test('the far corner of a large image is found under the widest map, and under an elastic one', (t) => {
  const mirrored: AffineMap = { xx: -2, xy: 0.5, x0: 20.25, yx: 0.75, yy: 2, y0: -9.5 };
  for (const shape of [
    { height: 3, width: 1024, channels: 1 },
    { height: 1024, width: 2, channels: 3 },
    { height: 513, width: 5, channels: 1 },
  ]) {
    const source = noiseImage(shape, 1);
    const { displacement, epoch } = createElastic(shape, { strength: 3, spacing: 24 }, seed);
    epoch(3)(7);
    const bent = elasticPlace(shape, 3, 24, 7, 3);
    for (const map of [identity, mirrored]) {
      const straight = affinePlace(map, shape);
      const picture = new Uint8Array(source.length);
      createWarp(shape, 'edge', displacement)(source, 0, picture, 0, map);
      const expected = reference(source, shape, 'edge', (column, row) => {
        const [x, y] = straight(column, row);
        const [moveX, moveY] = bent(column, row);
        return [x + moveX, y + moveY];
      });
      assertNear(t, picture, expected);
    }
  }
});

test('an image too large for the fixed point is refused', (t) => {
  t.throws(() => createWarp({ height: 1025, width: 8, channels: 1 }, 'zero'), {
    instanceOf: RangeError,
    message: 'Expected images of at most 1024 pixels a side, got 8 × 1025.',
  });
});

import test from 'ava';
import { channelMoments } from '../../data/channel-moments.ts';
import type { Images } from '../../data/images.ts';
import { normalizationOf } from '../../models/engine/plan.ts';
import { planFor } from '../../models/plan-for.ts';

const shape = { height: 8, width: 8, channels: 3 };
const classes = ['a', 'b'];

/** Channel c of image i is level(i, c) everywhere. */
function imagesOf(count: number, level: (image: number, channel: number) => number): Images {
  const pixels = new Uint8Array(new SharedArrayBuffer(count * 192));
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = level(Math.floor(i / 192), i % 3);
  return { shape, count, pixels };
}

test('mean and deviation of each channel are those of all pixels', (t) => {
  // 300 images are more than are read at once.
  const images = imagesOf(300, (image, channel) => (channel === 0 ? 51 * (image % 2) : 255 * (channel - 1)));
  t.deepEqual(channelMoments(images), { mean: [0.1, 0, 1], deviation: [0.1, 0, 0] });
  // A view has its own rows alone.
  t.deepEqual(channelMoments({ ...images, count: 2, rows: Uint32Array.of(1, 299) }).mean, [0.2, 0, 1]);
});

test('a model of colour images normalises by four decimals; a channel without a deviation keeps its scale', async (t) => {
  const plan = await planFor('resnet-small', { shape, classes }, async () =>
    imagesOf(3, (image, channel) => (channel === 0 ? image : 40)),
  );
  t.deepEqual(normalizationOf(plan), { mean: [0.0039, 0.1569, 0.1569], deviation: [0.0032, 1, 1] });
});

test('models of grey images, and those that do not normalise, need no images', async (t) => {
  const none = () => Promise.reject(new Error('not asked for'));
  t.is(normalizationOf(await planFor('resnet-small', { shape: { ...shape, channels: 1 }, classes }, none)), undefined);
  t.is(normalizationOf(await planFor('mlp', { shape, classes }, none)), undefined);
});

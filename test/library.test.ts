/** The library's front door, `index.ts`, beside what `test/package` tries in an empty project. */
import test from 'ava';
import { findCompetition } from '../data/competitions/index.ts';
import type { LabelledImages } from '../data/images.ts';
import { train } from '../index.ts';

for (const [shape, model] of [
  [{ height: 3, width: 6, channels: 1 }, 'mlp'],
  [{ height: 8, width: 8, channels: 1 }, 'digit-cnn'],
  [{ height: 8, width: 8, channels: 3 }, 'vgg-slim'],
] as const) {
  const size = Object.values(shape).join(' × ');
  test(`train takes the model that suits the images, as the command line does: ${model} for ${size}`, async (t) => {
    const [count, classes] = [20, ['a', 'b']];
    const images: LabelledImages = {
      shape,
      count,
      pixels: new Uint8Array(new SharedArrayBuffer(count * shape.height * shape.width * shape.channels)),
      labels: new Uint16Array(new SharedArrayBuffer(2 * count)).fill(1, count / 2),
    };
    const competition = { ...findCompetition('synthetic-digits'), shape, classes };
    const data = { competition, train: images, test: { ...images, ids: [] } as never };
    const options = { method: 'plain', epochs: 1, folds: 2, workers: 1 } as const;
    const { plan } = await train(data, options);
    t.deepEqual(plan, (await train(data, { ...options, model })).plan);
  });
}

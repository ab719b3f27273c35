import test from 'ava';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publish, published } from '../data/published.ts';
import { runIn } from './in-process.ts';
import { temporaryFolder } from './process.ts';

const words = ['--method', 'plain', '--trials', '1', '--epochs', '1', '--folds', '2', '--workers', '1', '--json'];

/** Twelve grey images of 3 × 3 in a table. */
async function publishTiny(folder: string): Promise<void> {
  await mkdir(folder);
  const header = ['label', ...Array.from({ length: 9 }, (_, i) => `pixel${i}`)];
  const rows = Array.from({ length: 12 }, (_, i) => [
    i % 2,
    ...Array.from({ length: 9 }, (__, p) => (7 * i + 29 * p) % 256),
  ]);
  const description = {
    id: 'images',
    title: 'Tiny',
    shape: { height: 3, width: 3, channels: 1 },
    classes: ['0', '1'],
    train: { format: 'table', file: 'train.csv', label: 'label', pixels: 'others' },
  };
  await writeFile(join(folder, 'competition.json'), JSON.stringify(description));
  await writeFile(join(folder, 'train.csv'), `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`);
}

test.serial(
  'without --model, a study is named after the model that trains, which is said with its reason',
  async (t) => {
    const publishPlants = (folder: string) =>
      publish(
        folder,
        published.find(({ name }) => name === 'plant seedlings')!,
      );
    for (const [publishImages, model, reason] of [
      [publishTiny, 'mlp', /^Model: mlp, because images of 3 × 3 are too small for others\. --model takes another\.$/m],
      [publishPlants, 'resnet-small', /^Model: resnet-small, because these are colour images of \d+ × \d+\./m],
    ] as const) {
      const folder = await temporaryFolder(t);
      await publishImages(join(folder, 'images'));
      await runIn(folder, ['data', '--data-dir', 'images']);
      const found = await runIn(folder, ['search', '--data-dir', 'images', ...words]);
      t.is(found.code, 0, found.stderr);
      t.regex(found.stderr, reason);
      const { study } = JSON.parse(found.stdout).methods.plain;
      t.regex(study, new RegExp(`^images/${model}/plain/`));
      const asked = await runIn(folder, ['search', '--data-dir', 'images', ...words, '--model', model]);
      t.false(asked.stderr.includes('Model:'), asked.stderr);
      t.is(JSON.parse(asked.stdout).methods.plain.study, study);
    }
  },
);

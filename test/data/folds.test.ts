import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import { competitionOf } from '../../data/described.ts';
import { descriptionSchema, type WrittenDescription } from '../../data/description.ts';
import { foldNotes, foldCount, planFolds } from '../../data/folds.ts';
import { allPixels, type LabelledImages, pick } from '../../data/images.ts';
import { loadTrain } from '../../data/load.ts';
import { loadOnce } from '../../data/load-once.ts';
import { propose } from '../../data/propose/index.ts';
import { stratifiedFolds } from '../../data/split.ts';
import { csvOf, writeFiles } from './image-files.ts';
import { picture, publish, published } from './published.ts';
import { temporaryFolder } from './tiny.ts';

const described = (directory: string, more: Partial<WrittenDescription>) =>
  competitionOf(
    descriptionSchema.parse({
      id: 'x',
      title: 'X',
      shape: { height: 1, width: 2, channels: 1 },
      classes: ['no', 'yes', 'never'],
      train: { format: 'table', file: 'a.csv', label: 'y', pixels: { from: 'p', to: 'q' } },
      ...more,
    }),
    directory,
  );

/** Twelve rows in four sites, which are not in the order of the rows. */
const rows = Array.from({ length: 12 }, (_, i) => [i, i, i % 2 ? 'yes' : 'no', `s${(5 * i) % 4}`, i % 3]);
const tableOf = (columns: readonly string[]): Buffer => csvOf(columns, rows);

/** Which values each fold has. */
const partsOf = (foldOf: Uint8Array, values: readonly unknown[], folds: number): Set<unknown>[] =>
  Array.from({ length: folds }, (_, fold) => new Set(values.filter((_value, row) => foldOf[row] === fold)));

const areDisjoint = (sets: readonly Set<unknown>[]): boolean =>
  new Set(sets.flatMap((set) => [...set])).size === sets.reduce((sum, { size }) => sum + size, 0);

test('a column of groups or of folds decides the folds, and the same seed gives the same ones', async (t) => {
  const directory = await temporaryFolder(t);
  await writeFile(join(directory, 'a.csv'), tableOf(['p', 'q', 'y', 'site', 'part']));
  const grouped = await loadTrain(described(directory, { group: 'site' }));
  const foldOf = planFolds(grouped, 3, 1);
  t.true(areDisjoint(partsOf(foldOf, rows.map((row) => row[3]), 3))); // prettier-ignore
  t.deepEqual(planFolds(grouped, 3, 1), foldOf);
  t.is(foldCount(grouped), 5);
  // Chosen images keep their groups.
  const some = pick(grouped, Uint32Array.from([11, 3, 4, 5, 6, 8]));
  t.true(areDisjoint(partsOf(planFolds(some, 2, 1), [11, 3, 4, 5, 6, 8].map((row) => rows[row][3]), 2))); // prettier-ignore

  const given = await loadTrain(described(directory, { fold: 5 }));
  t.deepEqual([...planFolds(given, 3, 1)], rows.map((row) => row[4])); // prettier-ignore
  t.is(foldCount(given), 3);
  const bySize = await loadTrain(described(directory, { stratify: false }));
  t.notDeepEqual(planFolds(bySize, 3, 1), stratifiedFolds(bySize.labels, 3, 1));
});

test('groups stand in a table beside folders of images, or are folders themselves', async (t) => {
  const directory = await temporaryFolder(t);
  const names = Array.from({ length: 8 }, (_, i) => `c${i % 2}/img_${i}.jpg`);
  const drivers = names.map((_, i) => `p${Math.floor(i / 2)}`);
  const files = await Promise.all(
    names.map(async (name, i) => [`imgs/train/${name}`, await picture(i % 2, 8, 8)] as const),
  );
  await writeFiles(directory, Object.fromEntries(files));
  // In the order of the folders.
  const inOrder = names.toSorted().map((name) => drivers[names.indexOf(name)]);
  // Once as a table of names and labels, as State Farm has it, and once as a list beside the folders of the classes.
  for (const hasClass of [true, false]) {
    await writeFiles(directory, {
      'driver_imgs_list.csv': csvOf(
        ['subject', ...(hasClass ? ['classname'] : []), 'img'],
        names.toSorted().map((name, i) => [inOrder[i]].concat(hasClass ? name.split('/') : name.slice(3))),
      ),
    });
    const { description, understood } = await propose(directory);
    const list = { file: 'driver_imgs_list.csv', id: 'img', column: 'subject' };
    t.deepEqual(description?.group, hasClass ? 'subject' : list);
    t.deepEqual(description?.classes, ['c0', 'c1']);
    t.regex(understood.join('\n'), /Column subject of driver_imgs_list\.csv: images of a group stay in one fold\./);
    const images = await loadTrain(competitionOf(descriptionSchema.parse(description), directory));
    t.true(areDisjoint(partsOf(planFolds(images, 4, 1), inOrder, 4)));
  }

  const nested = await temporaryFolder(t);
  for (const [i, name] of names.entries()) {
    await writeFiles(nested, { [name.replace('/', `/${drivers[i]}/`)]: await picture(i % 2, 8, 8) });
  }
  const byFolder = described(nested, {
    shape: { height: 8, width: 8, channels: 3 },
    classes: ['c0', 'c1'],
    train: { format: 'folders', folder: '.' },
    group: { level: 2 },
  });
  t.true(areDisjoint(partsOf(planFolds(await loadTrain(byFolder), 4, 1), inOrder, 4)));
});

test('a column of groups is proposed, and is no pixel', async (t) => {
  const directory = await temporaryFolder(t);
  const pixels = Array.from({ length: 16 }, (_, i) => `pixel${i}`);
  await writeFile(
    join(directory, 'train.csv'),
    csvOf(
      ['label', ...pixels, 'patient_id', 'fold'],
      Array.from({ length: 8 }, (_, i) => [i % 2, ...pixels.map((__, k) => 10 * k + i), i % 4, i % 2]),
    ),
  );
  const { description } = await propose(directory);
  t.deepEqual([description?.fold, description?.group], ['fold', undefined]);
  const images = await loadTrain(competitionOf(descriptionSchema.parse(description), directory));
  t.deepEqual([images.shape.height, foldCount(images), allPixels(images)[1]], [4, 2, 10]);
});

function fill<T extends Uint16Array | Uint32Array>(array: T, values: readonly number[]): T {
  array.set(values);
  return array;
}

const labelled = (labels: readonly number[], more: Partial<LabelledImages> = {}): LabelledImages => ({
  shape: { height: 1, width: 1, channels: 1 },
  count: labels.length,
  pixels: new Uint8Array(new SharedArrayBuffer(labels.length)),
  labels: fill(new Uint16Array(new SharedArrayBuffer(2 * labels.length)), labels),
  source: 'a.csv',
  ...more,
});

const inParts = (is: 'group' | 'fold', of: readonly number[]): Pick<LabelledImages, 'folds'> => ({
  folds: {
    isStratified: true,
    part: {
      is,
      of: fill(new Uint32Array(new SharedArrayBuffer(4 * of.length)), of),
      count: new Set(of).size,
      source: 'column `site` of a.csv',
    },
  },
});

test('folds that cannot be are refused', (t) => {
  const refused: [images: LabelledImages, folds: number, message: RegExp][] = [
    [labelled([0, 1]), 3, /^a\.csv: expected at least 3 images for 3 folds, got 2\. Take fewer folds/],
    [labelled([1, 1, 1]), 2, /^a\.csv: expected images of two classes or more, got 3 of class 1 alone\./],
    [labelled([0, 1, 0], inParts('group', [0, 1, 1])), 3, /at least 3 groups for 3 folds, got 2 in column `site`/],
    [labelled([0, 1, 0], inParts('group', [0, 0, 0])), 2, /got 1 in column `site` of a\.csv\. Leave out `group`/],
    [labelled([0, 1, 0], inParts('fold', [0, 1, 2])), 2, /which are 3, got 2\. Use --folds 3\./],
    [labelled([0, 1, 0], inParts('fold', [0, 0, 0])), 2, /expected two folds or more in column `site`/],
  ];
  for (const [images, folds, message] of refused) {
    t.throws(() => planFolds(images, folds, 1), { instanceOf: UserError, message });
  }
  t.throws(() => planFolds(labelled([0, 1, 0, 1]), 1, 1), { instanceOf: RangeError });
});

test('classes that some or all folds lack are said', (t) => {
  const notes = (images: LabelledImages): string => foldNotes(images, 3, ['a', 'b', 'c', 'd']).join('\n');
  t.is(notes(labelled([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3])), '');
  t.regex(notes(labelled([0, 0, 0, 2, 2])), /2 classes are without a training image and left out of the folds: b, d\./);
  t.regex(notes(labelled([0, 0, 0, 2, 2])), /1 class is of fewer images than the 3 folds, .* without it: c \(2\)\./);
  const grouped = notes(labelled([0, 1, 0, 1, 0, 0], inParts('group', [0, 1, 2, 1, 2, 3])));
  t.regex(grouped, /^Folds by group: no two folds share one of the 4 groups in column `site` of a\.csv\./);
  t.regex(grouped, /1 class is in one group only, so that no network of the others knows it: b\./);
});

test('a part that cannot be found is told with file and place', async (t) => {
  const directory = await temporaryFolder(t);
  await writeFile(join(directory, 'a.csv'), 'n,p,q,y,site\nk1,1,2,no,\nk2,3,4,yes,u\n');
  await writeFile(join(directory, 'sites.csv'), 'name;site\nk1;u\nk1;v\n');
  const table = { format: 'table', file: 'a.csv', id: 'n', label: 'y', pixels: { from: 'p', to: 'q' } } as const;
  const load = (more: Partial<WrittenDescription>) => loadTrain(described(directory, { train: table, ...more }));
  const sites = { file: 'sites.csv', id: 'name', column: 'site', delimiter: ';' } as const;
  await t.throwsAsync(load({ group: 'site' }), { message: /a\.csv:2: expected a group or a fold, got nothing/ });
  await t.throwsAsync(load({ group: 'town' }), { message: /a\.csv:1: expected a column `town`, got n, p, q, y, site/ });
  await t.throwsAsync(load({ group: sites }), {
    message: /sites\.csv:3: expected one value for each image, got "k1" in "u" before/,
  });
  await writeFile(join(directory, 'sites.csv'), 'name;site\nk1;u\nk3;v\n');
  await t.throwsAsync(load({ group: sites }), {
    message: /sites\.csv: expected a row for each training image, got none for "k2"/,
  });
  await t.throwsAsync(load({ group: { level: 1 } }), { message: /expected images in 1 folders?, .* got "k1"/ });
  await t.throwsAsync(load({ group: { file: 'no.csv', id: 'a', column: 'b' } }), { message: /expected no\.csv/ });
  t.throws(() => described(directory, { group: 'a', fold: 'b' }), { message: /expected `group` or `fold`, got both/ });
  t.throws(() => described(directory, { train: { format: 'folders', folder: 'x' }, group: 'a' }), {
    message: /expected `group` to be \{"file", "id", "column"\} .* got a column, which folders do not have/,
  });
});

test('a fold of one class alone is refused before a training where the metric says nothing of it', (t) => {
  const labels = Uint16Array.from([0, 0, 0, 0, 0, 0, 1, 1]);
  const images = (metric: LabelledImages['metric']): LabelledImages => ({
    shape: { height: 1, width: 1, channels: 1 },
    count: labels.length,
    pixels: new Uint8Array(new SharedArrayBuffer(labels.length)),
    labels: new Uint16Array(new SharedArrayBuffer(2 * labels.length)),
    source: 'a.csv',
    ...(metric && { metric }),
  });
  for (const metric of ['roc-auc', 'quadratic-kappa', 'macro-f1', 'balanced-accuracy', 'log-loss'] as const) {
    const some = images(metric);
    some.labels.set(labels);
    t.is(planFolds(some, 2, 1).length, 8);
    if (metric === 'roc-auc' || metric === 'quadratic-kappa') {
      const message =
        /^a\.csv: expected images of two classes or more in each fold, .* class 0 alone in fold \d of 4\. Take fewer folds/;
      t.throws(() => planFolds(some, 4, 1), { instanceOf: UserError, message });
    } else t.is(planFolds(some, 4, 1).length, 8);
    const said = foldNotes(some, 4, ['no', 'yes']).join(' ');
    t.is(
      /is the mean over the classes that it has\./.test(said),
      ['roc-auc', 'macro-f1', 'balanced-accuracy'].includes(metric),
    );
  }
});

test('no driver of State Farm is on both sides of a fold, whatever the seed', async (t) => {
  const dataDir = await temporaryFolder(t);
  await publish(
    dataDir,
    published.find(({ name }) => name === 'State Farm')!,
  );
  const { description } = await propose(dataDir);
  const images = loadOnce(competitionOf(descriptionSchema.parse(description), dataDir));
  const [train, ids] = [await images.train(), await images.trainIds()];
  // Ten images of each, one after the other.
  const drivers = ids!.map((id) => Math.floor((Number(/img_(\d+)/.exec(id)![1]) - 100) / 10));
  t.is(new Set(drivers).size, 5);
  for (const [folds, seed] of [[2, 1], [3, 2], [5, 3], [5, 4]]) t.true(areDisjoint(partsOf(planFolds(train, folds, seed), drivers, folds))); // prettier-ignore
});

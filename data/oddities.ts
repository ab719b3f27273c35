/** What is odd about images that are whole and as the competition says: signs that they teach nothing, or tell too much. */

import { hash } from 'node:crypto';
import { counted } from '../base/format.ts';
import { createPauses } from '../base/pauses.ts';
import { printable, quoted } from '../base/printable.ts';
import { type Images, imageAt, type LabelledImages } from './images.ts';
import type { TestImages } from './load.ts';

/**
 * @param test null if there are none
 * @param classes name of each class
 * @param signal ends the look
 * @returns sentences, none if nothing is odd
 */
export async function oddities(
  train: LabelledImages,
  test: Images | null,
  classes: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const found: string[] = [];
  const { count, labels } = train;
  const first = new Map<string, number>();
  let copies = 0;
  let contradictions = 0;
  for (const [i, digest] of (await digestsOf(train, signal)).entries()) {
    const earlier = first.get(digest);
    if (earlier === undefined) first.set(digest, i);
    else {
      copies += 1;
      if (labels[i] !== labels[earlier]) contradictions += 1;
    }
  }
  if (count > 1 && labels.every((label) => label === labels[0])) {
    found.push(`All ${count} training images are of class ${classes[labels[0]]}: nothing can be learnt from them.`);
  }
  if (count > 1 && first.size === 1) {
    found.push(`All ${count} training images are the same: nothing can be learnt from them.`);
  } else if (copies > 0) {
    const others = contradictions > 0 ? `, ${contradictions} of them with another class` : '';
    found.push(`${share(copies, count)} training images ${copies === 1 ? 'repeats' : 'repeat'} another one${others}.`);
  }
  found.push(...(await blanks(train, 'training', signal)));
  if (test === null) return found;

  const digests = await digestsOf(test, signal);
  if (test.count > 1 && new Set(digests).size === 1) found.push(`All ${test.count} test images are the same.`);
  found.push(...(await blanks(test, 'test', signal)));
  const known = digests.reduce((sum, digest) => sum + Number(first.has(digest)), 0);
  if (known > 0) found.push(`${share(known, test.count)} test images ${isOrAre(known)} among the training images too.`);
  return found;
}

/** Ids that several training images have, by which tables of out-of-fold predictions name them; null for none. */
export function repeatedIds(ids: readonly string[]): string | null {
  const places = Map.groupBy(ids.keys(), (image) => ids[image]);
  const repeated = [...places].filter(([, images]) => images.length > 1);
  if (repeated.length === 0) return null;
  const [[id, [first, second]]] = repeated;
  return (
    `${counted(repeated.length, 'id')} of several training images, such as ${quoted(id, 60)} of the images ${first + 1} and ${second + 1}: ` +
    'tables of out-of-fold predictions cannot tell these apart. Correct the ids, or leave `id` of `train` out of the description.'
  );
}

/** Images that could not be read, counted and named. @param test null if it was not read */
export function brokenSentences(
  { broken = [] }: Pick<LabelledImages, 'broken'>,
  test: Pick<TestImages, 'broken' | 'labels'> | null,
): string[] {
  const ofTest = test?.broken ?? [];
  const became = test?.labels ? 'left out' : `${isOrAre(ofTest.length)} black`;
  return [
    ...(broken.length === 0
      ? []
      : [`${counted(broken.length, 'image')} that cannot be read left out: ${named(broken)}.`]),
    ...(ofTest.length === 0
      ? []
      : [`${counted(ofTest.length, 'test image')} that cannot be read ${became}: ${named(ofTest)}.`]),
  ];
}

function named(files: readonly string[]): string {
  const names = files.slice(0, 3).map((name) => printable(name, 60));
  return names.join(', ') + (files.length > names.length ? ', …' : '');
}

async function blanks(images: Images, role: string, signal?: AbortSignal): Promise<string[]> {
  const { count, shape } = images;
  let blank = 0;
  for await (const image of eachImage(images, signal)) {
    blank += Number(image.every((value, i) => value === image[i % shape.channels]));
  }
  return blank === 0
    ? []
    : [`${share(blank, count)} ${role} images ${isOrAre(blank)} blank, with all pixels the same.`];
}

const isOrAre = (count: number): string => (count === 1 ? 'is' : 'are');

const share = (part: number, whole: number): string => (part === whole ? `All ${whole}` : `${part} of the ${whole}`);

const digestsOf = (images: Images, signal?: AbortSignal): Promise<string[]> =>
  Array.fromAsync(eachImage(images, signal), (image) => hash('sha1', image, 'base64'));

async function* eachImage(images: Images, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const pauses = createPauses(signal);
  for (let i = 0; i < images.count; i += 1) {
    if (pauses.isDue()) await pauses.take();
    yield imageAt(images, i);
  }
}

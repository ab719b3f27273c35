/** Which training images validate together: one plan for every command, method and worker. */

import { UserError } from '../base/user-error.ts';
import type { LabelledImages } from './images.ts';
import { findMetric } from './metrics/index.ts';
import { groupedFolds, stratifiedFolds } from './split.ts';

/** Folds that are made unless a person or the images say otherwise. */
export const USUAL_FOLDS = 5;

/** The number of folds where nobody has named one: that of the folds that are given. */
export const foldCount = ({ folds: rule }: LabelledImages, usual = USUAL_FOLDS): number =>
  rule?.part?.is === 'fold' ? rule.part.count : usual;

/**
 * The fold of every image.
 * @param folds 2 … 256
 * @param seed the same seed gives the same folds on every machine
 * @returns u8[images], values 0 … folds − 1, each of which occurs
 * @throws RangeError if `folds` is not an integer in 2 … 256
 * @throws UserError if the images are all of one class, or fewer than the folds; if their groups are; if the folds
 *   that are given are another number; or if a fold has one class alone, of which the metric says nothing
 */
export function planFolds(images: LabelledImages, folds: number, seed: number): Uint8Array {
  const foldOf = foldOfEach(images, folds, seed);
  expectScorable(images, foldOf, folds);
  return foldOf;
}

/** Before the first training, since no training could be scored. */
function expectScorable(
  { labels, metric = 'accuracy', folds: rule, source = 'The training images' }: LabelledImages,
  foldOf: Uint8Array,
  folds: number,
): void {
  const { title, needsTwoClasses } = findMetric(metric);
  if (!needsTwoClasses) return;
  for (let fold = 0; fold < folds; fold += 1) {
    const first = foldOf.indexOf(fold);
    if (labels.some((label, row) => foldOf[row] === fold && label !== labels[first])) continue;
    const by = rule?.part ? `, by the ${rule.part.is}s in ${rule.part.source}` : '';
    throw new UserError(
      `${source}: expected images of two classes or more in each fold, without which there is no ${title}, got those of ` +
        `class ${labels[first]} alone in fold ${fold + 1} of ${folds}${by}. Take fewer folds, add images, or choose another metric.`,
    );
  }
}

function foldOfEach(images: LabelledImages, folds: number, seed: number): Uint8Array {
  const { labels, count, folds: rule, source = 'The training images' } = images;
  const fail = (what: string): never => {
    throw new UserError(`${source}: expected ${what}`);
  };
  if (count < folds) {
    fail(`at least ${folds} images for ${folds} folds, got ${count}. Take fewer folds, or add images.`);
  }
  if (labels.every((label) => label === labels[0])) {
    fail(`images of two classes or more, got ${count} of class ${labels[0]} alone. Add images of other classes.`);
  }
  const part = rule?.part;
  const counted = rule?.isStratified === false ? new Uint8Array(count) : labels;
  if (!part) return stratifiedFolds(counted, folds, seed);
  if (part.is === 'fold') {
    if (part.count < 2) fail(`two folds or more in ${part.source}, got one. Correct it, or leave out \`fold\`.`);
    if (part.count !== folds) {
      fail(`as many folds as ${part.source} has, which are ${part.count}, got ${folds}. Use --folds ${part.count}.`);
    }
    return Uint8Array.from(part.of);
  }
  if (part.count < folds) {
    const remedy = part.count < 2 ? 'Leave out `group`' : `Take at most ${part.count} folds (--folds ${part.count})`;
    fail(
      `at least ${folds} groups for ${folds} folds, got ${part.count} in ${part.source}. ${remedy}, or add images of others.`,
    );
  }
  return groupedFolds(counted, part.of, folds, seed);
}

/** Names that a sentence lists. */
const LISTED = 5;

/**
 * What a person should know of the folds.
 * @param classes name of each class
 * @returns sentences, none for images whose folds all have all classes
 */
export function foldNotes(images: LabelledImages, folds: number, classes: readonly string[]): string[] {
  const { labels, folds: rule, metric = 'accuracy' } = images;
  const counts = new Uint32Array(classes.length);
  for (const label of labels) counts[label] += 1;
  const part = rule?.part;
  const named = (chosen: readonly number[], text: (label: number) => string): string =>
    chosen.slice(0, LISTED).map(text).join(', ') + (chosen.length > LISTED ? ', …' : '');
  const all = [...classes.keys()];
  const [absent, rare] = [all.filter((k) => counts[k] === 0), all.filter((k) => counts[k] > 0 && counts[k] < folds)];
  const notes: string[] = [];
  if (part?.is === 'group') {
    notes.push(`Folds by group: no two folds share one of the ${part.count} groups in ${part.source}.`);
    const lonely = inOneGroup(labels, part.of, classes.length).filter((k) => counts[k] > 1);
    if (lonely.length > 0) {
      notes.push(
        `${classesWords(lonely.length)} in one group only, so that no network of the others knows ` +
          `${lonely.length === 1 ? 'it' : 'them'}: ${named(lonely, (k) => classes[k])}.`,
      );
    }
  }
  if (part?.is === 'fold') notes.push(`Folds as they are in ${part.source}: ${part.count}.`);
  if (absent.length > 0) {
    notes.push(
      `${classesWords(absent.length)} without a training image and left out of the folds: ${named(absent, (k) => classes[k])}.`,
    );
  }
  if (rare.length > 0 && part?.is !== 'fold') {
    const list = named(rare, (k) => `${classes[k]} (${counts[k]})`);
    notes.push(
      `${classesWords(rare.length)} of fewer images than the ${folds} folds, so that some folds validate without ` +
        `${rare.length === 1 ? 'it' : 'them'}: ${list}.`,
    );
    const { title, isOverClasses } = findMetric(metric);
    if (isOverClasses) notes.push(`The ${title} of such a fold is the mean over the classes that it has.`);
  }
  return notes;
}

const classesWords = (count: number): string => (count === 1 ? '1 class is' : `${count} classes are`);

/** Classes whose images are all of one group. */
function inOneGroup(labels: ArrayLike<number>, groups: ArrayLike<number>, classes: number): number[] {
  const NONE = -1;
  const SEVERAL = -2;
  const only = new Int32Array(classes).fill(NONE);
  for (let i = 0; i < labels.length; i += 1) {
    const known = only[labels[i]];
    only[labels[i]] = known === NONE || known === groups[i] ? groups[i] : SEVERAL;
  }
  return [...only.keys()].filter((label) => only[label] >= 0);
}

/** What duplicates mean, in sentences. */
import { counted, integer } from '../base/format.ts';
import type { Duplicates, Place } from './duplicates.ts';

/** What was found, what it means for a score, and by which method. */
export function duplicateSentences({ exact, near, isComplete }: Duplicates): string[] {
  const leaks = (places: readonly Place[]): boolean => places.some(({ of }) => of === 'test');
  const exactLeaks = exact.filter(leaks).length;
  const nearLeaks = near.filter(({ second }) => second.of === 'test').length;
  return [
    `Identical: ${counted(exact.length, 'group')} with a training image, ${integer(exactLeaks)} of them with a test image.`,
    `Nearly the same: ${counted(near.length, 'pair')} with a training image, ${integer(nearLeaks)} of them with a test image.`,
    ...(exactLeaks + nearLeaks > 0
      ? ['Test images that are among the training images make a test score too good, as do copies in another fold.']
      : []),
    ...(isComplete ? [] : ['So many images are alike that not all pairs were compared: there may be more.']),
    'Images are nearly the same where the correlation of their pixels is at least 0.99, and that of their 8 × 8 pictures ' +
      'in grey at least 0.995. Moved or mirrored copies are not found.',
  ];
}

import test from 'ava';
import { suspectOf } from '../../submissions/errors.ts';

const near = (...labels: string[]) => labels.map((label, row) => ({ row, label, distance: 0.1 }));
const votes = (...classes: string[]) => classes.map((predicted) => ({ run: 'r', predicted, confidence: 0.9 }));

for (const [what, evidence, suspect] of [
  [
    'most other runs are right',
    { isSuspected: true, nearest: near('5', '5', '5'), votes: votes('3', '3', '5') },
    'network',
  ],
  ['most neighbours have the label', { isSuspected: true, nearest: near('3', '3', '5'), votes: votes('5') }, 'network'],
  ['all say the predicted class', { isSuspected: true, nearest: near('5', '5', '3'), votes: votes('5', '5') }, 'label'],
  ['there are no other runs', { isSuspected: true, nearest: near('5', '5', '3'), votes: [] }, 'label'],
  ['the label is not suspected', { isSuspected: false, nearest: near('5', '5', '5'), votes: votes('5') }, 'image'],
  [
    'neighbours are of all classes',
    { isSuspected: true, nearest: near('5', '3', '8', '9'), votes: votes('8', '3') },
    'image',
  ],
] as const) {
  test(`a 3 that is taken for a 5 points to the ${suspect} where ${what}`, (t) => {
    t.is(suspectOf({ label: '3', predicted: '5', ...evidence }), suspect);
  });
}

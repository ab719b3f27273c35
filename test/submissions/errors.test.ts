import test from 'ava';
import { suspectOf } from '../../submissions/errors.ts';

const near = (...labels: string[]) => labels.map((label, row) => ({ row, label, distance: 0.1 }));
const votes = (...classes: string[]) => classes.map((predicted) => ({ run: 'r', predicted, confidence: 0.9 }));

for (const [what, labelProbability, nearest, said, suspect] of [
  ['most other runs are right', 0.01, ['5', '5', '5'], ['3', '3', '5'], 'network'],
  ['most neighbours have the label', 0.01, ['3', '3', '5'], ['5'], 'network'],
  ['it is improbable, and no neighbour has it', 0.04, ['5', '5', '8'], ['5', '5'], 'label'],
  ['there are no other runs', 0.04, ['5', '5', '8'], [], 'label'],
  ['one neighbour has the label', 0.04, ['5', '5', '3'], [], 'image'],
  ['the label is not improbable', 0.05, ['5', '5', '5'], ['5'], 'image'],
] as const) {
  test(`a 3 that is taken for a 5 points to the ${suspect} where ${what}`, (t) => {
    t.is(suspectOf({ label: '3', labelProbability, nearest: near(...nearest), votes: votes(...said) }), suspect);
  });
}

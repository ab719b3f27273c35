import test from 'ava';
import { confusionOf, mistakesOf } from '../../submissions/diagnosis.ts';
import { random } from '../../numerics/random.ts';
import { findLabelErrors } from '../../submissions/label-errors.ts';

const predictions = {
  probabilities: Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.4, 0.6, 0.05, 0.95),
  labels: [0, 0, 1, 0],
  classes: ['a', 'b'],
};

test('confusion counts images by true and predicted class', (t) => {
  t.deepEqual(confusionOf(predictions).counts, [
    [1, 2],
    [0, 1],
  ]);
});

test('mistakes come the surest first', (t) => {
  t.deepEqual(
    mistakesOf(predictions).map(({ row, label, predicted }) => [row, label, predicted]),
    [
      [3, 0, 1],
      [1, 0, 1],
    ],
  );
});

test('a label is suspected where another class reaches its threshold with a larger probability', (t) => {
  const probabilities = Float32Array.from(
    [
      [0.9, 0.1, 0],
      [0.7, 0.3, 0],
      // Class 1 is likelier, and above its threshold: the mean of 0.875, 0.625 and 0.125.
      [0.25, 0.75, 0],
      [0.125, 0.875, 0],
      [0.375, 0.625, 0],
      // Class 0 is likelier, and reaches its threshold, the mean of 0.9, 0.7 and 0.25.
      [0.875, 0.125, 0],
    ].flat(),
  );
  const labels = [0, 0, 0, 1, 1, 1];
  const { images, suspected } = findLabelErrors({ probabilities, labels, classes: ['a', 'b', 'never there'] });
  t.is(images, 6);
  t.deepEqual(suspected, [
    { row: 5, label: 1, suggested: 0, labelProbability: 0.125, suggestedProbability: 0.875 },
    { row: 2, label: 0, suggested: 1, labelProbability: 0.25, suggestedProbability: 0.75 },
  ]);
});

test('most labels that were turned are found, and few others', (t) => {
  const [count, classes] = [2000, 5];
  const stream = random(5, 'labels');
  const truth = Array.from({ length: count }, (_, row) => row % classes);
  const labels = truth.map((label) => (stream.integer(10) === 0 ? (label + 1) % classes : label));
  const probabilities = new Float32Array(count * classes);
  for (let row = 0; row < count; row += 1) {
    const sure = 0.5 + stream.integer(50) / 100;
    probabilities.fill((1 - sure) / (classes - 1), row * classes, (row + 1) * classes);
    probabilities[row * classes + truth[row]] = sure;
  }
  const names = Array.from({ length: classes }, (_, k) => String(k));
  const found = new Set(findLabelErrors({ probabilities, labels, classes: names }).suspected.map(({ row }) => row));
  const turned = labels.flatMap((label, row) => (label === truth[row] ? [] : [row]));
  const right = turned.filter((row) => found.has(row)).length;
  t.true(right / turned.length > 0.5 && right / found.size > 0.95, `${right} of ${turned.length}, ${found.size} found`);
});

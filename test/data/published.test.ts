import test from 'ava';
import { competitionOf } from '../../data/described.ts';
import { descriptionSchema } from '../../data/description.ts';
import { loadTest, loadTrain } from '../../data/load.ts';
import { propose } from '../../data/propose/index.ts';
import { publish, published } from './published.ts';
import { morePublished } from './published-more.ts';
import { temporaryFolder } from './tiny.ts';
import { allPixels } from '../../data/images.ts';

for (const expected of [...published, ...morePublished]) {
  test(`${expected.name} is read as its publisher means it, with what is proposed`, async (t) => {
    const dataDir = await temporaryFolder(t);
    await publish(dataDir, expected);
    const { description } = await propose(dataDir);
    // As it is written and read again.
    const competition = competitionOf(descriptionSchema.parse(JSON.parse(JSON.stringify(description))), dataDir);
    const { shape, classes, submission, files } = competition;
    t.deepEqual([shape.height, shape.width, shape.channels], expected.shape);
    t.deepEqual(classes, expected.classes);
    t.deepEqual([submission.id, submission.label], expected.columns);
    t.deepEqual(submission.probabilities, expected.probabilities);

    const train = await loadTrain(competition);
    t.deepEqual([...train.labels], expected.labels);
    if (expected.pixel) {
      const { row, x, y, value } = expected.pixel;
      t.is(allPixels(train)[(row * shape.height + y) * shape.width + x], value);
    }
    t.is(files.test.length === 0, expected.ids === null);
    t.deepEqual((await loadTest(competition)).ids, expected.ids ?? []);
  });
}

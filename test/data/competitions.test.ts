import test from 'ava';
import { imageSize } from '../../data/images.ts';
import { competitions, findCompetition } from '../../data/competitions/index.ts';
import { UserError } from '../../data/user-error.ts';

for (const competition of competitions) {
  test(`${competition.id} is found by its id and names one column for each byte of an image`, (t) => {
    t.is(findCompetition(competition.id), competition);
    const { pixels } = competition.columns;
    t.is(new Set(pixels).size, imageSize(competition.shape));
    t.is(new Set(competition.classes).size, competition.classes.length);
    t.true(competition.page !== null || competition.generate !== undefined, 'a person must be able to get the files');
  });
}

test('pixels are named as in the files of Kaggle', (t) => {
  const [recognizer, fashion] = ['digit-recognizer', 'fashion-mnist'].map((id) => findCompetition(id).columns.pixels);
  t.deepEqual([recognizer[0], recognizer[783]], ['pixel0', 'pixel783']);
  t.deepEqual([fashion[0], fashion[783]], ['pixel1', 'pixel784']);
});

test('an unknown competition is answered with the known ones', (t) => {
  t.throws(() => findCompetition('mnist'), {
    instanceOf: UserError,
    message: 'Unknown competition "mnist". Known: digit-recognizer, fashion-mnist, synthetic-digits.',
  });
});

import test from 'ava';
import { competitions, findCompetition } from '../../data/competitions/index.ts';
import { UserError } from '../../data/user-error.ts';

for (const competition of competitions) {
  test(`${competition.id} is found by its id`, (t) => {
    t.is(findCompetition(competition.id), competition);
    t.is(new Set(competition.classes).size, competition.classes.length);
    t.true(competition.page !== null || competition.generate !== undefined, 'a person must be able to get the files');
  });
}

test('an unknown competition is answered with the known ones', (t) => {
  t.throws(() => findCompetition('mnist'), {
    instanceOf: UserError,
    message: 'Unknown competition "mnist". Known: digit-recognizer, fashion-mnist, synthetic-digits.',
  });
});

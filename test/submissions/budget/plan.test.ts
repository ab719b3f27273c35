import test from 'ava';
import * as fc from 'fast-check';
import {
  type Circumstances,
  foldSeconds,
  type MeasuredMember,
  memberSeconds,
  planMembers,
} from '../../../submissions/budget/plan.ts';
import { plannedOrder } from '../../../submissions/budget/order.ts';
import { type RecipeMember, recipeSchema } from '../../../submissions/budget/recipe.ts';

const circumstances: Circumstances = {
  workers: 2,
  trainImages: 1000,
  testImages: 500,
  folds: 10,
  views: 0,
  overhead: 1,
  blend: 1,
  slowness: 1,
};

/** An epoch on 900 images takes as many seconds as is said, if nobody looks at the validation images. */
const measured = (name: string, epochSeconds: number, member: Partial<RecipeMember> = {}): MeasuredMember => ({
  member: {
    ...recipeSchema.parse({ about: '', members: [{ name, model: 'digit-cnn', epochs: { least: 2, most: 50 } }] })
      .members[0],
    ...member,
  },
  speed: { train: epochSeconds / 900, measure: 0, predict: 0 },
});
const [first, deep, wide] = [
  measured('first', 0.5, { share: 10, epochs: { least: 1, most: 4 } }),
  measured('deep', 4, { share: 60 }),
  measured('wide', 10, { share: 40 }),
];
const shown = ({ members }: ReturnType<typeof planMembers>) =>
  members.map(({ member, epochs }) => [member.name, epochs]);

test('a fold takes its epochs, a look at the validation images every so often, and the scores at its end', (t) => {
  const of: MeasuredMember = { ...deep, speed: { train: 1, measure: 0.1, predict: 0.01 } };
  t.is(foldSeconds(of, 3, circumstances), 3 * (900 + 90 + 1) + 900 * 0.11 + 1);
  const rarely = { ...of, member: { ...of.member, parameters: { validateEvery: 3 } } };
  t.is(foldSeconds(rarely, 3, circumstances), 3 * 900 + 91 + 900 * 0.11 + 1);
  const twice = { ...of, member: { ...of.member, method: 'bootstrap' as const } };
  t.true(foldSeconds(twice, 3, circumstances) > foldSeconds(of, 3, circumstances) + 2699);
  // Two threads train four folds one pair after the other, and predict the test images.
  t.is(memberSeconds(of, 3, 4, circumstances), 2 * (foldSeconds(of, 3, circumstances) + 5) + 1);
});

test('the time goes by shares, and what one cannot use goes to the others', (t) => {
  // 212 s without the two blends; the first has all of its 4 epochs in 3 s, so that 207 s are shared 60 to 40.
  const planned = planMembers([first, deep, wide], 212, circumstances);
  t.deepEqual(shown(planned), [
    ['first', 4],
    ['deep', 30],
    ['wide', 8],
  ]);
  t.is(planned.trainFolds, 2);
  t.deepEqual(
    planned.members.map(({ seconds }) => seconds),
    [3, 121, 81],
  );
});

test('a member that has less than its least epochs takes time from the others, and else is left out', (t) => {
  t.deepEqual(shown(planMembers([first, deep, wide], 40, circumstances)), [
    ['first', 2],
    ['deep', 3],
    ['wide', 2],
  ]);
  const short = planMembers([first, deep, wide], 20, circumstances);
  t.deepEqual(shown(short), [
    ['first', 3],
    ['deep', 3],
  ]);
  t.deepEqual(short.leftOut, [{ name: 'wide', seconds: 21 }]);
  const none = planMembers([first, deep, wide], 1, circumstances);
  t.deepEqual([none.members, none.leftOut.map(({ seconds }) => seconds)], [[], [1.5, 9, 21]]);
});

test('where all have all of their epochs, more folds are trained, as many as there is time for', (t) => {
  const folds = (seconds: number) => planMembers([first, deep], seconds, circumstances).trainFolds;
  // Two folds take 3 + 201 s and a blend; another two as long again but for the overhead.
  t.deepEqual([folds(205), folds(406), folds(407), folds(2000)], [2, 2, 4, 10]);
  t.is(planMembers([first, deep], 2000, circumstances, { trainFolds: 3 }).trainFolds, 3);
});

test('a plan never takes longer than its time, and gives no member fewer or more epochs than it may have', (t) => {
  const member = fc.record({
    epoch: fc.double({ min: 0.01, max: 100, noNaN: true }),
    share: fc.double({ min: 0.1, max: 100, noNaN: true }),
    least: fc.integer({ min: 1, max: 20 }),
    more: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(
    fc.property(
      fc.array(member, { minLength: 1, maxLength: 6 }),
      fc.double({ min: 0, max: 5000, noNaN: true }),
      (all, seconds) => {
        const members = all.map(({ epoch, share, least, more }, i) =>
          measured(`m${i}`, epoch, { share, epochs: { least, most: least + more } }),
        );
        const planned = planMembers(members, seconds, circumstances);
        const total = planned.members.reduce((sum, one) => sum + one.seconds, 0);
        const blends = Math.max(0, planned.members.length - 1);
        t.true(planned.members.length === 0 || total + blends <= seconds * (1 + 1e-9));
        for (const {
          member: { epochs: bounds },
          epochs,
        } of planned.members) {
          const { least, most } = bounds as { least: number; most: number };
          t.true(epochs >= least && epochs <= most);
        }
        t.is(planned.members.length + planned.leftOut.length, members.length);
      },
    ),
  );
});

test('what is left is planned again with the speed that trainings had', (t) => {
  let left = 1000;
  const { workers, trainImages, testImages, folds, views } = circumstances;
  const about = { workers, trainImages, testImages, folds, views };
  const order = plannedOrder([first, deep, wide], about, { secondsLeft: () => left, budget: 1000 });
  const done = { trained: [] as { name: string }[], given: [] as string[], current: null, trainFolds: null };
  const before = order.next(done);
  t.deepEqual(
    shown(before as never).map(([name]) => name),
    ['first', 'deep', 'wide'],
  );
  // It took twice as long as was measured.
  order.learn('first', 4, 2, [4, 4], 5);
  left = 500;
  const after = order.next({ ...done, trained: [{ name: 'first' }], trainFolds: 2 });
  const deepAfter = after.members.find(({ member }) => member.name === 'deep')!;
  t.is(deepAfter.seconds, deepAfter.epochs * 8 + 1);
  t.deepEqual(
    order
      .next({ ...done, trained: [{ name: 'first' }], given: ['deep'], trainFolds: 2 })
      .members.map(({ member }) => member.name),
    ['wide'],
  );
  // A training that was begun before an interruption keeps its epochs, as long as there is time for them.
  const begun = order.next({
    ...done,
    trained: [{ name: 'first' }],
    trainFolds: 2,
    current: { name: 'deep', epochs: 7 },
  });
  t.is(begun.members[0].epochs, 7);
});

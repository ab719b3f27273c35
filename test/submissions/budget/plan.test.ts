/** Recipes, and the plan that a budget leaves of one. */
import test from 'ava';
import * as fc from 'fast-check';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../../base/user-error.ts';
import { loadPlan } from '../../../models/index.ts';
import { expectTwoPoints } from '../../../pipeline/index.ts';
import { plannedOrder } from '../../../submissions/budget/order.ts';
import {
  type Circumstances,
  foldSeconds,
  type MeasuredMember,
  memberSeconds,
  planMembers,
} from '../../../submissions/budget/plan.ts';
import {
  type RecipeMember,
  recipeSchema,
  chooseRecipe,
  findRecipe,
  ownRecipes,
  parametersOf,
  readRecipe,
} from '../../../submissions/budget/recipe.ts';
import { temporaryFolder } from '../../data/tiny.ts';

const recipes = await ownRecipes();

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
  const taught = { ...of, member: { ...of.member, method: 'distill' as const, parameters: { teachers: 2 } } };
  t.is(foldSeconds(taught, 3, circumstances), foldSeconds(of, 3, circumstances) + 3 * (2 * 900 + 2 * 9));
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
  t.deepEqual(short.leftOut, [{ name: 'wide', seconds: 21, left: 7.5 }]);
  const none = planMembers([first, deep, wide], 1, circumstances);
  t.deepEqual([none.members, none.leftOut.map(({ seconds }) => seconds)], [[], [1.5, 9, 21]]);
});

test('a member whose epochs cost next to nothing has all of them, whatever else is trained', (t) => {
  const quick = measured('first', 0.02, { share: 3, epochs: { least: 1, most: 8 } });
  for (const seconds of [15, 30, 40, 60]) {
    t.is(planMembers([quick, deep, wide], seconds, circumstances).members[0].epochs, 8, String(seconds));
  }
});

test('it is not left out where its fewest epochs fit and all of them do not', (t) => {
  const big = measured('big', 10, { epochs: 9 });
  const cheap = measured('cheap', 0.1, { epochs: { least: 1, most: 8 } });
  const planned = planMembers([big, cheap], 91 + 1 + 1.3, circumstances);
  t.deepEqual(shown(planned), [
    ['big', 9],
    ['cheap', 3],
  ]);
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
  // A short training that took twice as long as was measured says little, and a long one much.
  order.learn('first', 4, 2, [4, 4], 5);
  const afterFirst = order.next({ ...done, trained: [{ name: 'first' }], trainFolds: 2 });
  const [{ epochs, seconds }] = afterFirst.members;
  const short = (20 + 4) / (20 + 2);
  t.true(Math.abs(seconds! - (epochs * 4 * short + 5 - 2 * short)) < 1e-9);
  order.learn('first', 4000, 2, [3980, 3980], 3981);
  left = 500;
  const after = order.next({ ...done, trained: [{ name: 'first' }], trainFolds: 2 });
  const deepAfter = after.members.find(({ member }) => member.name === 'deep')!;
  const long = (20 + 3980) / (20 + 2000);
  t.true(Math.abs(deepAfter.seconds! - (deepAfter.epochs * 4 * long + 3981 - 2000 * long)) < 1e-9);
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

// Contract of all recipes, whichever there are.

for (const { name, recipe } of recipes) {
  test(`the recipe ${name} can be trained as it says`, async (t) => {
    t.is((await findRecipe(name)).recipe.about, recipe.about);
    for (const member of recipe.members) {
      const least = typeof member.epochs === 'number' ? member.epochs : member.epochs.least;
      t.notThrows(() => expectTwoPoints(member.method, parametersOf(member), least, 1), member.name);
    }
    // Images as small as it is meant for.
    const short = Math.max(recipe.for.shortSide?.least ?? 1, 1);
    const long = Math.max(short, Math.min(recipe.for.longSide?.most ?? 32, 32));
    const shape = { height: short, width: long, channels: recipe.for.colour === false ? 1 : 3 };
    const built = await Promise.allSettled(recipe.members.map(({ model }) => loadPlan(model, shape, 2)));
    t.is(built.filter(({ status }) => status === 'rejected').length, 0, JSON.stringify(shape));
    // The first one is there for a submission that exists soon.
    const shares = recipe.members.reduce((sum, { share }) => sum + share, 0);
    t.true(recipe.members.length === 1 || recipe.members[0].share / shares <= 0.2);
  });
}

test('there is a recipe for all images and budgets', async (t) => {
  for (const height of [1, 8, 300]) {
    for (const channels of [1, 3]) {
      for (const minutes of [0.1, 600]) {
        const shape = { height, width: 30, channels };
        const { recipe } = chooseRecipe(recipes, { shape, images: 50, minutes });
        const built = await Promise.allSettled(recipe.members.map(({ model }) => loadPlan(model, shape, 3)));
        t.is(built[0].status, 'fulfilled', `${height} ${channels} ${minutes}`);
      }
    }
  }
});

test('of the recipes that fit, the one for longer budgets is chosen, and then the one for more images', (t) => {
  const named = (name: string, of: object) => ({ name, recipe: { ...recipes[0].recipe, for: of } });
  const choose = (images: number, minutes: number) =>
    chooseRecipe(
      [
        named('long', { minutes: { least: 60 } }),
        named('any', {}),
        named('many', { images: { least: 100, most: 200 } }),
        named('colour', { colour: true }),
        {
          name: 'shy',
          recipe: { ...named('', { minutes: { least: 60 }, images: { least: 1 } }).recipe, onlyByName: true },
        },
      ],
      { shape: { height: 8, width: 8, channels: 1 }, images, minutes },
    ).name;
  t.deepEqual([choose(10, 10), choose(150, 10), choose(150, 60), choose(300, 59)], ['any', 'many', 'long', 'any']);
});

const member = { name: 'one', model: 'mlp', epochs: 3 };
const wrong: readonly (readonly [content: unknown, sentence: RegExp])[] = [
  [{ about: '', members: [{ ...member, epoch: 3 }] }, /Unknown key `members\.0\.epoch` in .*\. Known: name, model, /],
  [
    { about: '', for: { images: { least: 9, most: 2 } }, members: [member] },
    /Expected `for\.images` in .* to be with `least` up to `most`, got /,
  ],
  [{ about: '', members: [{ ...member, model: 'big' }] }, /Expected `members\.0\.model` in .* to be one of /],
  [
    { about: '', members: [{ ...member, epochs: { least: 5, most: 4 } }] },
    /`members\.0\.epochs` in .* to be with `least` up to `most`/,
  ],
  [
    { about: '', members: [member, member] },
    /Expected `members\.1\.name` in .* to be a name that no other member has, got ".+"\./,
  ],
  [{ about: '', members: [{ ...member, name: 'blend-2' }] }, /not beginning with "blend"/],
  [
    { about: '', members: [{ ...member, parameters: { learningRate: -1 } }] },
    /`learningRate` in the parameters of one in .* above 0, got -1/,
  ],
  [{ about: '', members: [{ ...member, parameters: { rate: 1 } }] }, /Unknown key `rate` in the parameters of one in /],
  [{ about: '', members: [{ ...member, parameters: { swaRate: 1 } }] }, /got `swaRate`, which has none on plain/],
  [{ about: '', folds: 3, trainFolds: 4, members: [member] }, /`trainFolds` in .* to be at most the 3 folds, got 4/],
  [[], /Expected .* to be an object/],
];

test('a recipe that cannot be is refused in one sentence', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'mine.json');
  for (const [content, sentence] of wrong) {
    await writeFile(file, JSON.stringify(content));
    const error = await t.throwsAsync(readRecipe(file), { instanceOf: UserError });
    t.regex(error?.message ?? '', sentence);
  }
  await t.throwsAsync(findRecipe('unknown'), {
    message: /^Unknown recipe "unknown"\. Known: .* A recipe of your own is a file/,
  });
  await t.throwsAsync(findRecipe(join(folder, 'none.json')), { message: /expected a recipe \(JSON\), found none/ });
});

/** Contract of all recipes, whichever there are. */
import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../../base/user-error.ts';
import { loadPlan } from '../../../models/index.ts';
import { expectTwoPoints } from '../../../pipeline/index.ts';
import { chooseRecipe, findRecipe, ownRecipes, parametersOf, readRecipe } from '../../../submissions/budget/recipe.ts';
import { temporaryFolder } from '../../data/tiny.ts';

const recipes = await ownRecipes();

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
      ],
      { shape: { height: 8, width: 8, channels: 1 }, images, minutes },
    ).name;
  t.deepEqual([choose(10, 10), choose(150, 10), choose(150, 60), choose(300, 59)], ['any', 'many', 'long', 'any']);
});

const member = { name: 'one', model: 'mlp', epochs: 3 };
const wrong: readonly (readonly [content: unknown, sentence: RegExp])[] = [
  [{ about: '', members: [{ ...member, epoch: 3 }] }, /Unknown key `epoch` in .*\. Known: name, model, /],
  [{ about: '', members: [{ ...member, model: 'big' }] }, /Expected `members\.0\.model` in .* to be one of /],
  [
    { about: '', members: [{ ...member, epochs: { least: 5, most: 4 } }] },
    /`members\.0\.epochs` in .* to be with `least` up to `most`/,
  ],
  [{ about: '', members: [member, member] }, /`members` in .* to be members with different names/],
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

/** What the dashboard offers to be typed for a trial. */
import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { commandsOf } from '../../dashboard/server/trial-commands.ts';
import { longTrial } from './long-study.ts';

const task = {
  competition: 'digit-recognizer',
  model: 'digit-cnn',
  method: 'swa',
  engine: 'wasm',
  epochs: 3,
  folds: 2,
  fixed: {},
  images: '0',
};
const definition = { direction: 'maximize', seed: 1, space: null, sampler: 'tpe', pruner: 'none', lag: 1 } as const;

test('a trial of a search is trained by its study and number; names are quoted for a shell', (t) => {
  const params = { learningRate: 0.1, "it's": 'a b' };
  const trials = [
    { ...longTrial(0), params },
    { ...longTrial(1), params, state: 'FAIL' as const },
  ];
  const study = { definition: { ...definition, name: 'mine; rm', task }, trials };
  const of = '--competition digit-recognizer --model digit-cnn --method swa';
  t.deepEqual(
    commandsOf(study, 0, { storage: 'my runs/studies.db', dataDir: 'data/my set' }).map(({ command }) => command),
    [
      `npm run submit -- ${of} --data-dir 'data/my set' --study 'mine; rm' --trial 0 --storage 'my runs/studies.db'`,
      String.raw`npm run search -- ${of} --data-dir 'data/my set' --enqueue '{"learningRate":0.1,"it'\''s":"a b"}'`,
      `npm run study -- best 'mine; rm' --trial 0 --storage 'my runs/studies.db'`,
    ],
  );
  t.is(commandsOf(study, 1, { storage: 'studies.db' }).length, 1);
  const other = { definition: { ...definition, name: 'other', task: null }, trials };
  t.deepEqual(
    commandsOf(other, 0, { storage: 'studies.db' }).map(({ command }) => command),
    ['npm run study -- best other --trial 0 --storage studies.db'],
  );
  t.deepEqual(commandsOf(other, 1, { storage: 'studies.db' }), []);
  t.throws(() => commandsOf(other, 2, { storage: 'studies.db' }), {
    instanceOf: UserError,
    message: /^Unknown trial 2/,
  });
});

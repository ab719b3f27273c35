import test from 'ava';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { effectiveSpace, unusedNote } from '../../cli/unused.ts';
import { methods } from '../../pipeline/methods/index.ts';
import type { SearchSpace } from '../../search/distributions.ts';
import { runHere } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'wide-optima-'));
process.chdir(folder);
test.before(() => writeSyntheticDigits('digits', { train: 200, test: 100 }));
test.after.always(() => rmSync(folder, { recursive: true }));

const small = '--competition synthetic-digits --data-dir digits --epochs 12 --folds 2 --workers 1'.split(' ');
const search = (...words: string[]) => runHere(['search', ...small, '--trials', '1', ...words]);

const rate = '"kind":"float","low":0.01,"high":0.1';
const refused: readonly (readonly [words: string[], sentence: RegExp])[] = [
  [
    ['--method', 'plain', '--fix', 'swaRate=2'],
    /^`swaRate` has no effect on plain: leave it out of --fix, or take swa, swag, soup, fge, sam\+swa alone\.\n$/,
  ],
  [['--fix', 'swaRate=2'], /^`swaRate` has no effect on plain: /],
  [
    ['--method', 'plain', '--fix', 'adaptiveRho=true'],
    /^`adaptiveRho` has no effect on plain without rho: leave it out of --fix\.\n$/,
  ],
  [
    ['--method', 'plain', '--fix', 'optimizer=sgd,momentum=0.9'],
    /^`momentum` has no effect on plain with optimizer sgd: leave it out of --fix\.\n$/,
  ],
  [
    ['--method', 'swa', '--space', `{"snapshots":{"kind":"int","low":1,"high":3}}`],
    /^`snapshots` has no effect on swa: leave it out of --space, or take snapshot alone\.\n$/,
  ],
  [
    ['--method', 'plain', '--space', `{"learningRate":{${rate}},"finalRate":{${rate}}}`],
    /^`finalRate` has no effect on plain with schedule plateau: leave it out of --space\.\n$/,
  ],
  [
    [
      '--method',
      'plain',
      '--space',
      `{"squareDecay":{${rate}},"optimizer":{"kind":"categorical","choices":["sgd","adagrad"]}}`,
    ],
    /^`squareDecay` has no effect on plain with optimizer sgd: leave it out of --space\.\n$/,
  ],
];

for (const [words, sentence] of refused) {
  test.serial(`search ${words.join(' ')} is refused before a study is made`, async (t) => {
    const { code, stdout, stderr } = await search(...words, '-q');
    t.regex(stderr, sentence);
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  });
}

for (const [words, sentence] of refused.filter(([all]) => all.includes('--fix'))) {
  test.serial(`submit ${words.join(' ')} is refused before anything is trained`, async (t) => {
    const { code, stdout, stderr } = await runHere(['submit', ...small, ...words, '-q']);
    t.regex(stderr, sentence);
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  });
}

test.serial('submit --fix changes parameters of any source, and says so', async (t) => {
  writeFileSync('given.json', '{"learningRate":0.05,"batchSize":64}');
  const words = ['--method', 'plain', '--params', 'given.json', '--fix', 'batchSize=32,validateEvery=5,augment=digits'];
  const { code, stdout, stderr } = await runHere(['submit', ...small, ...words, '--json']);
  t.is(code, 0, stderr);
  const { params, paramsFrom, run } = JSON.parse(stdout).methods.plain;
  t.is(paramsFrom, 'given.json, with batchSize=32, validateEvery=5, augment=digits');
  t.like(params, { learningRate: 0.05, batchSize: 32, validateEvery: 5 });
  t.true(params.augment.rotate > 0, `${params.augment.rotate}`);
  const { folds } = JSON.parse(readFileSync(join(run, 'record.json'), 'utf8'));
  const validated = (epochs: readonly { epoch: number; validationAccuracy?: number }[]) =>
    epochs.filter(({ validationAccuracy }) => validationAccuracy !== undefined).map(({ epoch }) => epoch);
  t.deepEqual(
    folds.map((fold: { epochs: [] }) => validated(fold.epochs)),
    [
      [4, 9, 11],
      [4, 9, 11],
    ],
  );
  const wrong = await runHere(['submit', ...small, '--fix', 'batchSize=0', '-q']);
  t.regex(wrong.stderr, /^Expected `batchSize` in --fix for swa to be at least 1, got 0\.\n$/);
});

test('what a fixed parameter switches off in the space of a method is not searched, and that is said', (t) => {
  const { space, note } = effectiveSpace('plain', 'digit-cnn', undefined, { optimizer: 'sgd', schedule: 'cosine' });
  t.deepEqual(Object.keys(space!), ['learningRate', 'batchSize']);
  t.is(
    note,
    'momentum is not searched: no effect on plain with optimizer sgd; ' +
      'patience is not searched: no effect on plain with schedule cosine',
  );
  for (const id of Object.keys(methods))
    t.deepEqual(effectiveSpace(id, 'digit-cnn', undefined), { space: undefined, note: null });
});

test('a parameter may be searched that only some of the searched choices use', (t) => {
  const space: SearchSpace = {
    optimizer: { kind: 'categorical', choices: ['sgd', 'adam'] },
    squareDecay: { kind: 'float', low: 0.9, high: 0.99 },
    rho: { kind: 'float', low: 0, high: 0.1 },
    adaptiveRho: { kind: 'categorical', choices: [true, false] },
  };
  t.deepEqual(effectiveSpace('plain', 'digit-cnn', space), { space, note: null });
});

test.serial('a file may give several methods what some of them do not use: that is said, and goes on', async (t) => {
  writeFileSync('my.json', '{"learningRate":0.05,"swaRate":0.7,"patience":3,"finalRate":0.01}');
  const words = ['submit', ...small, '--params', 'my.json', '--method', 'swa,plain,snapshot', '--out-dir', 'out'];
  const { code, stderr } = await runHere(words);
  t.is(code, 0, stderr);
  t.deepEqual(
    stderr.split('\n').filter((line) => line.includes('no effect')),
    [
      'my.json: `swaRate` has no effect on plain.',
      'my.json: `swaRate` has no effect on snapshot, `patience` has no effect on snapshot.',
    ],
  );
});

test('parameters that stand at the defaults of the method are no news', (t) => {
  const { plain } = methods;
  t.is(unusedNote('plain', 'digit-cnn', plain.defaults, plain.defaults, 'x'), null);
});

import test from 'ava';
import { readRecording } from '../../bench/learning-curves.ts';
import { runPruned, simulateStudy, type SimulatedStudy } from '../../bench/pruning-simulation.ts';
import { foldOrder } from '../../search/pruners/folds.ts';
import { neverPrune } from '../../search/pruners/none.ts';
import { pruners } from '../../search/pruners/index.ts';

const trials = 60;
const recording = await readRecording();
const studies = ['plain', 'swa'].flatMap((method) =>
  [1, 2, 3, 4, 5, 6].map((seed) => simulateStudy(recording, method, trials, seed)),
);

test('a simulated study has each recorded trial once, the better ones later', (t) => {
  const meanOf = (study: SimulatedStudy, from: number, to: number): number =>
    study.trials.slice(from, to).reduce((sum, { value }) => sum + (value ?? 0), 0) / (to - from);
  for (const study of studies) t.is(new Set(study.trials.map(({ params }) => params.learningRate)).size, trials);
  const isImproving = studies.filter((study) => meanOf(study, 10, 35) > meanOf(study, 0, 10));
  t.true(isImproving.length >= studies.length / 2, `${isImproving.length}`);
});

test('a study that is not pruned is trained as a whole and loses nothing', (t) => {
  const { epochs, epochsWithoutPruning, prunedBest, regret } = runPruned(studies[0], neverPrune());
  t.is(epochs, epochsWithoutPruning);
  t.is(epochs, trials * recording.folds * recording.epochs);
  t.false(prunedBest);
  t.is(regret, 0);
});

test('the folds pruner saves two fifths of the work and loses no best trial', (t) => {
  const outcomes = studies.map((study) => runPruned(study, pruners.folds(study.shape), foldOrder));
  t.deepEqual(
    outcomes.filter(({ prunedBest }) => prunedBest),
    [],
  );
  const saved = outcomes.map(({ epochs, epochsWithoutPruning }) => 1 - epochs / epochsWithoutPruning);
  t.true(saved.reduce((sum, share) => sum + share, 0) / saved.length > 0.4);
});

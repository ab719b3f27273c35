/**
 * `npm run bench -- pruning`: savings and losses of pruners in simulated studies on recorded learning curves. The
 * pruner `folds` was designed on the curves of plain training. Studies of 30 trials over the first half of the SWA
 * curves were looked at once before its risk was fixed; the second half was recorded later.
 */
import Table from 'cli-table3';
import { UserError } from '../base/user-error.ts';
import { foldOrder } from '../search/pruners/folds.ts';
import { type PrunerName, pruners } from '../search/pruners/index.ts';
import { readRecording } from './learning-curves.ts';
import { mean, standardError } from '../numerics/statistics.ts';
import { runPruned, simulateStudy, type StudyOutcome } from './pruning-simulation.ts';

interface Estimate {
  readonly mean: number;
  readonly standardError: number;
}

interface Row {
  readonly method: string;
  readonly pruner: string;
  /** Saved share of the epochs. */
  readonly saved: Estimate;
  readonly studiesThatLostTheBest: number;
  /** Accuracy of the best trial minus that of the best unpruned one. */
  readonly regret: Estimate;
}

/** Cases. With `isOrdered` the folds run in the order that decides fastest, else by number. */
const cases: readonly { label: string; pruner: PrunerName; isOrdered?: boolean }[] = [
  ...(Object.keys(pruners) as PrunerName[]).map((pruner) => ({
    label: pruner,
    pruner,
    isOrdered: pruner === 'folds',
  })),
  { label: 'folds, not ordered', pruner: 'folds' },
];

export async function benchPruning(options: { studies: number; trials: number; json: boolean }): Promise<void> {
  const { studies, trials, json } = options;
  const recording = await readRecording();
  const recorded: Record<string, number> = {};
  for (const study of recording.studies) recorded[study.method] = (recorded[study.method] ?? 0) + study.trials.length;
  const most = Math.min(...Object.values(recorded));
  if (!(trials >= 1 && trials <= most)) {
    throw new UserError(`Expected \`--trials\` in 1 … ${most}, as many as are recorded, got ${trials}.`);
  }
  if (!(studies >= 2)) throw new UserError(`Expected \`--studies\` of 2 or more, got ${studies}.`);

  const rows: Row[] = [];
  for (const method of Object.keys(recorded)) {
    const simulated = Array.from({ length: studies }, (_, i) => simulateStudy(recording, method, trials, i + 1));
    for (const { label, pruner, isOrdered } of cases) {
      const outcomes = simulated.map((study) =>
        runPruned(study, pruners[pruner](study.shape), isOrdered === true ? foldOrder : undefined),
      );
      rows.push(summarize(method, label, outcomes));
    }
  }
  if (json) {
    console.log(JSON.stringify({ studies, trials, recorded, rows }));
    return;
  }
  print(rows, studies);
  const from = Object.entries(recorded).map(([method, count]) => `${count} of ${method}`);
  console.log(`${studies} studies of ${trials} trials each, drawn from ${from.join(' and ')}; mean ± standard error.`);
  console.log(`A trial: ${recording.folds} folds of ${recording.epochs} epochs, ${recording.images} images.`);
}

function summarize(method: string, pruner: string, outcomes: readonly StudyOutcome[]): Row {
  return {
    method,
    pruner,
    saved: estimate(outcomes.map(({ epochs, epochsWithoutPruning }) => 1 - epochs / epochsWithoutPruning)),
    studiesThatLostTheBest: outcomes.filter(({ prunedBest }) => prunedBest).length,
    regret: estimate(outcomes.map(({ regret }) => regret)),
  };
}

const estimate = (values: readonly number[]): Estimate => ({
  mean: mean(values),
  standardError: standardError(values),
});

function print(rows: readonly Row[], studies: number): void {
  const table = new Table({
    head: ['method', 'pruner', 'epochs saved, %', 'best one pruned', 'regret, points'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'right', 'right'],
  });
  const percent = (share: Estimate, digits: number): string =>
    `${(100 * share.mean).toFixed(digits)} ± ${(100 * share.standardError).toFixed(digits)}`;
  for (const { method, pruner, saved, studiesThatLostTheBest, regret } of rows) {
    const lost = `${studiesThatLostTheBest} of ${studies}`;
    table.push([method, pruner, percent(saved, 1), lost, percent(regret, 3)]);
  }
  console.log(table.toString());
}

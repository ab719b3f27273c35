/** The study that the tests of several processes run: quick, and with every kind of outcome. */
import type { Outcome } from '../../search/outcome.ts';
import type { Trial } from '../../search/trial.ts';

export const childOptions = { direction: 'minimize', seed: 5, sampler: 'tpe', lag: 'growing' } as const;

export function childObjective(trial: Trial): Outcome {
  const x = trial.suggestFloat('x', 1e-3, 10, { log: true });
  const n = trial.suggestInt('n', 1, 9);
  trial.report(x, 0);
  trial.report(n, 1);
  if (n === 9) return NaN;
  if (trial.suggestCategorical('mode', ['plain', 'swa']) === 'plain' && x > 5) return { state: 'PRUNED' };
  return (Math.log(x) - 1) ** 2 + n;
}

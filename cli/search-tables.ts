/** What searches have found, as tables. */
import { duration, integer, parameterValue, percent } from '../base/format.ts';
import type { MetricName } from '../data/index.ts';
import type { SearchOutcome } from '../tuning/index.ts';
import { frontTable } from './study-words.ts';
import { table } from './table.ts';

/** The outcomes as a table, one row for each method. */
export function searchTable(outcomes: Readonly<Record<string, SearchOutcome>>): string {
  const parameters = [...new Set(Object.values(outcomes).flatMap(({ best }) => Object.keys(best?.params ?? {})))];
  const head = ['method', 'trials', 'out of fold', ...parameters, 'time'];
  const rows = Object.entries(outcomes).map(([method, { trials, best, seconds, metric }]) => {
    const found = parameters.map((name) => (best && name in best.params ? parameterValue(best.params[name]) : ''));
    return [method, trialCounts(trials), best ? valueText(best.value, metric) : 'none'].concat(
      found,
      duration(seconds),
    );
  });
  return table(head, rows, 'll'.padEnd(head.length, 'r'), {
    optional: ['time', ...parameters.toReversed()],
  });
}

/** The Pareto front of each search with several objectives, one row for each trial, the best score first. */
export function frontTables(outcomes: Readonly<Record<string, SearchOutcome>>): readonly string[] {
  return Object.entries(outcomes).flatMap(([method, { front, objectives = [] }]) =>
    front === undefined
      ? []
      : [`Front of ${method}, trials that no other beats in everything:\n${frontTable(front, objectives)}`],
  );
}

/** What the confirmed trials were worth, and how much luck the best score has, for each search that has some. */
export function confirmedTables(outcomes: Readonly<Record<string, SearchOutcome>>): readonly string[] {
  return Object.entries(outcomes).flatMap(([method, { confirmed, metric }]) => {
    if (confirmed === undefined) return [];
    const { trials, luck, standardError } = confirmed;
    const rows = trials.map((one) => [
      String(one.number),
      valueText(one.value, metric),
      withError(one.confirmed, one.standardError, metric),
    ]);
    const unit = metric === undefined ? ' points' : '';
    const inUnits = (value: number): string =>
      (metric === undefined ? 100 * value : value).toFixed(metric === undefined ? 2 : 4);
    const error = standardError === null ? '' : ` ± ${inUnits(standardError)}`;
    return [
      `Best trials of ${method}, trained again on a new seed and new folds:\n` +
        `${table(['trial', 'in the search', 'again'], rows, 'rrr')}\n` +
        `Luck in the best score: ${inUnits(luck)}${error}${unit} (± one standard error).`,
    ];
  });
}

/** The value with its standard error. */
export const withError = (value: number, standardError: number | null, metric: MetricName | undefined): string =>
  standardError === null
    ? valueText(value, metric)
    : `${valueText(value, metric)} ± ${valueText(standardError, metric)}`;

/** An accuracy in percent, or the value of another metric. */
export const valueText = (value: number, metric: MetricName | undefined): string =>
  metric === undefined ? percent(value) : value.toFixed(4);

function trialCounts({ complete, pruned, failed }: SearchOutcome['trials']): string {
  const others = [pruned > 0 && `${integer(pruned)} pruned`, failed > 0 && `${integer(failed)} failed`];
  return [`${integer(complete)} complete`, ...others.filter(Boolean)].join(', ');
}

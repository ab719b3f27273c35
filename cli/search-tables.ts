/** What searches have found, as tables. */
import { differenceText, duration, integer, type Measured, parameterValue, points, valueText } from '../base/format.ts';
import { measuredBy, type SearchOutcome } from '../tuning/index.ts';
import { frontTable } from './study-words.ts';
import { table } from './table.ts';

/** The outcomes as a table, one row for each method. */
export function searchTable(outcomes: Readonly<Record<string, SearchOutcome>>): string {
  const parameters = [...new Set(Object.values(outcomes).flatMap(({ best }) => Object.keys(best?.params ?? {})))];
  const head = ['method', 'trials', 'out of fold', ...parameters, 'time'];
  const rows = Object.entries(outcomes).map(([method, { trials, best, seconds, metric }]) => {
    const found = parameters.map((name) => (best && name in best.params ? parameterValue(best.params[name]) : ''));
    return [method, trialCounts(trials), best ? valueText(best.value, measuredBy(metric)) : 'none'].concat(
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
  return Object.entries(outcomes).flatMap(([method, { front, metric, objectives = [] }]) =>
    front === undefined
      ? []
      : [
          `Front of ${method}, trials that no other beats in everything:\n${frontTable(front, objectives, measuredBy(metric))}`,
        ],
  );
}

/** What the confirmed trials were worth, and how much luck the best score has, for each search that has some. */
export function confirmedTables(outcomes: Readonly<Record<string, SearchOutcome>>): readonly string[] {
  return Object.entries(outcomes).flatMap(([method, { confirmed, metric }]) => {
    if (confirmed === undefined) return [];
    const { trials, luck, standardError } = confirmed;
    const measured = measuredBy(metric);
    const rows = trials.map((one) => [
      String(one.number),
      valueText(one.value, measured),
      withError(one.confirmed, one.standardError, measured),
    ]);
    return [
      `Best trials of ${method}, trained again on a new seed and new folds:\n` +
        `${table(['trial', 'in the search', 'again'], rows, 'rrr')}\n` +
        `Luck in the best score: ${luckText(luck, standardError, measured)} (± one standard error).`,
    ];
  });
}

/** By how much the best score is too good, with its standard error: 0.35 ± 0.12 points */
export function luckText(luck: number, standardError: number | null, measured: Measured): string {
  if (standardError === null) return differenceText(luck, measured);
  if (measured === 'accuracy') return `${points(luck)} ± ${points(standardError)} points`;
  return `${valueText(luck, measured)} ± ${valueText(standardError, measured)}`;
}

/** The value with its standard error. */
export const withError = (value: number, standardError: number | null, measured: Measured): string =>
  standardError === null
    ? valueText(value, measured)
    : `${valueText(value, measured)} ± ${valueText(standardError, measured)}`;

function trialCounts({ complete, pruned, failed }: SearchOutcome['trials']): string {
  const others = [pruned > 0 && `${integer(pruned)} pruned`, failed > 0 && `${integer(failed)} failed`];
  return [`${integer(complete)} complete`, ...others.filter(Boolean)].join(', ');
}

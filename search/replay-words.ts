/** What came of a replay, in sentences. */
import { counted } from '../base/format.ts';
import { printable, quoted, visibleJson } from '../base/printable.ts';
import type { Replay, ReplayDifference } from './replay.ts';

/** Most differences that are told. */
const mostDifferences = 10;

/** @param study its name */
export function replayInWords(
  study: string,
  { trials, suggestions, prunings, added, differences }: Replay,
): { readonly sentence: string; /** The first ones, a sentence each. */ readonly differences: readonly string[] } {
  const given =
    added === 0
      ? ''
      : `; ${counted(added, 'trial')} came from elsewhere with ${added === 1 ? 'its result' : 'their results'}`;
  const what = `${counted(suggestions, 'suggestion')} and ${counted(prunings, 'pruning')} of ${counted(trials, 'finished trial')}`;
  const found = differences.length === 0 ? 'all the same to the digit' : 'with differences';
  return {
    sentence: `Replayed study ${quoted(study)}: ${what}, ${found}${given}.`,
    differences: differences.slice(0, mostDifferences).map(differenceInWords),
  };
}

function differenceInWords({ trial, parameter, recorded, replayed }: ReplayDifference): string {
  return parameter === null
    ? `Trial ${trial} was pruned, which the pruner would not do: its record was changed, or the objective has ended it.`
    : `Trial ${trial}: \`${printable(parameter)}\` is ${visibleJson(recorded)} in the record, and ${visibleJson(replayed)} when it is drawn again.`;
}

/** Trials as papers and other programs write them: their names and units become ours. */
import { shortNumber } from '../base/format.ts';
import { quoted, shownJson } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import type { Params, ParameterValue } from '../search/index.ts';

export interface PublishedTrials {
  readonly trials: readonly Params[];
  /** What was converted, in words. */
  readonly notes: readonly string[];
}

/**
 * @param json the parameters of a trial, or a list of several. Names may be published ones such as `batch_size`; a
 *   published `learning_rate` of 1 or more is the exponent x of η = 10^−x, and converted.
 * @param source where it comes from, for the message
 * @throws UserError if it is not that
 */
export function publishedTrials(json: unknown, source: string): PublishedTrials {
  const list = Array.isArray(json) && json.length > 0 ? json : [json];
  const notes: string[] = [];
  const trials = list.map((params: unknown): Params => {
    if (typeof params !== 'object' || params === null || Array.isArray(params) || Object.keys(params).length === 0) {
      throw new UserError(
        `Expected ${source} to be a JSON object of parameters, or a list of such objects, got ${shownJson(params)}.`,
      );
    }
    return Object.fromEntries(Object.entries(params).map(([name, value]) => published(name, value, notes, source)));
  });
  return { trials, notes };
}

function published(name: string, value: unknown, notes: string[], source: string): [string, ParameterValue] {
  if (value !== null && !['number', 'string', 'boolean'].includes(typeof value)) {
    throw new UserError(`Expected ${quoted(name)} in ${source} to be a single value, got ${shownJson(value)}.`);
  }
  const ours = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (name === 'learning_rate' && typeof value === 'number' && value >= 1) {
    const learningRate = 10 ** -value;
    notes.push(
      `learning_rate ${value} is the exponent of a power of ten: learningRate is 10^-${value} = ${shortNumber(learningRate)}.`,
    );
    return [ours, learningRate];
  }
  return [ours, value as ParameterValue];
}

/** Sentences under the charts of a study. */
import { differenceText, integer, type Measured } from '../../base/format.ts';
import { importanceDoubt, importanceMeaning } from '../../search/index.ts';
import type { GainAnswer, ImportanceAnswer } from '../api.ts';
import { ask } from './ask.ts';

/** The expected gain of another trial, in words; empty if it cannot be estimated. */
export async function gainWords(name: string, measured: Measured, signal: AbortSignal): Promise<string> {
  const answer = await ask<GainAnswer>('/api/study/gain', { name }, signal).catch(() => null);
  if (!answer?.gain) return '';
  const { expected, bound } = answer.gain;
  return (
    `Another trial is expected to gain ${differenceText(expected, measured)}, ` +
    `and all trials to come at most ${differenceText(bound, measured)}.`
  );
}

/** The sentence under a chart of a part of the trials; empty if it shows all. */
export const drawnWords = (drawn: number, of: number, which = ''): string =>
  of > drawn ? `About ${integer(drawn)} of ${integer(of)} trials are drawn${which === '' ? '' : `, ${which}`}.` : '';

/** Explains the bars: method, number of trials, and whether the differences are significant. */
export const importanceWords = (answer: ImportanceAnswer): string =>
  [
    importanceMeaning[answer.method],
    sampleWords(answer.trials, answer.of),
    'Lines: 5 to 95 % of bootstrap samples.',
    importanceDoubt(answer) ?? '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');

/** The sentence under a chart that was computed from a sample of the trials. */
export const sampleWords = (trials: number, of: number): string =>
  of > trials ? `From ${integer(trials)} of ${integer(of)} trials, drawn at random.` : '';

/** What a submit within a budget shows: its plan, and what each part of it has given. */
import { countedScore, duration, foldsShort, integer, NOTHING, points } from '../../base/format.ts';
import { BLEND } from '../../pipeline/index.ts';
import { legendOf, type Next, type NextMember } from '../../submissions/index.ts';
import type { RunRecord } from '../../records/index.ts';
import { table } from '../table.ts';

/** 20m, 1h30m, 90s */
export function budgetText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 1) return `${ms / 1000}s`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (hours === 0 && rest > 0 && minutes < 3) return `${seconds}s`;
  return [hours > 0 && `${hours}h`, minutes > 0 && `${minutes}m`, rest > 0 && `${rest}s`].filter(Boolean).join('');
}

export function planText({ trainFolds, members, leftOut }: Next, folds: number): string {
  const rows = members.map(({ member, epochs, seconds }) => [
    member.name,
    member.model,
    member.method,
    foldsShort({ folds, trainFolds }),
    integer(epochs),
    duration(seconds),
  ]);
  return [
    ...(rows.length > 0 ? [table(['Member', 'Model', 'Method', 'Folds', 'Epochs', 'Expected'], rows, 'lllrrr')] : []),
    ...leftOut.map(leftOutSentence),
  ].join('\n');
}

/** Some time is kept for the end, and for trainings that take longer than planned. */
export const leftOutSentence = ({ name, seconds, left }: Next['leftOut'][number]): string =>
  `${name} is left out: it takes at least ${duration(seconds)}, and ${duration(left)} are left for it.`;

/** A run of the submit: a member, or a blend of the first members. */
export interface Given {
  readonly name: string;
  readonly record: RunRecord;
  readonly seconds: number;
}

export const outcomeTable = (parts: readonly Given[], best: string): string => {
  const hasTest = parts.some(({ record }) => record.scores.test !== null);
  const rows = parts.map(({ name, record: { configuration, scores }, seconds }) => {
    const { method, model, epochs, folds, trainFolds = folds } = configuration;
    const isBlend = method === BLEND;
    return [
      `${name}${name === best ? ' (the latest)' : ''}`,
      isBlend ? NOTHING : model,
      method,
      foldsShort({ folds, trainFolds }),
      isBlend ? NOTHING : integer(epochs),
      countedScore(scores.outOfFold),
      ...(hasTest ? [countedScore(scores.test)] : []),
      duration(seconds),
    ];
  });
  const header = ['Run', 'Model', 'Method', 'Folds', 'Epochs', 'Out-of-fold', ...(hasTest ? ['Test'] : []), 'Used'];
  return [
    table(header, rows, 'lll'.padEnd(header.length, 'r'), { optional: ['Folds', 'Epochs', 'Model'] }),
    `${legendOf(parts[0].record.scores.outOfFold)}.`,
  ].join('\n\n');
};

/** Whether a blend is better than its best member, on the same images. */
export function gainSentence(
  blend: string,
  member: string,
  { difference, standardError, z, verdict }: { difference: number; standardError: number; z: number; verdict: string },
  isByMetric: boolean,
): string {
  const shown = (value: number): string => (isByMetric ? value.toFixed(4) : points(value));
  const unit = isByMetric ? '' : ' points';
  const gap = `${difference < 0 ? '−' : '+'}${shown(Math.abs(difference))} ± ${shown(standardError)}${unit} out of fold`;
  if (verdict === 'tie') return `A tie between ${blend} and its best member ${member}: ${gap}.`;
  return `${blend} is ${z > 0 ? 'better' : 'worse'} than its best member ${member}: ${gap}.`;
}

/**
 * How the plan has changed for the next member; null if it has not.
 * @param planned its epochs before, as far as they were planned
 */
export function changeSentence({ member, epochs }: NextMember, planned: number | undefined): string | null {
  if (planned === undefined || planned === epochs) return null;
  return `${member.name}: ${integer(epochs)} epochs in place of ${integer(planned)}, by the time that is left.`;
}

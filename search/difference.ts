/** Finds the difference between a search and a stored study that keeps the search from continuing the study. */
import { ownValue } from '../base/own-value.ts';
import { printable, quoted, shownJson } from '../base/printable.ts';
import { describeDistribution, sameDistribution } from './distributions.ts';
import type { SearchSpace } from './distributions.ts';
import { directionsOf } from './direction.ts';
import type { StudyDefinition, StudySettings } from './storage/storage.ts';
import { StudyError } from './study-error.ts';

/** @throws StudyError if the stored study has other objectives, another seed or task, or parameters of other names or kinds */
export function refuseDifference(stored: StudyDefinition, wanted: StudyDefinition, location: string): void {
  const difference = describeDifference(stored, wanted);
  if (difference !== false) {
    throw new StudyError(
      `Study ${quoted(wanted.name)} in ${location} was made with ${difference}: ` +
        'use the same again, another study name, or delete the study.',
    );
  }
}

/** The settings that change when the stored study goes on with those that are wanted, in words. */
export function changesInWords(stored: StudySettings, wanted: StudySettings): readonly string[] {
  const settings = (['sampler', 'pruner', 'lag'] as const)
    .filter((key) => stored[key] !== wanted[key])
    .map((key) => `${key} ${wanted[key]} in place of ${stored[key]}`);
  const parameters = Object.entries(wanted.space ?? {}).flatMap(([name, distribution]) => {
    const before = ownValue(stored.space ?? {}, name);
    if (before === undefined || sameDistribution(before, distribution)) return [];
    const [now, then] = [distribution, before].map(describeDistribution);
    return [`\`${printable(name)}\` as ${now} in place of ${then}`];
  });
  const priors = [wanted, stored].map(({ prior }) => (prior ? `from ${quoted(prior.study)}` : 'none'));
  return [
    ...settings,
    ...(priors[0] === priors[1] ? [] : [`a prior ${priors[0]} in place of ${priors[1]}`]),
    ...parameters,
  ];
}

function describeDifference(stored: StudyDefinition, wanted: StudyDefinition): string | false {
  const [before, now] = [objectivesOf(stored), objectivesOf(wanted)];
  if (before !== now) {
    const isOne = [stored, wanted].every(({ directions, metricNames }) => !directions && !metricNames);
    return `${before}, not ${isOne ? wanted.direction : now}`;
  }
  if (stored.seed !== wanted.seed) return `seed ${stored.seed}, not ${wanted.seed}`;
  if (JSON.stringify(stored.task) !== JSON.stringify(wanted.task)) {
    return `the task ${shownJson(stored.task)}, not ${shownJson(wanted.task)}`;
  }
  return describeSpaceDifference(stored.space, wanted.space);
}

/** direction minimize; directions maximize, minimize of accuracy, seconds */
function objectivesOf({ metricNames, ...directed }: StudyDefinition): string {
  const directions = directionsOf(directed);
  const names = metricNames === undefined ? '' : ` of ${printable(metricNames.join(', '), 1_000)}`;
  return `direction${directions.length > 1 ? 's' : ''} ${directions.join(', ')}${names}`;
}

function describeSpaceDifference(stored: SearchSpace | null, wanted: SearchSpace | null): string | false {
  for (const name of new Set([...Object.keys(stored ?? {}), ...Object.keys(wanted ?? {})])) {
    if (ownValue(stored ?? {}, name)?.kind === ownValue(wanted ?? {}, name)?.kind) continue;
    return `${describeParameter(stored, name)}, not ${describeParameter(wanted, name)}`;
  }
  return false;
}

function describeParameter(space: SearchSpace | null, name: string): string {
  const distribution = ownValue(space ?? {}, name);
  return distribution === undefined
    ? `no \`${printable(name)}\``
    : `\`${printable(name)}\` as ${describeDistribution(distribution)}`;
}

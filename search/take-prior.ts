/** Takes a study as the prior of another one, and says what the other one learns from it. */
import { isFeasible } from '../numerics/constraints.ts';
import { counted } from '../base/format.ts';
import { printable, quoted } from '../base/printable.ts';
import { directionsOf, signOf } from './direction.ts';
import { contains, type Params, type SearchSpace } from './distributions.ts';
import type { FrozenTrial } from './frozen-trial.ts';
import type { Prior } from './prior.ts';
import { samplersWithPrior } from './samplers/index.ts';
import { snapshotOf, type StudySnapshot } from './snapshot.ts';
import type { Storage, StudyDefinition } from './storage/storage.ts';
import { StudyError } from './study-error.ts';

type PriorStudy = Pick<StudySnapshot, 'definition' | 'trials'>;

/** Most trials that are copied: the best and the newest, half and half. */
const mostTrials = 100;

/** @throws StudyError if the study has several objectives, or no complete trial */
function priorOf({ definition, trials }: PriorStudy): Prior {
  const { name, direction, seed } = definition;
  if (directionsOf(definition).length > 1) {
    throw new StudyError(
      `Expected a prior with one objective, found several in study ${quoted(name)}: use another one.`,
    );
  }
  const complete = trials.filter((trial) => trial.state === 'COMPLETE' && isFeasible(trial));
  if (complete.length === 0) {
    throw new StudyError(
      `Expected a prior with a complete trial, found none in study ${quoted(name)}: search there first, or use another one.`,
    );
  }
  const sign = signOf(direction);
  const valueOf = ({ value }: FrozenTrial): number => sign * value!;
  const best = new Set(complete.toSorted((a, b) => valueOf(a) - valueOf(b)).slice(0, mostTrials / 2));
  const newest = complete.filter((trial) => !best.has(trial)).slice(-mostTrials / 2);
  const kept = [...best, ...newest].toSorted((a, b) => a.number - b.number);
  return { study: name, direction, seed, trials: kept.map(({ params, value }) => ({ params, value: value! })) };
}

/**
 * The prior that is asked for: the copy that the study has of it, else a new one.
 * @param wanted name of a study of the store, or a study
 * @throws StudyError if there is no such study, or nothing can be learnt from it
 */
export async function takePrior(
  { prior: wanted, sampler }: { readonly prior?: string | PriorStudy; readonly sampler?: unknown },
  definition: StudyDefinition,
  storage: Storage,
): Promise<Prior | undefined> {
  if (wanted === undefined) return undefined;
  const other = typeof wanted === 'string' ? wanted : wanted.definition.name;
  const { name } = definition;
  if (typeof wanted === 'string' && other === name) {
    throw new StudyError(`Expected another study as the prior of ${quoted(name)}, got itself: name another one.`);
  }
  const stored = (await storage.listStudies(() => {})).find((study) => study.name === name);
  const used = sampler === undefined ? (stored ?? definition).sampler : definition.sampler;
  if (used !== 'custom' && !samplersWithPrior.includes(used)) {
    throw new StudyError(
      `Expected a sampler that learns from a prior (${samplersWithPrior.join(', ')}), got ${used}: use one of these, or no prior.`,
    );
  }
  if (directionsOf(definition).length > 1) {
    throw new StudyError(`Expected one objective beside a prior, got several in study ${quoted(name)}: use no prior.`);
  }
  if (stored?.prior?.study === other) return stored.prior;
  const prior = priorOf(typeof wanted === 'string' ? await snapshotOf(storage, wanted) : wanted);
  // Refuses one that tells nothing before there is a study.
  priorInWords(definition, prior);
  return prior;
}

/**
 * What the study learns from its prior, as a sentence.
 * @throws StudyError if that is nothing
 */
export function priorInWords({ name, space }: StudyDefinition, { study, trials }: Prior): string {
  const learns = `Study ${quoted(name)} learns from ${counted(trials.length, 'trial')} of ${quoted(study)} too`;
  if (space === null) return `${learns}.`;
  const refuse = (found: string, remedy: string): StudyError =>
    new StudyError(`Study ${quoted(name)} cannot learn from ${quoted(study)}: ${found}. ${remedy}.`);
  const there = new Set(trials.flatMap(({ params }) => Object.keys(params)));
  const shared = Object.keys(space).filter((parameter) => there.has(parameter));
  if (shared.length === 0) throw refuse('they have no parameter in common', 'Use another prior');
  const outside = trials.filter(({ params }) => !isInside(params, space, shared)).length;
  if (outside === trials.length) {
    throw refuse('none of its trials lies in the search space', 'Use another prior, or a wider space');
  }
  const list = (names: readonly string[]): string => names.map((one) => printable(one)).join(', ');
  const onlyHere = Object.keys(space).filter((parameter) => !there.has(parameter));
  const onlyThere = [...there].filter((parameter) => !Object.hasOwn(space, parameter));
  const facts = [
    `by ${list(shared)}`,
    outside > 0 && `${outside} of them ${outside === 1 ? 'lies' : 'lie'} outside of the search space and do not count`,
    onlyHere.length > 0 && `they say nothing of ${list(onlyHere)}`,
    onlyThere.length > 0 && `their ${list(onlyThere)} ${onlyThere.length === 1 ? 'is' : 'are'} left out`,
  ];
  return `${learns}, ${facts.filter((fact) => fact !== false).join('; ')}.`;
}

/** Whether all of these parameters could be suggested with their values. */
const isInside = (params: Params, space: SearchSpace, names: readonly string[]): boolean =>
  names.every((name) => Object.hasOwn(params, name) && contains(space[name], params[name]));

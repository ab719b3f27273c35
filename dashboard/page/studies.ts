/** Texts about studies that several pages share. */
import type { ParameterValue, TrialState, FrozenTrial } from '../../search/index.ts';
import type { StudySummary } from '../api.ts';
import { h } from './dom.ts';
import { counted, duration, integer, stateNames } from '../../base/format.ts';

/** Most studies in a comparison, since charts have a colour for each. */
export const MOST_COMPARED = 6;

export const states = Object.keys(stateNames) as TrialState[];

/** A bar that shows how many trials are in each state and how many are to come, with the numbers in words. */
export function stateBar({ trials, progress: { finished, wanted, abandoned } }: StudySummary): HTMLElement {
  const present = states.filter((state) => trials[state] > 0);
  const counts = [
    ...states.map((state) => [trials[state] - (state === 'RUNNING' ? abandoned : 0), stateNames[state]] as const),
    [abandoned, 'left behind'] as const,
  ];
  const words = counts.flatMap(([count, name]) => (count > 0 ? [`${integer(count)} ${name}`] : [])).join(', ');
  const parts = present.map((state) => {
    const part = h('span', { 'data-state': state });
    part.style.flexGrow = String(trials[state]);
    return part;
  });
  const toCome = (wanted ?? 0) - states.reduce((sum, state) => sum + trials[state], 0);
  const rest = h('span');
  rest.style.flexGrow = String(toCome);
  const isKnown = wanted !== null && finished <= wanted;
  return h(
    'span',
    { class: 'states' },
    h('span', { class: 'bar-of-states', 'aria-hidden': 'true' }, ...parts, toCome > 0 ? rest : null),
    [...(isKnown ? [`${integer(finished)} of ${counted(wanted, 'trial')}`] : []), words || 'none yet'].join(': '),
  );
}

export const stateBadge = (state: TrialState): HTMLElement =>
  h('span', { class: 'badge', 'data-state': state }, stateNames[state]);

export interface StudyTitle {
  /** The method, which distinguishes the study from others of the same search. */
  readonly title: string;
  /** The rest of the name, in words. */
  readonly about: string;
}

/** Epochs of a fold; undefined if the trials are no trainings. */
export function stepsPerFold({ task }: StudySummary['definition']): number | undefined {
  if (typeof task !== 'object' || task === null || Array.isArray(task)) return undefined;
  const { epochs } = task as Readonly<Record<string, ParameterValue>>;
  return typeof epochs === 'number' ? epochs : undefined;
}

/** The title of a study. That of a study of trainings is its method, unless a person has named it. */
export function titleOf({ definition, prior }: StudySummary): StudyTitle {
  const { name, task, sampler, pruner, seed, metricNames = [] } = definition;
  const objectives = metricNames.length > 1 ? `objectives ${metricNames.join(' and ')}, ` : '';
  const learnt = prior === null ? '' : `, prior ${prior.study} (${counted(prior.trials, 'trial')})`;
  const settings = `${objectives}${sampler}, pruner ${pruner}, seed ${seed}${learnt}`;
  if (typeof task !== 'object' || task === null || Array.isArray(task)) return { title: name, about: settings };
  const { method, competition, metric, model, epochs, folds } = task as Readonly<Record<string, ParameterValue>>;
  if (typeof method !== 'string') return { title: name, about: settings };
  const isNamed = !name.startsWith(`${competition}/`);
  return {
    title: isNamed ? name : method,
    about: `${isNamed ? `${method}, ` : ''}${competition}${typeof metric === 'string' ? ` by ${metric}` : ''}, ${model}, ${folds} folds × ${epochs} epochs, ${settings}`,
  };
}

/** Who works on the study now, and for how long still. */
export function workInWords({ workers, progress, trials, definition: { earlyStop } }: StudySummary): string {
  const { finished, wanted, abandoned, secondsLeft } = progress;
  const isOfStudy = wanted !== null && finished < wanted;
  const parts = [
    ...(workers.length > 0 ? [`${workers.length} ${workers.length === 1 ? 'process' : 'processes'} alive`] : []),
    ...(abandoned > 0 ? [`${counted(abandoned, 'trial')} left behind by a dead process`] : []),
    ...(secondsLeft === null ? [] : [`${isOfStudy ? '' : 'trials '}done in about ${duration(secondsLeft)}`]),
  ];
  if (parts.length > 0) return parts.join(', ');
  if (earlyStop && earlyStop.finished >= finished) return `nobody; stopped early: ${earlyStop.reason}`;
  return trials.WAITING > 0 ? 'nobody; trials wait' : 'nobody';
}

/** Names of the values of a trial. */
export function objectiveNames({ directions, metricNames }: StudySummary['definition']): readonly string[] {
  if (directions === undefined) return [metricNames?.[0] ?? 'Value'];
  return directions.map((_, i) => metricNames?.[i] ?? `Value ${i + 1}`);
}

/** Names of constraints, in the order of their first use. */
export const constraintNames = (trials: readonly FrozenTrial[]): string[] => [
  ...new Set(trials.flatMap(({ constraints }) => (constraints === undefined ? [] : Object.keys(constraints)))),
];

/** Names of parameters, in the order of their first use. */
export function parameterNames(trials: readonly FrozenTrial[]): string[] {
  const names = new Set<string>();
  for (const { params } of trials) for (const name of Object.keys(params)) names.add(name);
  return [...names];
}

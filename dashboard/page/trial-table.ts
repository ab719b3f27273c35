/** The trials of a study as a table with filters, and a comparison of two trials. */
import { durationSeconds, type ParameterValue, valuesOf } from '../../search/index.ts';
import { largest } from '../../numerics/statistics.ts';
import { valueTitle } from '../../charts/index.ts';
import type { StudySummary } from '../api.ts';
import { numberColumn } from './columns.ts';
import { briefTime, checkbox, fill, h } from './dom.ts';
import {
  counted,
  differenceText,
  duration,
  integer,
  type Measured,
  NOTHING,
  parameterValue,
  shortNumber,
  stateNames,
  valueText,
} from '../../base/format.ts';
import type { PageTrial } from './page-trial.ts';
import { constraintNames, objectiveNames, parameterNames, stateBadge, states } from './studies.ts';
import { type Column, createTable, plainTable } from './table.ts';
import { type Axis, rangeForm } from './range-form.ts';
import { trialCommands } from './trial-commands.ts';
import { filterFrom, keepRanges, keepStates, passing, type Range, VALUE } from './trials.ts';
import { type View, widePanel } from './view.ts';

/** What the table needs to know of the study. */
type Shown = Pick<StudySummary, 'definition' | 'measured' | 'scoreConstraints'>;

export interface TrialSection {
  readonly element: HTMLElement;
  draw(trials: readonly PageTrial[], study: Shown): void;
}

/** @param onFilter called when the filter in the address has changed */
export function trialSection({ query, signal }: View, name: string, onFilter: () => void): TrialSection {
  let shownCommands: { readonly trial: number; readonly element: HTMLElement } | null = null;
  /** The commands of a trial. The same element is used again when the table is redrawn. */
  const commandsOf = (trial: number): HTMLElement => {
    if (shownCommands?.trial !== trial) shownCommands = { trial, element: trialCommands(name, trial, signal) };
    return shownCommands.element;
  };
  const filters = h('div', { class: 'toolbar' });
  const table = createTable<PageTrial>();
  const difference = h('div', { class: 'difference' });
  const ranges = rangeForm((range) => changed(() => keepRanges(query, [...filterFrom(query).ranges, range])));
  const element = widePanel('Trials', filters, ranges.element, table.element, difference);

  const draw = (trials: readonly PageTrial[], study: Shown): void => {
    const { definition, measured } = study;
    const filter = filterFrom(query);
    ranges.offer(axesOf(trials, measured));
    const shown = passing(filter, trials, definition.direction);
    const present = states.filter((state) => trials.some((trial) => trial.state === state));
    const chips = filter.ranges.map((range) =>
      chip(range, measured, () =>
        changed(() =>
          keepRanges(
            query,
            filter.ranges.filter((other) => other !== range),
          ),
        ),
      ),
    );
    const boxes = present.map((state) =>
      checkbox(stateNames[state], filter.states.includes(state), (isChecked) =>
        changed(() =>
          keepStates(
            query,
            states.filter((other) => (other === state ? isChecked : filter.states.includes(other))),
          ),
        ),
      ),
    );
    fill(
      filters,
      h('fieldset', { class: 'checks' }, h('legend', { class: 'hidden' }, 'States'), ...boxes),
      ...chips,
      h(
        'span',
        { class: 'muted count', role: 'status' },
        `${integer(shown.length)} of ${counted(trials.length, 'trial')}`,
      ),
    );
    const chosen = (query.get('trials') ?? '')
      .split(',')
      .filter((key) => trials[Number(key)] !== undefined && key !== '');
    table.update(shown, {
      caption: 'Trials',
      columns: columnsOf(trials, study),
      sort: query.get('sort') ?? '-number',
      onSort: (sort) => {
        query.set('sort', sort);
        draw(trials, study);
      },
      choice: {
        key: (trial) => String(trial.number),
        name: (trial) => `trial ${trial.number}`,
        chosen,
        most: 2,
        onChoice: (keys) => {
          query.set('trials', keys.length === 0 ? null : keys.join(','));
          draw(trials, study);
        },
      },
      rowClass: ({ state }) => (state === 'RUNNING' ? 'running' : null),
      empty: 'No trial passes the filters.',
    });
    fill(
      difference,
      ...(chosen.length === 2
        ? [compared(trials[Number(chosen[0])], trials[Number(chosen[1])], study)]
        : [
            h('p', { class: 'remark' }, 'Choose a trial to see its commands, and two to see how they differ.'),
            ...(chosen.length === 1 ? [commandsOf(Number(chosen[0]))] : []),
          ]),
    );
  };
  const changed = (change: () => void): void => {
    change();
    onFilter();
  };
  return { element, draw };
}

/** The axes of the parallel coordinates, from their lowest to their highest value. */
function axesOf(trials: readonly PageTrial[], measured: Measured): Axis[] {
  const complete = trials.filter(({ state }) => state === 'COMPLETE');
  const axes = parameterNames(complete).flatMap((name): Axis[] => {
    const distribution = complete.find(({ distributions }) => Object.hasOwn(distributions, name))?.distributions[name];
    if (distribution === undefined) return [];
    const about = { name, title: name, factor: 1 };
    if (distribution.kind !== 'categorical')
      return [{ ...about, low: distribution.low, high: distribution.high, choices: null }];
    const { choices } = distribution;
    return [{ ...about, low: 0, high: choices.length - 1, choices: choices.map((choice) => parameterValue(choice)) }];
  });
  const values = complete.flatMap(({ value }) => value ?? []);
  if (values.length === 0) return axes;
  const [low, high] = [-largest(values.map((value) => -value)), largest(values)];
  const factor = measured === 'accuracy' ? 100 : 1;
  return [...axes, { name: VALUE, title: valueTitle(measured), factor, low, high, choices: null }];
}

function chip({ name, low, high }: Range, measured: Measured, onRemove: () => void): HTMLElement {
  const words =
    name === VALUE
      ? `${measured === 'accuracy' ? measured : name} ${valueText(low, measured)} … ${valueText(high, measured)}`
      : `${name} ${shortNumber(low, 3)} … ${shortNumber(high, 3)}`;
  return h(
    'button',
    { type: 'button', class: 'chip', 'aria-label': `Remove the filter ${words}`, onclick: onRemove },
    words,
    h('span', { 'aria-hidden': 'true' }, ' ×'),
  );
}

function columnsOf(trials: readonly PageTrial[], study: Shown): Column<PageTrial>[] {
  const { definition, measured } = study;
  const objectives = objectiveNames(definition);
  const sortable = (value: ParameterValue | undefined): number | string | null =>
    value === undefined || value === null ? null : typeof value === 'number' ? value : String(value);
  return [
    { id: 'number', title: 'Trial', isNumeric: true, value: (trial) => trial.number },
    { id: 'state', title: 'State', value: (trial) => trial.state, cell: ({ state }) => stateBadge(state) },
    ...objectives.map((title, k) => ({
      id: k === 0 ? 'value' : `value ${k + 1}`,
      title,
      isNumeric: true,
      value: (trial: PageTrial) => valuesOf(trial)?.[k] ?? null,
      cell: (trial: PageTrial) =>
        k === 0 && trial.state === 'RUNNING' && trial.lastValue !== null
          ? `${valueText(trial.lastValue, measured)} …`
          : objectiveText(trial, k, measured),
    })),
    ...constraintNames(trials).map((name) => ({
      id: `constraint ${name}`,
      title: name,
      isNumeric: true,
      value: ({ constraints }: PageTrial) => constraints?.[name] ?? null,
      cell: ({ constraints }: PageTrial) => constraintCell(constraints?.[name], constraintMeasured(study, name)),
    })),
    ...parameterNames(trials).map((name) => ({
      id: `param ${name}`,
      title: name,
      isNumeric: true,
      value: ({ params }: PageTrial) => sortable(params[name]),
      cell: ({ params }: PageTrial) => parameterValue(params[name]),
    })),
    { id: 'steps', title: 'Steps', isNumeric: true, value: ({ steps }) => steps },
    numberColumn('seconds', 'Time', (trial) => durationSeconds(trial), duration),
    {
      id: 'started',
      title: 'Began',
      isNumeric: true,
      value: ({ startedAt }) => (startedAt === null ? null : Date.parse(startedAt)),
      cell: ({ startedAt }) => briefTime(startedAt),
    },
    {
      id: 'failure',
      title: 'Remark',
      value: ({ failure }) => failure,
      cell: ({ failure }) => h('span', { class: 'narrow' }, failure),
    },
  ];
}

/** The cell of a constraint. Values above 0, NaN and missing values miss it. */
function constraintCell(value: number | undefined, measured: Measured): Node | string {
  if (value === undefined) return NOTHING;
  const words = constraintText(value, measured);
  return value <= 0 ? words : h('strong', {}, `${words} missed`);
}

function constraintText(value: number | undefined, measured: Measured): string {
  if (value === undefined) return NOTHING;
  return Number.isNaN(value) ? 'not known' : differenceText(value, measured);
}

/** What a constraint bounds. */
const constraintMeasured = ({ measured, scoreConstraints }: Shown, name: string): Measured =>
  scoreConstraints.includes(name) ? measured : 'unknown';

/** The value of a trial for an objective: the first is the score. */
const objectiveText = (trial: PageTrial, k: number, measured: Measured): string =>
  valueText(valuesOf(trial)?.[k] ?? null, k === 0 ? measured : 'unknown');

function compared(first: PageTrial, second: PageTrial, study: Shown): HTMLElement {
  const names = parameterNames([first, second]);
  const row = (title: string, a: string, b: string): (Node | string)[] => {
    const isSame = a === b;
    return [
      title,
      a || NOTHING,
      b || NOTHING,
      isSame ? h('span', { class: 'muted' }, 'same') : h('strong', {}, 'differs'),
    ];
  };
  return plainTable(
    `Trials ${first.number} and ${second.number}`,
    ['', `Trial ${first.number}`, `Trial ${second.number}`, ''],
    [
      row('state', stateNames[first.state], stateNames[second.state]),
      ...objectiveNames(study.definition).map((name, k) => {
        const [a, b] = [first, second].map((trial) => objectiveText(trial, k, study.measured));
        return row(name, a, b);
      }),
      ...constraintNames([first, second]).map((name) => {
        const [a, b] = [first, second].map(({ constraints }) =>
          constraintText(constraints?.[name], constraintMeasured(study, name)),
        );
        return row(name, a, b);
      }),
      ...names.map((name) => row(name, parameterValue(first.params[name]), parameterValue(second.params[name]))),
      row('steps', String(first.steps), String(second.steps)),
      row('time', duration(durationSeconds(first)), duration(durationSeconds(second))),
    ],
  );
}

/** The panel of the Pareto front, for studies with several objectives. */
import { paretoChart, type ParetoPoint } from '../../charts/index.ts';
import { counted } from '../../base/format.ts';
import { bestTrialsOf, type FrozenTrial, isFeasible } from '../../search/index.ts';
import type { StudySummary } from '../api.ts';
import { chartPanel } from './chart.ts';
import { fill, h, select } from './dom.ts';
import type { PageTrial } from './page-trial.ts';
import { objectiveNames } from './studies.ts';
import type { View } from './view.ts';

const HEIGHT = 300;

export interface ParetoPanel {
  readonly element: HTMLElement;
  /** Draws the front, or hides the panel if the study has one objective. */
  draw(study: Pick<StudySummary, 'definition' | 'measured'>, trials: readonly PageTrial[]): Promise<void>;
}

export function paretoPanel({ query, signal }: Pick<View, 'query' | 'signal'>): ParetoPanel {
  const axes = h('div', { class: 'controls' });
  const panel = chartPanel({ title: 'Pareto front', height: HEIGHT, signal, isWide: true, controls: [axes] });
  panel.element.hidden = true;
  const draw: ParetoPanel['draw'] = async (study, trials) => {
    const { definition, measured } = study;
    const { directions } = definition;
    panel.element.hidden = directions === undefined;
    if (directions === undefined) return;
    const front = bestTrialsOf(trials, definition);
    const points = paretoPoints(trials, front);
    if (points.length === 0) return panel.say('No trial is complete yet.');
    const names = objectiveNames(definition);
    const x = objectiveAt(query.get('objectiveX'), names.length, 0);
    const other = x === 0 ? 1 : 0;
    const asked = objectiveAt(query.get('objectiveY'), names.length, other);
    const y = asked === x ? other : asked;
    const choose = (label: string, key: string, chosen: number, taken: number): HTMLElement =>
      select(
        label,
        names.flatMap((words, k) => (k === taken ? [] : [[String(k), words] as const])),
        String(chosen),
        (place) => {
          query.set(key, place);
          void draw(study, trials);
        },
      );
    // With two objectives there is nothing to choose.
    fill(axes, ...(names.length > 2 ? [choose('x', 'objectiveX', x, y), choose('y', 'objectiveY', y, x)] : []));
    await panel.whenSeen(() =>
      panel.show(
        `Pareto front of ${counted(front.length, 'trial')}, ${names[x]} and ${names[y]}`,
        (theme) => paretoChart({ directions, names, measured, points }, x, y, theme),
        `On the front: ${counted(front.length, 'trial')} that no other one dominates. The other charts show ${names[0]}.`,
      ),
    );
  };
  return { element: panel.element, draw };
}

function paretoPoints(trials: readonly PageTrial[], front: readonly FrozenTrial[]): ParetoPoint[] {
  const best = new Set(front.map(({ number }) => number));
  return trials.flatMap((trial) => {
    const { number, values } = trial;
    if (values === undefined) return [];
    const kind = best.has(number) ? 'front' : isFeasible(trial) ? 'dominated' : 'infeasible';
    return [{ number, values, kind }];
  });
}

/** Index of an objective from the address. */
function objectiveAt(text: string | null, count: number, otherwise: number): number {
  const place = text === null || text === '' ? NaN : Number(text);
  return Number.isInteger(place) && place >= 0 && place < count ? place : otherwise;
}

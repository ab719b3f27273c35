/** The trials of a study as last heard of, with what is asked of them again and again. */
import { isFeasible } from '../numerics/constraints.ts';
import { directionsOf, signOf, type Directed, type Direction } from './direction.ts';
import { contains, type SearchSpace } from './distributions.ts';
import { isFinished, valuesOf, type FrozenTrial } from './frozen-trial.ts';

/**
 * The feasible COMPLETE trial with the best value; with several objectives that of the Pareto front which is best by the
 * first one. Of equals the one with the lowest number; null if there is none.
 */
export function bestOf(trials: readonly FrozenTrial[], directed: Directed): FrozenTrial | null {
  const directions = directionsOf(directed);
  return trials.reduce<FrozenTrial | null>((best, trial) => better(best, trial, directions), null);
}

function better(best: FrozenTrial | null, trial: FrozenTrial, directions: readonly Direction[]): FrozenTrial | null {
  const values = trial.state === 'COMPLETE' && isFeasible(trial) ? valuesOf(trial) : null;
  if (values === null) return best;
  if (best === null || best.number === trial.number) return trial;
  const before = valuesOf(best)!;
  for (const [i, direction] of directions.entries()) {
    const gain = signOf(direction) * (before[i] - values[i]);
    if (gain !== 0) return gain > 0 ? trial : best;
  }
  return trial.number < best.number ? trial : best;
}

export class KnownTrials {
  readonly #directions: readonly Direction[];
  readonly #space: SearchSpace;
  /** By number. */
  readonly #trials: FrozenTrial[] = [];
  /** Numbers of the trials with values outside the search space, which samplers cannot place. */
  readonly #outside = new Set<number>();
  #finishedCount = 0;
  #best: FrozenTrial | null = null;
  /** What `all` gave last; null since a trial changed. */
  #shown: readonly FrozenTrial[] | null = null;

  constructor(directed: Directed, space: SearchSpace | null) {
    this.#directions = directionsOf(directed);
    this.#space = space ?? {};
  }

  /** By number, in any state: the same array until a trial changes. */
  get all(): readonly FrozenTrial[] {
    this.#shown ??= [...this.#trials];
    return this.#shown;
  }

  get best(): FrozenTrial | null {
    return this.#best;
  }

  get finishedCount(): number {
    return this.#finishedCount;
  }

  /** Takes a new trial, or what became of a known one. */
  keep(trial: FrozenTrial): void {
    const before = this.#trials[trial.number];
    const wasFinished = before !== undefined && isFinished(before);
    this.#finishedCount += Number(isFinished(trial)) - Number(wasFinished);
    this.#trials[trial.number] = trial;
    this.#shown = null;
    this.#best = better(this.#best, trial, this.#directions);
    const isOutside = Object.entries(this.#space).some(([name, distribution]) =>
      // A trial that was added after it had failed elsewhere need not have all parameters.
      Object.hasOwn(trial.params, name) ? !contains(distribution, trial.params[name]) : isFinished(trial),
    );
    if (isOutside) this.#outside.add(trial.number);
  }

  /** The trials among `trials` that samplers can place in the search space. */
  inside(trials: readonly FrozenTrial[]): readonly FrozenTrial[] {
    return this.#outside.size === 0 ? trials : trials.filter(({ number }) => !this.#outside.has(number));
  }
}

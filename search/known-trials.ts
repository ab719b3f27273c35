/** The trials of a study as last heard of, with what is asked of them again and again. */
import type { Direction } from './direction.ts';
import { contains, type SearchSpace } from './distributions.ts';
import { isFinished, type FrozenTrial } from './frozen-trial.ts';

/** The COMPLETE trial with the best value, of equals the one with the lowest number; null if there is none. */
export function bestOf(trials: readonly FrozenTrial[], direction: Direction): FrozenTrial | null {
  return trials.reduce<FrozenTrial | null>((best, trial) => better(best, trial, direction), null);
}

function better(best: FrozenTrial | null, trial: FrozenTrial, direction: Direction): FrozenTrial | null {
  if (trial.state !== 'COMPLETE') return best;
  if (best === null || best.number === trial.number) return trial;
  const gain = (direction === 'minimize' ? 1 : -1) * (best.value! - trial.value!);
  return gain > 0 || (gain === 0 && trial.number < best.number) ? trial : best;
}

export class KnownTrials {
  readonly #direction: Direction;
  readonly #space: SearchSpace;
  /** By number. */
  readonly #trials: FrozenTrial[] = [];
  /** Numbers of the trials with values outside the search space, which samplers cannot place. */
  readonly #outside = new Set<number>();
  #finishedCount = 0;
  #best: FrozenTrial | null = null;
  /** What `all` gave last; null since a trial changed. */
  #shown: readonly FrozenTrial[] | null = null;

  constructor(direction: Direction, space: SearchSpace | null) {
    this.#direction = direction;
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
    this.#best = better(this.#best, trial, this.#direction);
    const isOutside = Object.entries(this.#space).some(
      ([name, distribution]) => Object.hasOwn(trial.params, name) && !contains(distribution, trial.params[name]),
    );
    if (isOutside) this.#outside.add(trial.number);
  }

  /** The trials among `trials` that samplers can place in the search space. */
  inside(trials: readonly FrozenTrial[]): readonly FrozenTrial[] {
    return this.#outside.size === 0 ? trials : trials.filter(({ number }) => !this.#outside.has(number));
  }
}

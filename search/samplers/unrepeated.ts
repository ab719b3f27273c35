/**
 * Where all points can be listed (choices, integers, steps) a sampler comes back to points that were tried. Whether that
 * is a waste, the trials say themselves: the first repetition shows whether the objective gives the same again. If it
 * does, no point is suggested again before all have been tried; if not, repetitions tell luck from worth, and the
 * sampler may repeat.
 */
import { onlyValue } from '../distributions.ts';
import type { ParameterValue, Params, SearchSpace } from '../distributions.ts';
import { isFinished, valuesOf, type FrozenTrial } from '../frozen-trial.ts';
import type { Random } from '../random.ts';
import { advance, isDiscrete, type Lattice, latticeOf, latticeSize, paramsAt, placeOf } from './lattice.ts';
import type { Sampler } from './sampler.ts';

/** Points that were tried, and what repetitions have shown. */
interface Tried {
  readonly points: ReadonlySet<string>;
  /** `unknown` also while the first repetition runs. */
  readonly repetitions: 'none' | 'unknown' | 'same' | 'different';
}

/** Remembers the points of trials, as long as the space is the same. */
class TriedPoints {
  readonly lattice: Lattice;
  readonly size: number;
  readonly #keys = new WeakMap<FrozenTrial, string>();

  constructor(space: SearchSpace) {
    this.lattice = latticeOf(space, 1);
    this.size = latticeSize(this.lattice);
  }

  /** Empty for a point that is not in the space. */
  keyOf(params: Params): string {
    return placeOf(this.lattice, params)?.join() ?? '';
  }

  among(trials: readonly FrozenTrial[]): Tried {
    const first = new Map<string, FrozenTrial>();
    let repetitions: Tried['repetitions'] = 'none';
    for (const trial of trials) {
      let key = this.#keys.get(trial);
      if (key === undefined) {
        key = this.keyOf(trial.params);
        this.#keys.set(trial, key);
      }
      if (key === '') continue;
      const before = first.get(key);
      if (before === undefined) {
        first.set(key, trial);
        continue;
      }
      if (repetitions === 'different') continue;
      const found = isFinished(before) && isFinished(trial) ? compared(before, trial) : 'unknown';
      if (found !== 'unknown' || repetitions === 'none') repetitions = found;
    }
    return { points: new Set(first.keys()), repetitions };
  }
}

/** Pruned trials have the same reports as far as both go. */
function compared(a: FrozenTrial, b: FrozenTrial): 'same' | 'different' {
  if ((a.state === 'FAIL') !== (b.state === 'FAIL')) return 'different';
  const [valuesA, valuesB] = [valuesOf(a), valuesOf(b)];
  const isSame =
    (valuesA === null || valuesB === null || valuesA.every((value, i) => value === valuesB[i])) &&
    Object.entries(a.intermediateValues).every(
      ([step, value]) =>
        !Object.hasOwn(b.intermediateValues, step) || Object.is(value, b.intermediateValues[Number(step)]),
    );
  return isSame ? 'same' : 'different';
}

/**
 * A sampler that suggests no tried point where another one tells more. In place of one it takes the next point that is
 * still open, in a random direction along the parameters. Where all points are tried it does as the sampler says.
 */
export function unrepeated(sampler: Sampler): Sampler {
  let known: { readonly space: SearchSpace; readonly tried: TriedPoints } | undefined;
  return (context) => {
    const { space, history, pending, given = {} } = context;
    if (space === null || !isDiscrete(space)) return sampler(context);
    if (known?.space !== space) known = { space, tried: new TriedPoints(space) };
    const { lattice, size } = known.tried;
    const { points, repetitions } = known.tried.among([...history, ...pending]);
    const isWaste = repetitions === 'same' || repetitions === 'unknown';
    if (!isWaste || points.size >= size) return sampler(context);
    const { tried } = known;
    const draw = sampler({ ...context, isOpen: (params) => !points.has(tried.keyOf({ ...params, ...given })) });
    /** The next open place along the parameters that are not given; the same one if there is none. */
    const openPlace = (place: number[]): readonly number[] => {
      const axes = [...lattice];
      const turns = turnsOf(place.length, context.random('unrepeated')).filter(
        ([axis]) => !Object.hasOwn(given, axes[axis][0]),
      );
      const places = turns.reduce((product, [axis]) => product * axes[axis][1].size, 1);
      for (let i = 0; i < places && points.has(place.join()); i++) advance(place, lattice, turns);
      return place;
    };
    let together: Params | undefined;
    return (name): ParameterValue => {
      if (together === undefined) {
        const drawn = Object.fromEntries(
          Object.entries(space).map(([key, one]) => [key, onlyValue(one) ?? draw(key, one)]),
        );
        const place = placeOf(lattice, { ...drawn, ...given });
        together = place === null ? drawn : paramsAt(lattice, openPlace(place));
      }
      return together[name];
    };
  };
}

/** The parameters in a random order, each up or down. */
function turnsOf(count: number, random: Random): (readonly [axis: number, by: 1 | -1])[] {
  return Array.from({ length: count }, (_, axis) => ({ axis, isUp: random() < 0.5, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ axis, isUp }) => [axis, isUp ? 1 : -1]);
}

/** Whether every point of the space was tried, and a repetition has shown that more tell nothing new; no trial waits. */
export function isExhausted(space: SearchSpace | null, trials: readonly FrozenTrial[]): boolean {
  if (space === null || !isDiscrete(space)) return false;
  const tried = new TriedPoints(space);
  if (tried.size > trials.length || trials.some(({ state }) => state === 'WAITING')) return false;
  const { points, repetitions } = tried.among(trials.filter(isFinished));
  return repetitions === 'same' && points.size >= tried.size;
}

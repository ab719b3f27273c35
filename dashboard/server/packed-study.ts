/** Compact trials for an analysis in another thread. */
import {
  type Params,
  type SearchSpace,
  type StudyDefinition,
  bestOf,
  type StudySnapshot,
  type FrozenTrial,
  type TrialState,
} from '../../search/index.ts';

export interface PackedStudy {
  readonly definition: StudyDefinition;
  readonly spaces: readonly SearchSpace[];
  /** `space` is an index into `spaces`. */
  readonly trials: readonly (readonly [
    number: number,
    state: TrialState,
    value: number | null,
    Params,
    space: number,
  ])[];
  /** Number of trials that the sample was drawn from. Equal to the length of `trials` if none was left out. */
  readonly of: number;
}

export function packTrials(
  { definition }: StudySnapshot,
  { trials, of }: { readonly trials: readonly FrozenTrial[]; readonly of: number },
): PackedStudy {
  const { spaces, placeOf } = spaceList();
  return {
    definition,
    spaces,
    trials: trials.map(({ number, state, value, params, distributions }) => [
      number,
      state,
      value,
      params,
      placeOf(distributions),
    ]),
    of,
  };
}

/** Collects search spaces. Most trials of a study share one, which is stored once. */
function spaceList() {
  const spaces: SearchSpace[] = [];
  const places = new Map<string, number>();
  /** Indices of known objects, so that a shared object is not serialized again. */
  const known = new Map<SearchSpace, number>();
  const placeOf = (space: SearchSpace): number => {
    const place = known.get(space);
    if (place !== undefined) return place;
    const text = JSON.stringify(space);
    const same = places.get(text) ?? spaces.push(space) - 1;
    places.set(text, same);
    known.set(space, same);
    return same;
  };
  return { spaces, placeOf };
}

/** Rebuilds trials, without intermediate values and times. */
export function unpackTrials({ definition, spaces, trials }: PackedStudy): StudySnapshot {
  const unpacked = trials.map(([number, state, value, params, space]): FrozenTrial => ({
    number,
    state,
    value,
    params,
    distributions: spaces[space],
    intermediateValues: {},
    userAttributes: {},
    createdAt: '',
    startedAt: null,
    finishedAt: null,
  }));
  return { definition, trials: unpacked, bestTrial: bestOf(unpacked, definition) };
}

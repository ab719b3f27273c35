/** Which trials of several studies are one and the same, because a study was copied. */
import { isFinished, type FrozenTrial } from './frozen-trial.ts';
import type { StudySnapshot } from './snapshot.ts';

/**
 * Takes studies one after the other, and gives what they add to those before. Trials of one study are never the same. A
 * trial is there already if one of an earlier study has the same record to the millisecond, and both have one number and
 * their studies one seed, as in a copy. The number and the seed do not count where one of the two was added to its study, as
 * the trials of a study that was merged.
 */
export class DifferentTrials {
  /** Where the trials come from, by what they are. */
  readonly #known = new Map<string, readonly string[]>();

  /** @returns the finished trials of the study that are not there yet; from then on they are */
  take({ definition: { seed }, trials }: StudySnapshot): readonly FrozenTrial[] {
    const left = new Map(this.#known);
    const taken = trials.filter(isFinished).filter((trial) => {
      const content = contentOf(trial);
      const origin = originOf(trial, seed);
      const origins = left.get(content) ?? [];
      const same = origins.findIndex((one) => one === origin || one === anywhere || origin === anywhere);
      if (same >= 0) left.set(content, origins.toSpliced(same, 1));
      return same < 0;
    });
    for (const trial of taken) {
      const content = contentOf(trial);
      this.#known.set(content, [...(this.#known.get(content) ?? []), originOf(trial, seed)]);
    }
    return taken;
  }
}

const anywhere = '';

const originOf = ({ number, seen }: FrozenTrial, seed: number): string =>
  seen?.added === true ? anywhere : `${seed} ${number}`;

/** All that was recorded, with the times to the millisecond; a trial that was added without them has that of then. */
const contentOf = ({ startedAt, createdAt, finishedAt, state, params, value, values, ...more }: FrozenTrial): string =>
  JSON.stringify([
    startedAt ?? createdAt,
    finishedAt,
    state,
    params,
    value,
    values,
    more.constraints,
    more.intermediateValues,
    more.userAttributes,
  ]);

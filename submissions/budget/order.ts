/** What a submit within a budget trains next: planned again from what is left of the time, or as a plan says. */
import {
  type Circumstances,
  foldSeconds,
  type MeasuredMember,
  memberSeconds,
  planMembers,
  type Planned,
  type PlannedMember,
} from './plan.ts';
import type { Recipe, RecipeMember } from './recipe.ts';

/** Share of the budget that is kept for trainings that take longer than planned. */
const RESERVE = 0.04;
/** Seconds of work before anything is known of this machine. */
const USUAL_OVERHEAD = 1.5;
const USUAL_BLEND = 1.5;
/** At the end: the report. */
const END = 1.5;
/**
 * Share of the budget for which the measured speeds count beside those of a training: the speed of some seconds of a
 * small network says little about an hour of a large one.
 */
const PRIOR = 0.02;
/** A plan that counts on much more speed than was measured is stopped more often than it gains. */
const [LEAST_SLOWNESS, MOST_SLOWNESS] = [0.8, 10];

export interface NextMember extends Pick<PlannedMember, 'member' | 'epochs'> {
  /** Null where nothing was measured. */
  readonly seconds: number | null;
}

export interface Next extends Pick<Planned, 'trainFolds' | 'leftOut'> {
  readonly members: readonly NextMember[];
}

export interface Begun {
  readonly name: string;
  readonly epochs: number;
}

export interface Done {
  readonly trained: readonly { readonly name: string }[];
  /** Names of those that are not tried again. */
  readonly given: readonly string[];
  /** That was being trained when the submit was interrupted: it keeps its epochs if there is time for them. */
  readonly current: Begun | null;
  /** Folds that the trained members have; null before the first. */
  readonly trainFolds: number | null;
}

export interface Order {
  next(done: Done): Next;
  /** @param threads seconds that each fold took its thread @param seconds wall time of all of it */
  learn(member: string, epochs: number, trainFolds: number, threads: readonly number[], seconds: number): void;
  learnBlend(seconds: number): void;
  /** A training takes so many times as long as was planned. */
  learnSlowness(times: number): void;
}

/** The members of a plan with all of their epochs. */
export const fixedOrder = ({ members, trainFolds }: Recipe & { readonly trainFolds: number }): Order => ({
  next: ({ trained, given }) => ({
    trainFolds,
    leftOut: [],
    members: open(members, trained, given, (member) => member).map((member) => ({
      member,
      epochs: member.epochs as number,
      seconds: member.seconds ?? null,
    })),
  }),
  learn() {},
  learnBlend() {},
  learnSlowness() {},
});

/**
 * @param secondsLeft of the budget
 * @param budget in seconds
 * @param wanted number of folds to train, if it is given
 */
export function plannedOrder(
  measured: readonly MeasuredMember[],
  about: Omit<Circumstances, 'overhead' | 'blend' | 'slowness'>,
  {
    secondsLeft,
    budget,
    wanted,
  }: { readonly secondsLeft: () => number; readonly budget: number; readonly wanted?: number },
): Order {
  const known = { overhead: USUAL_OVERHEAD, blend: USUAL_BLEND, slowness: 1 };
  const bounded = (times: number): number => Math.min(Math.max(times, LEAST_SLOWNESS), MOST_SLOWNESS);
  return {
    next({ trained, given, current, trainFolds }) {
      const circumstances = { ...about, ...known };
      const seconds = secondsLeft() - RESERVE * budget - END;
      const folds = trainFolds ?? wanted;
      const members = open(measured, trained, given, ({ member }) => member).map((of) => {
        if (of.member.name !== current?.name || folds === undefined) return of;
        const isInTime = memberSeconds(of, current.epochs, folds, circumstances) <= seconds;
        return isInTime ? { speed: of.speed, member: withEpochs(of.member, current.epochs) } : of;
      });
      return planMembers(members, seconds, circumstances, { trainFolds: folds, trained: trained.length });
    },
    learn(name, epochs, trainFolds, threads, seconds) {
      const of = measured.find(({ member }) => member.name === name)!;
      const predicted = foldSeconds(of, epochs, about);
      const prior = PRIOR * budget;
      known.slowness = bounded((prior + Math.max(...threads)) / (prior + predicted));
      const training = memberSeconds(of, epochs, trainFolds, { ...about, ...known, overhead: 0 });
      known.overhead = Math.max(USUAL_OVERHEAD / 3, seconds - training);
    },
    learnBlend(seconds) {
      known.blend = seconds;
    },
    learnSlowness(times) {
      known.slowness = Math.max(known.slowness * times, LEAST_SLOWNESS);
    },
  };
}

const open = <T>(
  members: readonly T[],
  trained: Done['trained'],
  given: readonly string[],
  of: (member: T) => RecipeMember,
): T[] => members.filter((member) => ![...trained.map(({ name }) => name), ...given].includes(of(member).name));

/** What was trained, as a recipe that trains the same again. */
export const trainedRecipe = (
  { recipe, name }: { readonly recipe: Recipe; readonly name: string },
  members: readonly NextMember[],
  settings: Pick<Recipe, 'folds' | 'seed' | 'tta'> & { readonly trainFolds: number },
): Recipe => ({
  about: recipe.about.startsWith(PLAN) ? recipe.about : `${PLAN} ${name}: ${recipe.about}`,
  for: {},
  ...settings,
  members: members.map(({ member, epochs, seconds }) => withEpochs(member, epochs, seconds)),
});

const withEpochs = (member: RecipeMember, epochs: number, seconds: number | null = null): RecipeMember => ({
  ...member,
  epochs,
  ...(seconds !== null && { seconds: Math.round(seconds) }),
});

const PLAN = 'A plan from the recipe';

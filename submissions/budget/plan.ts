/**
 * Plans a submit within a time: how many epochs each member of a recipe gets, on how many folds, and which are left out.
 * A pure function of the speeds, so that it is planned again whenever a member has ended.
 */
import { MONITOR_IMAGES, SCORED_TRAINING_IMAGES, type Speed, trainingCount } from '../../pipeline/index.ts';
import { parametersOf, type Recipe, type RecipeMember } from './recipe.ts';

/** What decides how long a member takes, beside its speed. */
export interface Circumstances {
  readonly workers: number;
  readonly trainImages: number;
  readonly testImages: number;
  readonly folds: number;
  /** Changed views of each image that are predicted too. */
  readonly views: number;
  /** Seconds of each member beside its training: loading, writing, comparing. */
  readonly overhead: number;
  /** Seconds of each blend. */
  readonly blend: number;
  /** How many times as long the trainings have taken as their speeds say; 1 before the first. */
  readonly slowness: number;
}

export interface MeasuredMember {
  readonly member: RecipeMember;
  readonly speed: Speed;
}

export interface PlannedMember extends MeasuredMember {
  readonly epochs: number;
  /** Wall time of all of its folds, with what belongs to it. */
  readonly seconds: number;
}

export interface Planned {
  readonly trainFolds: number;
  readonly members: readonly PlannedMember[];
  /** Members for which there is no time, with the least that they take and what is left for them, in seconds. */
  readonly leftOut: readonly { readonly name: string; readonly seconds: number; readonly left: number }[];
}

/** Seconds that a thread trains a fold. */
export function foldSeconds(
  { member, speed }: MeasuredMember,
  epochs: number,
  { trainImages, folds }: Pick<Circumstances, 'trainImages' | 'folds'>,
): number {
  const parameters = parametersOf(member);
  const validated = trainImages / folds;
  const trained = trainImages - validated;
  const look = Math.min(trained, MONITOR_IMAGES) * speed.measure + validated * speed.predict;
  const taught = trained * speed.predict * parameters.teachers;
  const epoch = trained * speed.train * trainingCount(parameters) + taught + look / parameters.validateEvery;
  const scored = validated + Math.min(trained, SCORED_TRAINING_IMAGES);
  return epochs * epoch + trained * speed.measure + scored * speed.predict;
}

/** Wall time of a member. */
export function memberSeconds(of: MeasuredMember, epochs: number, trainFolds: number, about: Circumstances): number {
  const { workers, testImages, trainImages, folds, views, slowness, overhead } = about;
  const predicted = (testImages * (1 + views) + (trainImages / folds) * views) * of.speed.predict;
  const rounds = Math.ceil(trainFolds / workers);
  return rounds * slowness * (foldSeconds(of, epochs, about) + predicted) + overhead;
}

const boundsOf = ({ epochs }: RecipeMember): { readonly least: number; readonly most: number } =>
  typeof epochs === 'number' ? { least: epochs, most: epochs } : epochs;

/**
 * @param members that are not trained yet, in their order
 * @param seconds that are left
 * @param trainFolds of the recipe, or of the members that are trained. Default: as many as threads, and more where all
 *   members can have all of their epochs on them
 * @param trained number of members that are trained
 */
export function planMembers(
  members: readonly MeasuredMember[],
  seconds: number,
  about: Circumstances,
  { trainFolds, trained = 0 }: Pick<Recipe, 'trainFolds'> & { readonly trained?: number } = {},
): Planned {
  const { workers, folds } = about;
  const on = (count: number): Planned => ({
    trainFolds: count,
    ...distribute(members, seconds, count, about, trained),
  });
  if (trainFolds !== undefined) return on(trainFolds);
  let best = on(Math.min(workers, folds));
  while (best.trainFolds < folds && best.leftOut.length === 0 && best.members.every(isLongest)) {
    const more = on(Math.min(best.trainFolds + workers, folds));
    if (more.leftOut.length > 0 || !more.members.every(isLongest)) break;
    best = more;
  }
  return best;
}

const isLongest = ({ member, epochs }: PlannedMember): boolean => epochs === boundsOf(member).most;

/** Share of the time for which a member gets all of its epochs, since fewer would save nothing. */
const CHEAP = 0.01;

interface Part {
  readonly of: MeasuredMember;
  readonly least: number;
  readonly most: number;
  time: number;
  isFixed: boolean;
}

function distribute(
  members: readonly MeasuredMember[],
  seconds: number,
  trainFolds: number,
  about: Circumstances,
  trained: number,
): Omit<Planned, 'trainFolds'> {
  const parts: Part[] = [];
  const leftOut: Planned['leftOut'][number][] = [];
  let free = seconds;
  for (const of of members) {
    const { least, most } = boundsOf(of.member);
    const [fewest, longest] = [least, most].map((epochs) => memberSeconds(of, epochs, trainFolds, about));
    const blend = trained + parts.length === 0 ? 0 : about.blend;
    const taken = parts.reduce((sum, part) => sum + part.least, 0);
    const isCheap = longest - fewest <= CHEAP * seconds && taken + longest + blend <= free;
    const shortest = isCheap ? longest : fewest;
    if (taken + shortest + blend <= free) {
      free -= blend;
      parts.push({ of, least: shortest, most: longest, time: shortest, isFixed: false });
    } else {
      leftOut.push({ name: of.member.name, seconds: shortest, left: Math.max(0, free - blend - taken) });
    }
  }
  share(parts, free);
  return {
    leftOut,
    members: parts.map(({ of, time }): PlannedMember => {
      const epochs = epochsWithin(of, time, trainFolds, about);
      const { member, speed } = of;
      return { member, speed, epochs, seconds: memberSeconds(of, epochs, trainFolds, about) };
    }),
  };
}

/**
 * Gives each part of the time its share between its bounds. Of the parts that are out of their bounds those are fixed
 * first that are out on the side where more is missing, and the others share the rest.
 * Source: the flexible lengths of CSS Flexible Box Layout, section 9.7.
 */
function share(parts: readonly Part[], seconds: number): void {
  for (let open = [...parts]; open.length > 0; open = open.filter(({ isFixed }) => !isFixed)) {
    const taken = parts.reduce((sum, { isFixed, time }) => sum + (isFixed ? time : 0), 0);
    const shares = open.reduce((sum, { of }) => sum + of.member.share, 0);
    const wanted = open.map((part) => ({ part, time: ((seconds - taken) * part.of.member.share) / shares }));
    let violation = 0;
    for (const { part, time } of wanted) {
      part.time = Math.min(Math.max(time, part.least), part.most);
      violation += part.time - time;
    }
    for (const { part, time } of wanted) {
      part.isFixed = violation === 0 || (violation > 0 ? part.time > time : part.time < time);
    }
  }
}

function epochsWithin(of: MeasuredMember, seconds: number, trainFolds: number, about: Circumstances): number {
  const { least, most } = boundsOf(of.member);
  const [one, two] = [1, 2].map((epochs) => memberSeconds(of, epochs, trainFolds, about));
  // A part that has exactly the time of some epochs shall not lose one to rounding.
  const fitting = Math.floor(1 + (seconds - one) / (two - one) + 1e-6);
  return Math.min(Math.max(fitting, least), most);
}

/** Which of two methods does better on the same images, and by how many standard errors. */
import { integer, percent, points } from '../base/format.ts';
import { metricDifference, findMetric, type MetricName, type Predictions } from '../data/index.ts';

/** One contender's hits: 1 where its label was right and 0 where not, image by image. */
export interface Contender {
  readonly id: string;
  /** What sentences call it. */
  readonly title: string;
  readonly outOfFold: Uint8Array;
  /** On the test images with known answers, or null where none are known. */
  readonly test: Uint8Array | null;
  /** The predictions of the same images, where a metric other than accuracy compares them. */
  readonly byMetric?: {
    readonly metric: MetricName;
    readonly outOfFold: Predictions;
    readonly test: Predictions | null;
  };
}

/** Second subtracted from first: a positive difference speaks for the first. */
export interface PairedDifference {
  /** Images. */
  readonly n: number;
  /** Accuracy of the first minus accuracy of the second, as a share; by another metric, how much better the first is. */
  readonly difference: number;
  readonly standardError: number;
  /** The difference in standard errors, from −100 to 100: more say no more. 0 where the difference is one of rounding. */
  readonly z: number;
  /** Id of the better one, or `tie` where |z| < 2. */
  readonly verdict: string;
}

export interface Pair {
  readonly first: string;
  readonly second: string;
  readonly test: PairedDifference | null;
  readonly outOfFold: PairedDifference;
  readonly sentence: string;
}

export interface Comparison {
  /** Each method against each later one. */
  readonly pairs: Pair[];
  /** The result in words: a sentence for each pair, and what to know of many. */
  readonly sentence: string;
}

/** Differences of fewer standard errors are reported as a tie. */
const TIE_STANDARD_ERRORS = 2;
const LARGEST_SHOWN_TIE = 1.9;
/** More standard errors say no more: the error itself is known to a few percent, and can be 0 but for rounding. */
const LARGEST_SHOWN = 10;
const LARGEST_Z = 100;
/** Float32 probabilities tell no smaller differences apart. */
const SMALLEST_DIFFERENCE = 1e-7;
/** How often chance alone makes as large a difference: P(|z| ≥ 2). */
const CHANCE_OF_A_WIN = 0.0455;

/** Compares every two contenders. @returns null if there are fewer than two */
export function compareMethods(competition: string, contenders: readonly Contender[]): Comparison | null {
  if (contenders.length < 2) return null;
  const pairs = contenders.flatMap((first, i) =>
    contenders.slice(i + 1).map((second) => comparePair(competition, first, second)),
  );
  return { pairs, sentence: [...pairs.map(({ sentence }) => sentence), ...caveatOf(pairs)].join(' ') };
}

/** What to know of many comparisons: one sentence or none. */
export function caveatOf({ length }: readonly Pair[]): string[] {
  if (length < 2) return [];
  const wins = (length * CHANCE_OF_A_WIN).toFixed(1);
  return [`If all were equal, about ${wins} of ${length} comparisons would still look like a win by chance.`];
}

/**
 * Paired comparison: d = right₁ − right₂ for each image, difference = mean d, standard error = sd(d) / √n. Images that
 * both get right or both get wrong add no noise, so it sees smaller differences than two separate scores.
 * @param first 1 where right, 0 where wrong
 * @param second of the same images
 * @throws RangeError if the lengths differ or are 0
 */
export function pairedDifference(
  [firstId, first]: readonly [id: string, right: Uint8Array],
  [secondId, second]: readonly [id: string, right: Uint8Array],
): PairedDifference {
  const n = first.length;
  if (n === 0 || second.length !== n) {
    throw new RangeError(`Expected as many images for ${firstId} as for ${secondId}, got ${n} and ${second.length}.`);
  }
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i += 1) {
    sum += first[i] - second[i];
    squares += (first[i] - second[i]) ** 2;
  }
  const difference = sum / n;
  // If all images agree on d, a spread around its mean would make the result certain, even of a single image. The
  // spread around 0, as if neither were better, does not; it is also that of McNemar's test.
  const spread = sum ** 2 < squares * n ? (squares - sum ** 2 / n) / (n - 1) : squares / n;
  const standardError = Math.sqrt(spread / n);
  return judged(n, difference, standardError, [firstId, secondId]);
}

/** Who is better by a difference, if it is large enough against its standard error. */
function judged(
  n: number,
  difference: number,
  standardError: number,
  [firstId, secondId]: readonly [string, string],
): PairedDifference {
  const isNothing = Math.abs(difference) < SMALLEST_DIFFERENCE || Number.isNaN(standardError);
  const ratio = isNothing ? 0 : difference / standardError;
  const z = Math.max(-LARGEST_Z, Math.min(LARGEST_Z, ratio));
  const winner = z > 0 ? firstId : secondId;
  return { n, difference, standardError, z, verdict: Math.abs(z) < TIE_STANDARD_ERRORS ? 'tie' : winner };
}

function comparePair(competition: string, first: Contender, second: Contender): Pair {
  if (first.byMetric && second.byMetric) return compareByMetric(competition, first, second);
  const outOfFold = pairedDifference([first.id, first.outOfFold], [second.id, second.outOfFold]);
  const test = first.test && second.test && pairedDifference([first.id, first.test], [second.id, second.test]);
  const images = test ? 'test images' : 'out-of-fold predictions';
  const sentence = differenceSentence(
    `on ${competition}`,
    { title: first.title, right: first.test ?? first.outOfFold },
    { title: second.title, right: second.test ?? second.outOfFold },
    test ?? outOfFold,
    images,
  );
  return { first: first.id, second: second.id, test, outOfFold, sentence };
}

function compareByMetric(competition: string, first: Contender, second: Contender): Pair {
  const [one, other] = [first.byMetric!, second.byMetric!];
  const between = (images: string, predictions: readonly [Predictions, Predictions]): Judged =>
    differenceByMetric(
      one.metric,
      `on ${competition}`,
      { ...first, predictions: predictions[0] },
      { ...second, predictions: predictions[1] },
      images,
    );
  const outOfFold = between('out-of-fold predictions', [one.outOfFold, other.outOfFold]);
  const ofTest = one.test && other.test && between('test images', [one.test, other.test]);
  // A metric that needs images of each class may have no value for the answers that are known.
  const test = ofTest && Number.isFinite(ofTest.difference.difference) ? ofTest : null;
  const { sentence } = test ?? outOfFold;
  return {
    first: first.id,
    second: second.id,
    test: test && test.difference,
    outOfFold: outOfFold.difference,
    sentence,
  };
}

export interface Judged {
  readonly difference: PairedDifference;
  readonly sentence: string;
}

interface Predicted extends Pick<Contender, 'id' | 'title'> {
  readonly predictions: Predictions;
}

/**
 * Which predictions of the same images are better by a metric, with a sentence.
 * @param where follows the names, for example `on digit-recognizer`
 * @param images what was counted, for example `test images`
 */
export function differenceByMetric(
  name: MetricName,
  where: string,
  first: Predicted,
  second: Predicted,
  images: string,
): Judged {
  const metric = findMetric(name);
  const { value, standardError } = metricDifference(metric, first.predictions, second.predictions);
  const difference = judged(first.predictions.labels.length, value, standardError, [first.id, second.id]);
  const { n, z, verdict } = difference;
  const contenders = [first, second].map(({ title, predictions }) => ({
    title,
    value: metric.prepare(predictions)(null),
  }));
  const [better, worse] = value < 0 ? contenders.toReversed() : contenders;
  const scores = `${metric.title} ${better.value.toFixed(4)} against ${worse.value.toFixed(4)} on ${integer(n)} ${images}`;
  const distance = `${Math.abs(value).toFixed(4)} = ${errorsText(z, verdict)} standard errors`;
  const sentence =
    verdict === 'tie'
      ? `A tie between ${better.title} and ${worse.title} ${where}: ${scores}, apart by ${distance}.`
      : `${better.title} beats ${worse.title} ${where}: ${scores}, better by ${distance}.`;
  return { difference, sentence };
}

/** 1.97 is a tie, and must not read 2.0. */
function errorsText(z: number, verdict: string): string {
  if (Math.abs(z) > LARGEST_SHOWN) return `more than ${LARGEST_SHOWN}`;
  return (verdict === 'tie' ? Math.min(Math.abs(z), LARGEST_SHOWN_TIE) : Math.abs(z)).toFixed(1);
}

interface Titled {
  readonly title: string;
  readonly right: Uint8Array;
}

/**
 * A paired difference in words.
 * @param where follows the names, for example `on digit-recognizer`
 * @param images what was counted, for example `test images`
 * @example 'SWA beats plain on digits: 98.71 % against 98.55 % on 7,000 test images, +0.16 points = 2.3 standard errors.'
 */
export function differenceSentence(
  where: string,
  first: Titled,
  second: Titled,
  { n, difference, z, verdict }: PairedDifference,
  images: string,
): string {
  const [better, worse] = difference < 0 ? [second, first] : [first, second];
  const scores = `${percent(accuracy(better))} against ${percent(accuracy(worse))} on ${integer(n)} ${images}`;
  const gap = `${points(Math.abs(difference))} points = ${errorsText(z, verdict)} standard errors`;
  return verdict === 'tie'
    ? `A tie between ${better.title} and ${worse.title} ${where}: ${scores}, ${gap} apart.`
    : `${better.title} beats ${worse.title} ${where}: ${scores}, +${gap}.`;
}

const accuracy = ({ right }: Titled): number => right.reduce((sum, value) => sum + value, 0) / right.length;

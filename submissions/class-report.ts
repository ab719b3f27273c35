/** How well each class is told from the others: precision, recall, F1, and which classes are taken for which. */
import type { Confusion } from './diagnosis.ts';

/** Shares in [0, 1]; null where there is nothing to divide by. */
export interface ClassMeasures {
  /** Share of the images taken for the class that belong to it; null if none was taken for it. */
  readonly precision: number | null;
  /** Share of the class's images that are found; null if it has none. */
  readonly recall: number | null;
  /** 2 right / (of the class + taken for it): 0 for a class that is never taken; null if both counts are 0. */
  readonly f1: number | null;
}

export interface ClassScores extends ClassMeasures {
  readonly name: string;
  /** Images that belong to the class. */
  readonly support: number;
  /** Images that were taken for it. */
  readonly predicted: number;
}

export interface ConfusedPair {
  /** Names of classes. */
  readonly truth: string;
  readonly predicted: string;
  readonly count: number;
  /** count / images of the true class */
  readonly share: number;
}

export interface ClassReport {
  readonly images: number;
  /** In the order of the competition. */
  readonly classes: readonly ClassScores[];
  /** Means over the classes that have a value, each class counted once. */
  readonly macro: ClassMeasures;
  /** Means over the classes that have a value, each class counted as often as it has images. */
  readonly weighted: ClassMeasures;
  /** All pairs that were confused, the most frequent first; of equals the one with the larger share first. */
  readonly confused: readonly ConfusedPair[];
}

const measures = ['precision', 'recall', 'f1'] as const;

/** Source: van Rijsbergen 1979, Information Retrieval, chapter 7. */
export function classReportOf({ classes: names, counts }: Confusion): ClassReport {
  const predicted = names.map((_, k) => counts.reduce((sum, row) => sum + row[k], 0));
  const support = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const classes = names.map((name, k): ClassScores => {
    const right = counts[k][k];
    return {
      name,
      support: support[k],
      predicted: predicted[k],
      precision: ratio(right, predicted[k]),
      recall: ratio(right, support[k]),
      f1: ratio(2 * right, support[k] + predicted[k]),
    };
  });
  return {
    images: support.reduce((sum, count) => sum + count, 0),
    classes,
    macro: meansOf(classes, () => 1),
    weighted: meansOf(classes, (one) => one.support),
    confused: counts
      .flatMap((row, truth) =>
        row.flatMap((count, k) =>
          count === 0 || k === truth
            ? []
            : [{ truth: names[truth], predicted: names[k], count, share: count / support[truth] }],
        ),
      )
      .toSorted((a, b) => b.count - a.count || b.share - a.share),
  };
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

function meansOf(classes: readonly ClassScores[], weightOf: (one: ClassScores) => number): ClassMeasures {
  const [precision, recall, f1] = measures.map((measure) => {
    const known = classes.filter((one) => one[measure] !== null);
    const total = known.reduce((sum, one) => sum + weightOf(one), 0);
    return ratio(
      known.reduce((sum, one) => sum + weightOf(one) * one[measure]!, 0),
      total,
    );
  });
  return { precision, recall, f1 };
}

/**
 * The classes that a short table shows: all if there are few, else those that are told apart the worst, by F1.
 * @param most classes of a table
 */
export function worstClasses({ classes }: Pick<ClassReport, 'classes'>, most: number): readonly ClassScores[] {
  if (classes.length <= most) return classes;
  // Classes without a value say nothing, and come last.
  return classes.toSorted((a, b) => (a.f1 ?? Infinity) - (b.f1 ?? Infinity)).slice(0, most);
}

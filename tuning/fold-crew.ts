/**
 * The folds that the trials of a search train. A trial trains its folds one after the other, so that the pruner can save
 * the later ones. Workers that have no trial of their own begin the next folds of the oldest trials ahead of time. Their
 * epochs are held back until the trial comes to that fold, so that nothing but the time changes.
 */
import type { Piscina } from 'piscina';
import type { EpochMetrics, FoldRun } from '../pipeline/index.ts';

/** @returns false to end the training of the fold */
type OnEpoch = (metrics: EpochMetrics) => boolean;

/** The folds of one trial; disposed of, those that no one waits for end with their epoch. */
export interface TrialFolds extends Disposable {
  /** The trial has come to this fold. @param onEpoch gets the epochs so far, and then those to come */
  readonly follow: (fold: number, onEpoch: OnEpoch) => Promise<FoldRun>;
}

/** A fold that is being trained, for a trial that may not have come to it yet. */
interface FoldTraining {
  readonly follow: (onEpoch: OnEpoch) => Promise<FoldRun>;
  readonly cancel: () => void;
}

/** The threads of a pool, which several searches may share. */
class Threads {
  readonly #count: number;
  readonly crews = new Set<FoldCrew>();
  #busy = 0;

  constructor({ options }: Piscina) {
    this.#count = options.maxThreads;
  }

  get hasFree(): boolean {
    return this.#busy < this.#count;
  }

  async occupy(run: Promise<unknown>): Promise<void> {
    this.#busy += 1;
    try {
      await run;
    } catch {
      // It is told to who follows the fold.
    } finally {
      this.#busy -= 1;
      for (const crew of this.crews) crew.fill();
    }
  }
}

const threadsOf = new WeakMap<Piscina, Threads>();

/** The workers of one search. */
export class FoldCrew implements Disposable {
  readonly #threads: Threads;
  /** Each begins the next fold of a trial, oldest trial first; false if all have begun. */
  readonly #trials = new Set<() => boolean>();
  #idle = 0;
  /** Trainings that no trial has come to. */
  #ahead = 0;

  constructor(pool: Piscina) {
    let threads = threadsOf.get(pool);
    if (threads === undefined) {
      threads = new Threads(pool);
      threadsOf.set(pool, threads);
    }
    this.#threads = threads;
    threads.crews.add(this);
  }

  /** So many workers have no trial. */
  setIdle(count: number): void {
    this.#idle = count;
    this.fill();
  }

  /**
   * A trial has begun.
   * @param folds that it will train, in their order
   * @param run trains one of them
   */
  enter(folds: readonly number[], run: (fold: number, onEpoch: OnEpoch) => Promise<FoldRun>): TrialFolds {
    const trainings = new Map<number, FoldTraining>();
    const begin = (fold: number): FoldTraining => {
      const training = this.#train((onEpoch) => run(fold, onEpoch));
      trainings.set(fold, training);
      return training;
    };
    const beginNext = (): boolean => {
      const next = folds.find((fold) => !trainings.has(fold));
      if (next !== undefined) begin(next);
      return next !== undefined;
    };
    this.#trials.add(beginNext);
    this.fill();
    return {
      follow: (fold, onEpoch) => (trainings.get(fold) ?? begin(fold)).follow(onEpoch),
      [Symbol.dispose]: () => {
        this.#trials.delete(beginNext);
        for (const training of trainings.values()) training.cancel();
      },
    };
  }

  [Symbol.dispose](): void {
    this.#threads.crews.delete(this);
  }

  #train(run: (onEpoch: OnEpoch) => Promise<FoldRun>): FoldTraining {
    const held: EpochMetrics[] = [];
    let follower: OnEpoch | undefined;
    let [isAhead, isCancelled] = [true, false];
    this.#ahead += 1;
    const arrive = (): void => {
      if (isAhead) this.#ahead -= 1;
      isAhead = false;
    };
    const running = run((metrics) => {
      if (isCancelled) return false;
      if (follower !== undefined) return follower(metrics);
      held.push(metrics);
      return true;
    });
    void this.#threads.occupy(running.finally(arrive));
    return {
      follow: async (onEpoch) => {
        arrive();
        this.fill();
        for (const metrics of held) {
          if (onEpoch(metrics)) continue;
          isCancelled = true;
          return { status: 'stopped' };
        }
        follower = onEpoch;
        return running;
      },
      cancel() {
        isCancelled = true;
      },
    };
  }

  /** Gives the workers without a trial something to do. */
  fill(): void {
    for (const beginNext of this.#trials) {
      while (this.#idle > this.#ahead && this.#threads.hasFree && beginNext());
    }
  }
}
